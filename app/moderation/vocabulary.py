"""Reasons, grounds and measures in the words people read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

REASON_LABELS = {
    "competition": _l("Échange sensible (concurrence)"),
    "trade_secret": _l("Secret d’une entreprise"),
    "safety": _l("Information dangereuse (sécurité)"),
    "abuse": _l("Propos déplacés"),
    "advertising": _l("Publicité"),
    "off_topic": _l("Hors sujet"),
    "duplicate": _l("Doublon"),
    "illegal": _l("Contenu illégal"),
}

REASON_HINTS = {
    "competition": _l("Prix, marges, clients, volumes, réponses communes. Masqué tout de suite, puis relu."),
    "trade_secret": _l("Plan d’un client, photo d’un poste voisin, savoir-faire qui n’est pas à l’auteur."),
    "safety": _l("Un conseil qui peut blesser quelqu’un ou abîmer une machine."),
    "abuse": _l("Attaque, moquerie, propos contre une personne ou une entreprise."),
    "illegal": _l("Une page de plus : la loi demande votre nom, votre adresse et les raisons exactes."),
}

# Reasons that cannot wait stand first in the queue, and their moderators are written to.
URGENT_REASONS = ("illegal", "safety", "competition", "trade_secret")

GROUND_LABELS = {
    "competition_charter": _l("Charte de concurrence"),
    "community_rules": _l("Règles de la communauté"),
    "confidentiality": _l("Confidentialité"),
    "safety_rules": _l("Règles de sécurité"),
    "law": _l("Loi (précisez l’article)"),
}

# The sentence a ground becomes in a statement of reasons.
GROUND_SENTENCES = {
    "competition_charter": _l(
        "Charte de concurrence : ni prix, ni marge, ni clients, ni répartition de marchés."
    ),
    "community_rules": _l(
        "Règles de la communauté : on parle technique, avec respect, et dans la bonne salle."
    ),
    "confidentiality": _l("Confidentialité : on protège les secrets, les siens et ceux des autres."),
    "safety_rules": _l("Règles de sécurité : aucun conseil qui mette quelqu’un en danger."),
    "law": _l("Loi."),
}

GROUND_OF_REASON = {
    "competition": "competition_charter",
    "trade_secret": "confidentiality",
    "safety": "safety_rules",
    "abuse": "community_rules",
    "advertising": "community_rules",
    "off_topic": "community_rules",
    "duplicate": "community_rules",
    "illegal": "law",
}

# A first wording of the facts, for the moderator to make exact.
FACTS_OF_REASON = {
    "competition": _l(
        "Il parle de prix ou de conditions commerciales entre entreprises qui peuvent être concurrentes."
    ),
    "trade_secret": _l(
        "Il montre une information qui appartient à une entreprise et que son auteur n’a pas le droit de publier."
    ),
    "safety": _l("Il donne un conseil qui peut mettre quelqu’un en danger."),
    "abuse": _l("Il s’en prend à une personne ou à une entreprise en termes déplacés."),
    "advertising": _l("Il fait la publicité d’une offre sans répondre au sujet."),
    "off_topic": _l("Il n’a pas de rapport avec le sujet ni avec la salle."),
    "duplicate": _l("Il répète un message déjà publié."),
    "illegal": _l("Il contient un propos contraire à la loi."),
}

MEASURE_LABELS = {
    "none": _l("Aucune mesure"),
    "hide": _l("Masqué"),
    "delete": _l("Supprimé"),
    "move": _l("Déplacé"),
    "restore": _l("Rétabli"),
}

MEASURE_CHOICES = {
    "none": _l("Aucune mesure"),
    "hide": _l("Masquer"),
    "delete": _l("Supprimer"),
    "move": _l("Déplacer le sujet"),
}

SANCTION_LABELS = {
    "": _l("Rien de plus"),
    "warn": _l("Averti"),
    "suspend": _l("Écriture suspendue"),
    "remove_from_room": _l("Retiré de la salle"),
    "close_account": _l("Compte fermé"),
}

SANCTION_CHOICES = {
    "": _l("Rien de plus"),
    "warn": _l("Avertir"),
    "suspend": _l("Suspendre l’écriture"),
    "remove_from_room": _l("Retirer de la salle"),
    "close_account": _l("Fermer le compte"),
}

DURATIONS = {"1": _l("1 jour"), "7": _l("7 jours"), "30": _l("30 jours"), "date": _l("Jusqu’à une date")}

LANGUAGES = {"fr": _l("en français"), "en": _l("en anglais")}
