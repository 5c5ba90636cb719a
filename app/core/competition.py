"""Expressions that touch competition between firms: the composer recalls the charter, moderators see them marked."""

from __future__ import annotations

import re

from markupsafe import Markup

EXPRESSIONS = (
    "prix de vente", "tarif", "grille tarifaire", "remise", "marge", "coût de revient", "hausse de prix",
    "part de marché", "carnet de commandes", "taux de charge", "capacité disponible", "volumes vendus", "clients de",
    "fournisseur exclusif", "se répartir", "appel d’offres", "répondre ensemble", "ne plus travailler avec",
    "salaire d’embauche", "s’aligner", "on s’alignait",
)  # fmt: skip
APOSTROPHE = "(?:’|'|&#39;)"
PRICE = r"\d[\d\s]*(?:,\d+)?\s?€(?:\s(?:du|le|la|par)\s\w+)?"

_tags = re.compile(r"(<[^>]*>)")
_marked = re.compile(
    "|".join(
        [
            PRICE,
            *(
                r"(?<!\w)" + APOSTROPHE.join(map(re.escape, words.split("’"))) + r"\w{0,2}(?!\w)"
                for words in sorted(EXPRESSIONS, key=len, reverse=True)
            ),
        ]
    ),
    re.IGNORECASE,
)


def marked(html: Markup) -> Markup:
    """Written text as HTML of ours, each listed expression and each price in it between `<mark>` and `</mark>`."""
    parts = _tags.split(str(html))
    # Texts stand at even places, tags between them: what is inside a tag is never touched.
    parts[::2] = (_marked.sub(r"<mark>\g<0></mark>", part) for part in parts[::2])
    return Markup("".join(parts))
