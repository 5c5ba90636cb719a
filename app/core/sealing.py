"""Text kept so that the database alone does not tell it: encrypted, with a key that is not in the database.

What is sealed for one purpose and owner opens for these alone: a row copied into another's place stays shut.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

MARK = "gAAAAA"
"""How every sealed text begins."""


class Unreadable(Exception):
    """A sealed text that none of the keys at hand opens: another installation's key, or a damaged text."""


def seal(text: str, purpose: str, owner: int) -> str:
    """Encrypt `text` for one purpose and owner."""
    return _lock(purpose, owner).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str, owner: int) -> str:
    """What was sealed for this purpose and owner. Raises `Unreadable`."""
    from cryptography.fernet import InvalidToken

    try:
        return _lock(purpose, owner).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def is_sealed(text: str) -> bool:
    """Whether this looks like what `seal` gives."""
    return text.startswith(MARK)


def _lock(purpose: str, owner: int) -> MultiFernet:
    # Imported when first needed: most processes never seal anything, and the library is large.
    from cryptography.fernet import Fernet, MultiFernet

    info = f"convergence:{purpose}:{owner}".encode()
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key, info))) for key in _keys()])


def _keys() -> list[str]:
    """The key that seals, then those that still open: sealed texts outlive a change of key."""
    words = str(current_app.config["SEALING_KEY"]).split()
    return [*words, str(current_app.config["SECRET_KEY"])]


def _derived(key: str, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.encode())
