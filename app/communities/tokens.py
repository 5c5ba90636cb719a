"""Links and printed codes that let somebody in, once.

A token is derived from the installation's secret and a random nonce kept with the invitation. The database holds only
its hash: reading it lets nobody in, and yet the same sheet can be printed twice and the same mail sent again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from flask import current_app

# Without I, L, O and U: what is read aloud on a shop floor must be typed without hesitation.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def new_nonce() -> str:
    """Randomness for one invitation."""
    return secrets.token_hex(16)


def new_token() -> str:
    """A random link token for what is never sent twice."""
    return secrets.token_urlsafe(24)


def link_token(nonce: str) -> str:
    """The token of a mailed link."""
    return base64.urlsafe_b64encode(_derive("link", nonce)[:24]).decode()


def printed_code(nonce: str) -> str:
    """The code of a printed sheet: 60 bits in three groups of four, such as `7KQ2-M0XD-94TB`."""
    return _in_groups(_derive("code", nonce))


def return_code(nonce: str) -> str:
    """The code of a sheet that lets a colleague choose a new password; typed like the other."""
    return _in_groups(_derive("return", nonce))


def hash_of(token: str) -> str:
    """What the database keeps of a token or code, however the code was typed."""
    typed = "".join(token.split()).replace("-", "")
    if len(typed) == CODE_LENGTH:
        token = typed.upper().translate(_LOOKALIKES)
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _in_groups(digest: bytes) -> str:
    number = int.from_bytes(digest[:8], "big")
    letters = [ALPHABET[(number >> (5 * place)) & 31] for place in range(CODE_LENGTH)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, CODE_LENGTH, 4))


def _derive(purpose: str, nonce: str) -> bytes:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"invitation:{purpose}:{nonce}".encode(), hashlib.sha256).digest()
