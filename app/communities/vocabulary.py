"""Roles, states, sizes and reasons as people read them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core import phrases

ROLE_NAMES = {
    "member": _l("Membre"),
    "company_admin": _l("Référent d’entreprise"),
    "community_manager": _l("Animation de la communauté"),
    "technical_advisor": _l("Correspondant technique"),
    "ambassador": _l("Ambassadeur"),
    "national_admin": _l("Équipe nationale"),
}

ROLE_DUTIES = {
    "company_admin": _l("Invite ses collègues, tient la fiche de l’entreprise, clôt les accès."),
    "community_manager": _l("Accueille les entreprises, ouvre et anime les salles, traite les signalements."),
    "technical_advisor": _l("Répond aux demandes techniques de la région et y traite les signalements."),
    "ambassador": _l("Porte le programme dans la région, y nomme les animateurs, y traite les signalements."),
    "national_admin": _l("Ouvre les régions, nomme ambassadeurs et correspondants."),
}

STATE_NAMES = {
    "draft": _l("En préparation"),
    "forming": _l("En formation"),
    "active": _l("Active"),
    "full": _l("Complète"),
    "dormant": _l("En sommeil"),
    "closed": _l("Fermée"),
}

MEMBERSHIP_NAMES = {
    "requested": _l("Demande en cours"),
    "waiting": _l("En attente d’une place"),
    "admitted": _l("Membre"),
    "refused": _l("Refusée"),
    "left": _l("A quitté la communauté"),
}

SIZE_NAMES = {
    "micro": _l("TPE"),
    "sme": _l("PME"),
    "midcap": _l("ETI"),
    "large": _l("Grande entreprise"),
}

SIZE_HINTS = {
    "micro": _l("moins de 10 personnes, 2 M€ de chiffre d’affaires ou de bilan au plus"),
    "sme": _l("moins de 250 personnes, 50 M€ de chiffre d’affaires ou 43 M€ de bilan au plus"),
    "midcap": _l("moins de 5 000 personnes, 1,5 Md€ de chiffre d’affaires ou 2 Md€ de bilan au plus"),
    "large": _l("au-delà"),
}

COMPANY_KIND_NAMES = {
    "industrial": _l("Entreprise industrielle"),
    "solution_provider": _l("Offreur de solutions"),
    "partner": _l("Organisme partenaire"),
}

REFUSAL_REASONS = {
    "territory": _l("L’établissement est trop loin pour les rencontres de cette communauté"),
    "activity": _l("L’activité n’est ni industrielle ni au service de l’industrie"),
    "not_verified": _l("L’entreprise ou la personne qui demande n’a pas pu être vérifiée"),
    "seller_quota": _l("La part réservée aux offreurs de solutions est atteinte"),
    "charter": _l("L’entreprise ne souhaite pas suivre la charte"),
    "duplicate": _l("L’entreprise est déjà membre par un autre établissement"),
    "other": _l("Autre motif, exposé ci-dessous"),
}
"""Objective grounds only: a refusal that hides a rivalry would be unlawful."""


def role_name(role: str) -> str:
    return str(ROLE_NAMES.get(role, role))


def role_called(title: str, role: str) -> str:
    """How the holder is called (« animatrice »), where the reader's language is that of the title."""
    return title if title and phrases.language() == "fr" else role_name(role)


def state_name(state: str) -> str:
    return str(STATE_NAMES.get(state, state))


def size_name(size_class: str) -> str:
    return str(SIZE_NAMES.get(size_class, size_class))


def refusal_name(code: str) -> str:
    return str(REFUSAL_REASONS.get(code, code))


def membership_name(state: str) -> str:
    return str(MEMBERSHIP_NAMES.get(state, state))
