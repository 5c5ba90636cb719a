"""What sheets are sorted by, and what their figures are worth, as people read them."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

FACETS = {
    "process": _l("Procédés"),
    "product": _l("Produits"),
    "management": _l("Management"),
}

DIMENSIONS = {
    "STR": _l("Stratégie et modèle d’affaires"),
    "HUM": _l("Femmes, hommes et organisation"),
    "PRO": _l("Procédés et flux"),
    "MOY": _l("Moyens de production"),
    "DAT": _l("Données et outils numériques"),
    "CLI": _l("Clients, conception et produits"),
    "ENE": _l("Énergie, matières et environnement"),
    "RES": _l("Coopération et confiance numérique"),
}

TECHNOLOGIES = {
    "additive": _l("Fabrication additive"),
    "robotics": _l("Robotique et cobotique"),
    "sensors": _l("Capteurs et objets reliés"),
    "data": _l("Données et IA"),
    "twin": _l("Jumeau numérique et simulation"),
    "erp": _l("MES et ERP"),
    "reality": _l("Réalité augmentée et virtuelle"),
    "metrology": _l("Contrôle et métrologie"),
    "maintenance": _l("Maintenance"),
    "energy": _l("Énergie et utilités"),
    "materials": _l("Matériaux et recyclage"),
    "security": _l("Cybersécurité"),
    "ergonomics": _l("Ergonomie et exosquelettes"),
    "lean": _l("Organisation et lean"),
    "supply": _l("Chaîne logistique"),
    "business": _l("Nouveaux modèles d’affaires"),
}

EVIDENCE_QUESTIONS = {
    "measured": _l("Nous l’avons mesuré, avant et après"),
    "public": _l("Un organisme public, sur plusieurs entreprises"),
    "single": _l("Un seul cas, ou le chiffre d’un fournisseur"),
    "objective": _l("C’est un objectif, pas encore un résultat"),
    "potential": _l("C’est un potentiel, calculé ou estimé"),
    "none": _l("Pas de chiffre"),
}
"""What the form asks of the author."""

EVIDENCE = {
    "measured": _l("Mesuré"),
    "public": _l("Établi sur plusieurs entreprises"),
    "single": _l("Un seul cas"),
    "objective": _l("Objectif"),
    "potential": _l("Potentiel"),
    "none": _l("Sans chiffre"),
}
"""What stands beside the figure, wherever it is shown."""

LEVELS = {"public": "1", "single": "2", "objective": "P", "potential": "P"}
"""The level of evidence of a figure that comes from elsewhere."""

PROMISES = ("objective", "potential")
"""Figures nobody has reached yet: said in words wherever the figure is shown."""

STATES = {
    "draft": _l("Brouillon"),
    "proposed": _l("En relecture"),
    "returned": _l("À reprendre"),
    "published": _l("Publiée"),
    "superseded": _l("Remplacée"),
    "withdrawn": _l("Retirée"),
}


def number_in_words(value: int) -> str:
    """A figure kept in thousandths, as it was typed: 22, 4,5, 1 200."""
    sign, value = ("−" if value < 0 else ""), abs(value)
    whole, rest = divmod(value, 1000)
    grouped = f"{whole:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    decimals = f"{rest:03}".rstrip("0")
    return f"{sign}{grouped},{decimals}" if decimals else f"{sign}{grouped}"


def effect_in_words(row: object) -> str:
    """The effect in one line, with what it is worth: « 58 → 22 min (mesuré) », « objectif : ÷ 4 »; empty without one."""
    figure = figure_of(row)
    if not figure:
        return ""
    evidence = getattr(row, "evidence", "none")
    indicator = getattr(row, "indicator", "")
    said = _("%(indicator)s : %(figure)s", indicator=indicator, figure=figure) if indicator else figure
    return f"{EVIDENCE[evidence]}. {said}"


def figure_of(row: object) -> str:
    """Before and after with their unit, or the one figure there is."""
    before, after = getattr(row, "before_value", None), getattr(row, "after_value", None)
    if before is not None and after is not None:
        unit = getattr(row, "unit", "")
        return f"{number_in_words(before)}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{number_in_words(after)}" + (
            f"\N{NO-BREAK SPACE}{unit}" if unit else ""
        )
    return str(getattr(row, "figure", "") or "")
