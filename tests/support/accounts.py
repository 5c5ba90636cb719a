"""People of the account pages, and what they do with a browser and a mailbox."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

from app.accounts import operations, passwords
from app.accounts.models import User
from app.core.database import transaction
from tests.support.client import Client

PASSWORD = "le copeau tombe loin du mandrin bleu"
OTHER_PASSWORD = "sept pinces rangees sous un etabli gris"

LINK = re.compile(r"http://[^\s/]+(/(?:connexion/lien|mot-de-passe|adresse)/\S+)")
CODE = re.compile(r"^\s+(\d{6})\r?$", re.MULTILINE)


def open_account(
    email: str | None,
    *,
    password: str | None = None,
    accepts_charter: bool = True,
    given_name: str = "Léa",
    family_name: str = "Bonnet",
    sign_in_name: str | None = None,
) -> User:
    """An account, opened as an accepted invitation does."""
    hashed = passwords.hash_password(password) if password else None
    profile = operations.Profile(given_name=given_name, family_name=family_name)
    with transaction():
        return operations.create_account(
            profile,
            email=email,
            sign_in_name=sign_in_name,
            password_hash=hashed,
            accepts_charter=accepts_charter,
        )


def link_in(text: str) -> str:
    """The path of the link a mail carries."""
    found = LINK.search(text)
    assert found, text
    return found.group(1)


def code_in(text: str) -> str:
    """The six digits a mail carries."""
    found = CODE.search(text)
    assert found, text
    return found.group(1)


def sign_in(
    client: Client, identifier: str = "lea@atelier.test", password: str = PASSWORD, **fields: str
) -> TestResponse:
    """Send the sign-in page."""
    return client.post("/connexion", data={"identifier": identifier, "password": password, **fields})


def is_signed_in(client: Client) -> bool:
    """Whether this browser is shown its own account."""
    return client.get("/compte").status_code == 200
