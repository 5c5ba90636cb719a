"""Characters: one spelling for what looks the same, nothing invisible that acts."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _

from app.core.errors import Refusal

# C0 and C1 controls except tab and line feed, byte order mark, and the marks that reorder what is read: with those, a
# file name or a link can read otherwise than it is.
_REMOVED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Letters carry two or three marks in any living language; towers of them cover the neighbours' lines.
_TOWERS = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_SPACES = re.compile(r"\s+")


def clean_text(text: str) -> str:
    """NFC, line feeds only, without control, reordering or lone surrogate characters."""
    text = _SURROGATES.sub("\ufffd", text)
    text = _LINE_ENDS.sub("\n", text)
    text = _REMOVED.sub("", text)
    return _TOWERS.sub(r"\1", unicodedata.normalize("NFC", text))


def clean_line(text: str, *, limit: int = 200, field: str | None = None) -> str:
    """A title or a name: cleaned, on one line, spaces collapsed. Raises `Refusal` above `limit` characters."""
    line = _SPACES.sub(" ", clean_text(text)).strip()
    if len(line) > limit:
        raise Refusal(
            _(
                "Ce texte fait %(length)s caractères ; la limite est de %(limit)s. Raccourcissez-le.",
                length=len(line),
                limit=limit,
            ),
            field=field,
        )
    return line
