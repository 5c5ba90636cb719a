"""A person's own data, as a file they can take elsewhere.

Each feature registers what it keeps of a person: rows of plain values, and whole files where it has some. Other
people's texts are never among them.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Executable, select

from app.accounts import queries
from app.accounts.models import User, UserSession
from app.core import withheld
from app.core.audit import AuditLine
from app.core.time import clock
from app.extensions import db

Row = Mapping[str, Any]
Exporter = Callable[[int], Iterable[Row]]

_exporters: dict[str, Exporter] = {}


def register(name: str, exporter: Exporter) -> None:
    """Add a file `name` to every export: `exporter(user_id)` gives its rows."""
    _exporters[name] = exporter


def rows(statement: Executable) -> list[dict[str, Any]]:
    """The rows of a statement as an exporter gives them."""
    return [dict(row._mapping) for row in db.session.execute(statement)]


def build(user_id: int) -> bytes:
    """The ZIP of one person: a JSON and a CSV file per kind of data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_("LISEZ-MOI.txt"), _read_me())
        for name, exporter in {**_own(), **_exporters}.items():
            lines = [{key: _plain(value) for key, value in row.items()} for row in exporter(user_id)]
            archive.writestr(f"{name}.json", json.dumps(lines, ensure_ascii=False, indent=2))
            archive.writestr(f"{name}.csv", _csv(lines))
    return buffer.getvalue()


def _read_me() -> str:
    title = _("Vos données sur Convergence")
    words = _(
        "Chaque fichier .json contient ce que nous gardons sous un intitulé ; le fichier .csv de même nom contient "
        "les mêmes lignes pour un tableur. Les instants sont en temps universel. Les textes des autres personnes "
        "n’en font pas partie."
    )
    return "\n".join([title, "=" * len(title), "", *textwrap.wrap(words, 120), ""])


def file_name() -> str:
    """The name under which the export is saved."""
    return f"convergence-mes-donnees-{clock.now():%Y-%m-%d}.zip"


def _own() -> dict[str, Exporter]:
    return {
        "compte": _account,
        "charte": _charter,
        "appareils": _sessions,
        "activite": _acts,
        "textes-masques": _withheld,
    }


def _account(user_id: int) -> Iterable[Row]:
    user = db.session.get(User, user_id)
    if user is None:
        return []
    names = (
        "given_name",
        "family_name",
        "email",
        "sign_in_name",
        "trade",
        "about",
        "phone",
        "locale",
        "mail_choices",
        "created_at",
        "seen_at",
        "charter_version",
        "charter_accepted_at",
        "totp_confirmed_at",
    )
    return [{name: getattr(user, name) for name in names}]


def _charter(user_id: int) -> Iterable[Row]:
    return [{"version": row.version, "at": row.at} for row in queries.acceptances_of(user_id)]


def _sessions(user_id: int) -> Iterable[Row]:
    rows = db.session.execute(
        select(UserSession.device, UserSession.created_at, UserSession.seen_at, UserSession.ended_at)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.id)
    )
    return [dict(row._mapping) for row in rows]


def _acts(user_id: int) -> Iterable[Row]:
    rows = db.session.execute(
        select(AuditLine.at, AuditLine.act, AuditLine.object_type, AuditLine.object_id)
        .where(AuditLine.actor_id == user_id)
        .order_by(AuditLine.id)
    )
    return [dict(row._mapping) for row in rows]


def _withheld(user_id: int) -> Iterable[Row]:
    return withheld.of("person", user_id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _csv(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    # The mark lets spreadsheets read the accents.
    text.write("\ufeff")
    writer = csv.DictWriter(text, columns, delimiter=";")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet shows as text: what looks like a formula is not run."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
