"""News written as mails: what is due to one person about one thread travels in one mail, if it is still news."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app, g
from flask_babel import force_locale, ngettext
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.communities.access import Place, access_of
from app.core import news
from app.core.database import abandon, release, transaction
from app.core.news import Attachment, News
from app.core.phrases import printed
from app.core.text.excerpts import plain_text
from app.core.things import Description
from app.core.time import clock
from app.extensions import db
from app.notifications import mail, queries
from app.notifications.models import Notification

log = structlog.get_logger(__name__)

GROUPS = 200
"""Mails prepared in one run of the job."""

_OWN_ADDRESS = re.compile(r'(\s(?:href|src)=")/(?!/)')
_PICTURE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r'\balt="([^"]*)"')


@dataclass(frozen=True)
class Item:
    """One line as the mail's part about it reads it: `template` + .txt or .html is included with `item`."""

    notification: Notification
    kind: News
    description: Description
    sentence: str
    url: str
    text: str
    html: Markup
    file: Attachment | None = None

    @property
    def template(self) -> str:
        return self.kind.mail or "notifications/mail/line"


def prepare() -> int:
    """Write the mails that are due; returns how many. What was read, or may not be seen any more, is skipped."""
    count = 0
    for user_id, ids in _due_groups():
        g.pop("access", None)
        user = db.session.get(User, user_id)
        try:
            count += _prepare_one(user, ids) if user is not None else _skip(ids)
        except Exception:
            # One mail that cannot be written keeps nobody else's from leaving; it is tried again at the next run.
            abandon()
            log.exception("letter_failed", user=user_id, notifications=ids)
    return count


def stop_token(user_id: int, kind: str) -> str:
    """The signed name of a switch: it turns one kind of mail off for one person and does nothing else."""
    return _signer().dumps([user_id, kind])


def read_stop_token(token: str) -> tuple[int, str] | None:
    """Whose switch it is and of which kind; None for a token we did not sign."""
    try:
        user_id, kind = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(user_id), str(kind)


def _due_groups() -> list[tuple[int, list[int]]]:
    due = db.session.execute(
        select(Notification.user_id)
        .where(Notification.mail_state == "due", Notification.mail_after <= clock.now())
        .order_by(Notification.mail_after)
        .limit(GROUPS)
    ).scalars()
    people = list(dict.fromkeys(due))
    now = clock.now()
    groups: dict[tuple[int, str], list[int]] = {}
    ready: set[tuple[int, str]] = set()
    rows = db.session.execute(
        select(Notification)
        .where(Notification.user_id.in_(people), Notification.mail_state == "due")
        .order_by(Notification.id)
    ).scalars()
    for row in rows:
        key = (row.user_id, _thread_of(row))
        groups.setdefault(key, []).append(row.id)
        if row.mail_after is not None and row.mail_after <= now:
            ready.add(key)
    return [(key[0], ids) for key, ids in groups.items() if key in ready]


def _prepare_one(user: User, ids: list[int]) -> int:
    rows = list(
        db.session.execute(
            select(Notification)
            .options(joinedload(Notification.actor))
            .where(Notification.id.in_(ids))
            .order_by(Notification.id)
        ).scalars()
    )
    wanted = _still_wanted(user, rows)
    skipped = [row.id for row in rows if row.id not in wanted]
    if skipped:
        _skip(skipped)
    kept = [row for row in rows if row.id in wanted]
    if not kept or user.email is None:
        return 0
    with force_locale(user.locale):
        items = [_item(row, wanted[row.id], user) for row in kept]
        subject = _subject(items)
        place = access_of(user).places.get(items[-1].description.node_id or 0)
        words = mail.render("notifications/mail/news", subject, _context(user, items, place))
    headers = _headers(user, items, place)
    release()
    with transaction():
        taken = set(
            db.session.execute(
                update(Notification)
                .where(Notification.id.in_([row.id for row in kept]), Notification.mail_state == "due")
                .where(Notification.read_at.is_(None) | ~Notification.in_page)
                .values(mail_state="sent")
                .returning(Notification.id)
                .execution_options(synchronize_session=False)
            ).scalars()
        )
        if taken != {item.notification.id for item in items}:
            # Read, or taken by another process, while we wrote: leave the rest for the next run.
            db.session.execute(
                update(Notification)
                .where(Notification.id.in_(taken))
                .values(mail_state="due")
                .execution_options(synchronize_session=False)
            )
            return 0
        mail.store(
            address=user.email,
            kind=items[-1].kind.name,
            subject=subject,
            words=words,
            user_id=user.id,
            headers=headers,
            # Of several news about one thing, the file of the last says how it stands.
            files=list({item.file.name: item.file for item in items if item.file is not None}.values()),
        )
    return 1


