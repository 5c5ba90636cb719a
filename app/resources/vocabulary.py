"""Words for the states and kinds of labs, machines and qualifications."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

LAB_STATES = {"draft": _l("En préparation"), "open": _l("Ouvert"), "closed": _l("Fermé")}
LABELS = {
    "none": _l("Sans label"),
    "candidate": _l("Candidat au label"),
    "under_review": _l("Label à l’étude"),
    "labelled": _l("Labellisé"),
    "suspended": _l("Label suspendu"),
}
CHARGES = {"lab_manager": _l("Responsable du lab"), "machine_trainer": _l("Formateur, formatrice")}
CHARGE_DUTIES = {
    "lab_manager": _l("Tient la fiche, les horaires, les machines et leurs règles ; forme et qualifie."),
    "machine_trainer": _l("Forme et qualifie, accepte les demandes, déclare les arrêts."),
}
MACHINE_STATES = {
    "bookable": _l("Ouverte à la réservation"),
    "not_opened": _l("Pas ouverte à la réservation"),
    "retired": _l("Retirée"),
}
SUPERVISION_NAMES = {
    "free": _l("Seul, une fois qualifié"),
    "manager_present": _l("Avec une personne du lab"),
    "two_people": _l("À deux"),
}
PAPERS = {
    "notice": _l("Notice"),
    "conformity": _l("Déclaration de conformité"),
    "check": _l("Rapport de contrôle"),
    "safety": _l("Fiche de sécurité"),
    "other": _l("Autre document"),
}
ISSUER_NAMES = {"lab": _l("le lab"), "employer": _l("l’employeur"), "body": _l("un organisme")}
SEVERITY_NAMES = {
    "remark": _l("Une remarque : la machine marche"),
    "fault": _l("Une panne ou un défaut"),
    "danger": _l("Un danger : la machine est arrêtée tout de suite"),
}
DAY_KINDS = {
    "lab": _l("Fermeture du lab"),
    "customary": _l("Fête coutumière"),
    "maintenance": _l("Entretien"),
}
OUTAGE_KINDS = {
    "outage": _l("Une panne : elle ne peut pas servir"),
    "maintenance": _l("Un arrêt prévu : entretien, réglage, contrôle"),
}
TREATMENT_NAMES = {
    "suspend": _l("Les tenir en attente : elles reviennent si la machine revient à temps"),
    "cancel": _l("Les annuler, avec ce motif"),
}
WEEKDAYS = (
    _l("Lundi"),
    _l("Mardi"),
    _l("Mercredi"),
    _l("Jeudi"),
    _l("Vendredi"),
    _l("Samedi"),
    _l("Dimanche"),
)


def init_app(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals.update(
        LAB_STATES=LAB_STATES,
        LAB_LABELS=LABELS,
        LAB_CHARGES=CHARGES,
        LAB_PAPERS=PAPERS,
        MACHINE_STATES=MACHINE_STATES,
    )
