"""What must hold for an installation to serve people, asked one by one."""

from __future__ import annotations

import smtplib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select, text

from app.accounts import second_factor
from app.accounts.models import User
from app.core import blobs, demo, schema
from app.core.database import release
from app.extensions import db


@dataclass(frozen=True)
class Result:
    """One answer: what was asked, whether it holds, and a sentence."""

    name: str
    is_good: bool
    sentence: str


def run_checks() -> list[Result]:
    """Ask everything; one that fails does not keep the others from being asked."""
    return [_answer(name, check) for name, check in CHECKS]


def _answer(name: str, check: Callable[[], str]) -> Result:
    try:
        return Result(name, True, check())
    except Exception as error:
        return Result(name, False, str(error) or type(error).__name__)
    finally:
        release()


def _database() -> str:
    db.session.execute(text("SELECT 1"))
    return f"répond ({db.engine.dialect.name})"


def _schema() -> str:
    if not schema.is_current():
        raise RuntimeError("n’est pas à jour : lancez « convergence migrate »")
    return "à jour"


def _blobs() -> str:
    store, name = blobs.store(), uuid.uuid4().hex
    store.put(name, BytesIO(b"convergence"))
    with store.open(name) as stream:
        if stream.read() != b"convergence":
            raise RuntimeError("rend autre chose que ce qui lui a été confié")
    store.delete(name)
    return "écrit, lit et efface"


def _keys() -> str:
    person = db.session.execute(
        select(User).where(User.totp_secret.is_not(None)).order_by(User.id.desc()).limit(1)
    ).scalar_one_or_none()
    if person is not None and second_factor.secret_of(person) is None:
        raise RuntimeError(
            "un second facteur ne s’ouvre pas : SEALING_KEY ou SECRET_KEY n’est plus celle d’avant"
        )
    return "ouvrent ce qui est scellé"


def _queue() -> str:
    waiting = current_app.extensions["jobs"].pending_count()
    return f"répond ({waiting} en attente)"


def _mail() -> str:
    if demo.is_demo():
        return "en démonstration : rien n’est envoyé, tout se lit dans la boîte de démonstration"
    url = current_app.config.get("SMTP_URL") or ""
    if not url:
        raise RuntimeError("SMTP_URL est vide : invitations et liens de connexion ne partiront pas")
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or 0, timeout=10) as server:
        server.noop()
    return f"{parts.hostname} répond"


def _legal() -> str:
    if demo.is_demo():
        return "sans objet en démonstration"
    names = (
        "OPERATOR_NAME",
        "OPERATOR_ADDRESS",
        "OPERATOR_CONTACT",
        "PUBLICATION_DIRECTOR",
        "HOSTING_PROVIDER",
    )
    missing = [name for name in names if not current_app.config.get(name)]
    if missing:
        raise RuntimeError(f"à compléter : {', '.join(missing)}")
    return "complètes"


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("Base de données", _database),
    ("Schéma", _schema),
    ("Fichiers", _blobs),
    ("Clés", _keys),
    ("Travaux", _queue),
    ("Courriel", _mail),
    ("Mentions légales", _legal),
)