def _still_wanted(user: User, rows: Sequence[Notification]) -> dict[int, Description]:
    """What is unread, visible, and not switched off meanwhile."""
    if user.state != "active" or user.email is None:
        return {}
    choices = queries.choices_of_all([user.id], {row.kind for row in rows})
    visible = queries.visible_to(user, rows)
    wanted = {}
    for row in rows:
        kind = news.find(row.kind)
        if kind is None or row.mail_state != "due" or row.id not in visible:
            continue
        by_mail = choices.get((user.id, row.kind), (True, True))[1] or not kind.is_chosen
        if row.read_at is None and by_mail:
            wanted[row.id] = visible[row.id]
    return wanted


def _skip(ids: Sequence[int]) -> int:
    release()
    with transaction():
        db.session.execute(
            update(Notification)
            .where(Notification.id.in_(ids), Notification.mail_state == "due")
            .values(mail_state="skipped")
            .execution_options(synchronize_session=False)
        )
    return 0


def _item(notification: Notification, description: Description, user: User) -> Item:
    kind = news.find(notification.kind)
    assert kind is not None
    told = queries.told(notification, description)
    url = kind.url(told) if kind.url else description.url
    return Item(
        notification=notification,
        kind=kind,
        description=description,
        sentence=printed(kind.sentence(told)),
        url=absolute(url),
        text=plain_text(description.html) if description.html else description.text,
        html=Markup(for_mail(description.html)),
        file=kind.attachment(told, user) if kind.attachment is not None else None,
    )


def absolute(url: str) -> str:
    """An address that leads here from outside."""
    return f"{current_app.config['PUBLIC_URL']}{url}" if url.startswith("/") else url


def for_mail(html: str) -> str:
    """Rendered text as a mail carries it: links that lead here, pictures by their description (they need a sign-in)."""
    html = _PICTURE.sub(_described, html)
    return _OWN_ADDRESS.sub(rf"\g<1>{current_app.config['PUBLIC_URL']}/", html)


def _described(picture: re.Match[str]) -> str:
    alt = _ALT.search(picture.group())
    return f"[{alt.group(1)}]" if alt and alt.group(1) else ""


def _subject(items: Sequence[Item]) -> str:
    if len(items) == 1:
        return items[0].sentence.rstrip(".")
    title = items[-1].description.title
    return ngettext("%(num)d nouvelle : %(title)s", "%(num)d nouvelles : %(title)s", len(items), title=title)


def _context(user: User, items: Sequence[Item], place: Place | None) -> dict[str, Any]:
    kinds = list({item.kind.name: item.kind for item in items if item.kind.is_chosen}.values())
    return {
        "user": user,
        "items": items,
        "place": place,
        "url": items[0].url,
        "labels": list(dict.fromkeys(str(item.kind.label) for item in items)),
        "switches": [
            (kind.label, absolute(f"/notifications/arret/{stop_token(user.id, kind.name)}")) for kind in kinds
        ],
        "settings_url": absolute("/notifications/reglages"),
    }


def _headers(user: User, items: Sequence[Item], place: Place | None) -> dict[str, str]:
    root = f"<{_thread_of(items[0].notification).replace(':', '.')}@{mail.host()}>"
    headers = {"References": root, "In-Reply-To": root}
    if place is not None:
        name = re.sub(r'["\\\r\n]', "", place.name)
        headers["List-Id"] = f'"{name}" <{place.slug}.{mail.host()}>'
    chosen = [item.kind.name for item in items if item.kind.is_chosen]
    if chosen:
        token = stop_token(user.id, chosen[-1])
        headers["List-Unsubscribe"] = f"<{absolute(f'/notifications/arret/{token}')}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _thread_of(notification: Notification) -> str:
    return notification.thread or f"{notification.object_type}:{notification.object_id}"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="notifications.stop-mail")
