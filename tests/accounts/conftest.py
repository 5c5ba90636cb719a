"""People of the account pages: Léa has a password, Omar only his mailbox, Sam no mailbox at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.accounts.models import User
from app.core import jobs, limits
from tests.support.accounts import PASSWORD, open_account
from tests.support.mail import Mailbox, text_of


@pytest.fixture
def lea(app: Flask) -> User:
    return open_account("lea@atelier.test", password=PASSWORD)


@pytest.fixture
def omar(app: Flask) -> User:
    return open_account("omar@atelier.test", given_name="Omar", family_name="Diallo")


@pytest.fixture
def sam(app: Flask) -> User:
    return open_account(
        None, password=PASSWORD, given_name="Sam", family_name="Petit", sign_in_name="sam-4k2pz"
    )


@pytest.fixture
def rates(app: Flask) -> Iterator[None]:
    """Rates, which other tests run without."""
    app.extensions["rates"] = limits.open_store("memory://")
    yield
    app.extensions["rates"] = None


@pytest.fixture
def letter(mailbox: Mailbox) -> Callable[[str], str]:
    """The text of the last mail to an address, once the jobs have run."""

    def read(address: str) -> str:
        jobs.drain()
        return text_of(mailbox.to(address)[-1])

    return read
