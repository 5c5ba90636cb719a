"""The mailbox of a demonstration: its mails as their readers would see them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bleach.sanitizer import Cleaner
from markupsafe import Markup
from sqlalchemy import func, select

from app.extensions import db
from app.notifications.models import Mail

PER_PAGE = 40

_TITLE = re.compile(r"<(/?)h1\b")
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)

# A page may not carry the mail's own style sheet (no inline style under our policy): its classes are drawn by ours.
_TAGS = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_ATTRIBUTES = {"a": ["href", "class"], "p": ["class"], "div": ["class"], "span": ["class"], "code": ["class"]}


def mails(address: str | None, *, before: int | None = None) -> tuple[list[Mail], int | None]:
    """Mails, newest first, of one address or of all, and the id to go on from."""
    statement = select(Mail).order_by(Mail.id.desc()).limit(PER_PAGE + 1)
    if address is not None:
        statement = statement.where(Mail.address == address)
    if before is not None:
        statement = statement.where(Mail.id < before)
    rows = list(db.session.execute(statement).scalars())
    return rows[:PER_PAGE], rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None


def addresses() -> Sequence[tuple[str, int]]:
    """Who received mails, those with the newest first."""
    rows = db.session.execute(
        select(Mail.address, func.count()).group_by(Mail.address).order_by(func.max(Mail.id).desc()).limit(60)
    )
    return [(address, count) for address, count in rows]


def find(mail_id: int) -> Mail | None:
    """One mail."""
    return db.session.get(Mail, mail_id)


def shown(mail: Mail) -> Markup:
    """The body of the mail as a part of a page: no style, no picture, no script, only http(s) links."""
    found = _BODY.search(mail.html)
    cleaner = Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, protocols=("http", "https"), strip=True)
    body = cleaner.clean(found.group(1) if found else "")
    # The page has its own title: the mail's stands one level below.
    return Markup(_TITLE.sub(r"<\1h2", body))
