"""Addresses in people's texts: which may become a link, which is one of our pictures."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
KEY = r"[A-Za-z0-9_-]{32}"

# Own pictures only, with their size as a fragment so that the page keeps their place while they load.
_BLOB = re.compile(rf"/blobs/({KEY})(?:/thumb)?(?:#(\d{{1,5}})x(\d{{1,5}}))?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?::\d{1,5})?(?:[/?#]|$)")
# Browsers drop tabs and line feeds, read a backslash as a slash, and some skip what they cannot show.
_SUSPECT = re.compile('[\x00-\x20\x7f-\xa0\\\\\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff<>"`]')


def safe_address(address: str) -> str | None:
    """The address in the form a link may carry, or None when it must not become one.

    Kept: http, https, mailto and tel, paths of this site, fragments. `exemple.fr/page` gets the https it lacks.
    """
    address = address.strip(" \n\t")
    if not address or len(address) > 2000 or _SUSPECT.search(address):
        return None
    if address.startswith("//"):
        return None
    if address[0] in "/#":
        return address
    if _HOST.match(address):
        return f"https://{address}"
    scheme = _SCHEME.match(address)
    if scheme is None or scheme[1].lower() not in SCHEMES:
        return None
    return address if _has_target(address) else None


def _has_target(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme.lower() in {"http", "https"}:
        # A name before the host is only ever used to make one host look like another.
        return bool(parts.hostname) and "@" not in parts.netloc
    return bool(parts.path)


def own_blob(address: str) -> tuple[str, int | None, int | None] | None:
    """Key, width and height when the address is that of a picture or file kept here."""
    match = _BLOB.fullmatch(address.strip())
    if match is None:
        return None
    width, height = (int(match[2]), int(match[3])) if match[2] else (None, None)
    return (match[1], width, height) if width != 0 and height != 0 else (match[1], None, None)
