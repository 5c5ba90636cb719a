"""The record of processing: every purpose for which the product keeps something about a person."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.identities import months_kept


@dataclass(frozen=True)
class Purpose:
    """Why something is kept, on which legal ground, what it is, who sees it, for how long."""

    what: str
    basis: str
    data: str
    recipients: str
    kept: str


def purposes() -> list[Purpose]:
    """One line per processing actually coded; a feature that keeps something more adds its line here."""
    return [
        Purpose(
            _("Ouvrir et tenir votre compte"),
            _("Exécution des conditions d’utilisation"),
            _(
                "Nom, adresse électronique ou identifiant, métier, téléphone et présentation si vous les donnez, langue"
            ),
            _("Les membres de vos communautés, sauf l’adresse électronique"),
            _until_closing(),
        ),
        Purpose(
            _("Rattacher chacun à son entreprise et à ses fonctions"),
            _("Exécution des conditions d’utilisation"),
            _("Entreprise, poste, dates d’emploi, fonctions tenues, invitations"),
            _("Les membres de vos communautés ; votre référent"),
            _("Jusqu’à la fermeture du compte ; ensuite sans votre nom"),
        ),
        Purpose(
            _("Faire vivre les discussions"),
            _("Exécution des conditions d’utilisation"),
            _("Messages, photos, fichiers, réactions et leurs versions"),
            _("Les membres de la salle où vous écrivez"),
            _("Gardés avec la discussion ; après votre départ, signés « Membre parti »"),
        ),
        Purpose(
            _("Partager ce qui a marché"),
            _("Exécution des conditions d’utilisation"),
            _("Fiches et leurs versions, applications avec leur effet, personne à appeler, remerciements"),
            _("Les membres du lieu où la fiche est publiée ; un brouillon, vous seul"),
            _("Gardés avec la fiche ; après votre départ, sans votre nom"),
        ),
        Purpose(
            _("Réserver des machines"),
            _("Exécution des conditions d’utilisation"),
            _("Réservations, habilitations, signalements sur une machine, adresse secrète d’agenda"),
            _(
                "Les membres que le lab sert ; pour une réservation confidentielle, vos collègues et les personnes du lab"
            ),
            _("Gardés avec l’historique de la machine ; après votre départ, sans votre nom"),
        ),
        Purpose(
            _("Retrouver où vous en étiez"),
            _("Exécution des conditions d’utilisation"),
            _("Dernier message lu par sujet, date de dernière visite"),
            _("Vous seul : ni vos collègues, ni votre employeur, ni les animateurs"),
            _("Jusqu’à la fermeture du compte"),
        ),
        Purpose(
            _("Vous prévenir"),
            _("Exécution des conditions d’utilisation ; vos réglages"),
            _("Notifications, courriels envoyés, vos choix d’envoi"),
            _("Vous seul"),
            _("Corps des courriels : sept jours ; adresse et date d’envoi, notifications : un an"),
        ),
        Purpose(
            _("Protéger l’accès"),
            _("Intérêt légitime : la sécurité de tous"),
            _("Empreinte du mot de passe, appareils connectés, preuves à usage unique, décompte des essais"),
            _("Vous seul ; l’équipe d’exploitation en cas d’incident"),
            _("Appareils : trente jours après leur fin ; preuves : un jour ; essais : une heure au plus"),
        ),
        Purpose(
            _("Prouver qui a décidé quoi"),
            _("Intérêt légitime : répondre des décisions"),
            _("Journal des actes : qui, quoi, quand, sans le texte des messages"),
            _("Les animateurs et responsables du lieu concerné, selon leurs droits"),
            _("Aussi longtemps que l’installation ; votre nom s’en va avec votre compte"),
        ),
        Purpose(
            _("Traiter les signalements"),
            _("Obligation légale : hébergement de contenus"),
            _(
                "Signalement, nom et adresse de son auteur, texte visé, décision et motifs, texte masqué, "
                "avertissements et suspensions, recours"
            ),
            _("Les modérateurs du lieu ; l’auteur du texte reçoit les motifs, jamais votre nom"),
            _("Avec la décision, pour pouvoir en répondre"),
        ),
        Purpose(
            _("Garder la trace de la charte acceptée"),
            _("Intérêt légitime : prouver l’information donnée"),
            _("Version et date d’acceptation"),
            _("Vous ; l’équipe d’exploitation"),
            _("Jusqu’à la fermeture du compte"),
        ),
        *_after_closing(),
    ]


def _until_closing() -> str:
    months: int = current_app.config["INACTIVE_MONTHS"]
    if months == 0:
        return _("Jusqu’à la fermeture du compte")
    return ngettext(
        "Jusqu’à la fermeture du compte ; sans visite pendant %(num)d mois, il est fermé après deux avertissements par courriel",
        "Jusqu’à la fermeture du compte ; sans visite pendant %(num)d mois, il est fermé après deux avertissements par courriel",
        months,
    )


def _after_closing() -> list[Purpose]:
    months = months_kept()
    if months == 0:
        return []
    return [
        Purpose(
            _("Répondre à la justice après un départ"),
            _("Obligation légale : pouvoir identifier qui a écrit"),
            _(
                "Nom, adresse électronique ou identifiant, téléphone, entreprises, dates d’ouverture et de fermeture"
            ),
            _(
                "Personne : tout est gardé à part et chiffré ; l’équipe d’exploitation ne l’ouvre qu’en écrivant "
                "pourquoi, et l’ouverture est inscrite au journal des actes"
            ),
            ngettext(
                "%(num)d mois après la fermeture du compte, puis effacé",
                "%(num)d mois après la fermeture du compte, puis effacé",
                months,
            ),
        )
    ]
