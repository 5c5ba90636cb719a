"""Mails kept with the act that causes them, sent by a job until a server takes them.

A mail is a row: rendered when the act happens (its words are those of that moment), sent after the commit, tried again
with growing pauses. A demonstration sends nothing: its mails count as sent and stay readable on the mailbox page.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app, render_template
from flask_babel import force_locale, get_locale
from sqlalchemy import delete, or_, select, update

from app.core import jobs, phrases
from app.core.database import after_commit, release, transaction
from app.core.demo import is_demo
from app.core.news import Attachment
from app.core.time import clock
from app.extensions import db
from app.notifications.models import Mail, Notification

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
"""A mail being sent longer than this was being sent by a process that died."""

PAUSES = (1, 2, 5, 15, 60, 180, 360, 720, 1440)
"""Minutes before the second, third… attempt; after the last the mail counts as failed."""

BODY_KEPT = timedelta(days=7)
ROW_KEPT = timedelta(days=365)
SMTP_TIMEOUT = 30


def queue_mail(
    *,
    address: str,
    kind: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    user_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    is_sensitive: bool = True,
) -> Mail:
    """Keep one mail, rendered from `template`.txt and .html, in the open transaction; it leaves after the commit.

    It speaks the language in force around the call. `is_sensitive` mails lose their body as soon as they are sent.
    """
    words = render(template, subject, context)
    return store(
        address=address,
        kind=kind,
        subject=subject,
        words=words,
        user_id=user_id,
        headers=headers,
        is_sensitive=is_sensitive,
    )


def render(template: str, subject: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """The text and the HTML of a mail, in the language in force."""
    locale = str(get_locale() or "fr")[:2]
    values = {
        **context,
        "subject": one_line(subject),
        "locale": locale,
        "public_url": current_app.config["PUBLIC_URL"],
    }
    with force_locale(locale):
        text = render_template(f"{template}.txt", **phrases.PLAIN, **values)
        html = render_template(f"{template}.html", **values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html


def store(
    *,
    address: str,
    kind: str,
    subject: str,
    words: tuple[str, str],
    user_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    is_sensitive: bool = False,
    files: Sequence[Attachment] = (),
) -> Mail:
    """Keep one rendered mail in the open transaction."""
    now = clock.now()
    sent = is_demo()
    mail = Mail(
        message_id=f"<{uuid.uuid4().hex}.{re.sub(r'[^a-z0-9]', '-', kind.lower())[:40]}@{host()}>",
        user_id=user_id,
        address=address,
        kind=kind,
        subject=one_line(subject)[:250],
        text=words[0],
        html=words[1],
        headers=dict(headers or {}),
        files=[list(file) for file in files],
        is_sensitive=is_sensitive,
        state="sent" if sent else "due",
        sent_at=now if sent else None,
        send_after=now,
        created_at=now,
    )
    db.session.add(mail)
    db.session.flush()
    if not sent:
        after_commit(jobs.enqueue, "notifications.send_mail", mail.id)
    return mail


def send(mail_id: int) -> bool:
    """Send one mail if it is due; returns whether a server took it. Failures are written down for the next attempt.

    A process that dies between the server's answer and ours sends it again, under the same Message-ID.
    """
    settings = current_app.extensions["settings"]
    if settings.smtp_url is None:
        log.warning("mail_waits_for_smtp_url", mail=mail_id)
        return False
    mail = _claim(mail_id)
    if mail is None:
        return False
    message = _message(mail)
    try:
        with _server(settings.smtp_url) as server:
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        _failed(mail_id, error)
        return False
    _sent(mail_id)
    return True


def due_mails() -> list[int]:
    """Mails that nobody sent in time, the oldest first."""
    rows = db.session.execute(
        select(Mail.id)
        .where(Mail.state.in_(("due", "sending")), Mail.send_after <= clock.now())
        .order_by(Mail.send_after)
        .limit(500)
    )
    return list(rows.scalars())


def forget_old() -> None:
    """Erase bodies after some days and rows after a year; a demonstration keeps its mails."""
    if is_demo():
        return
    now = clock.now()
    with transaction():
        db.session.execute(
            update(Mail)
            .where(Mail.state.in_(("sent", "failed")), Mail.created_at < now - BODY_KEPT, Mail.text != "")
            .values(text="", html="", files=[])
        )
        db.session.execute(delete(Mail).where(Mail.created_at < now - ROW_KEPT))
        db.session.execute(
            delete(Notification).where(
                Notification.created_at < now - ROW_KEPT, Notification.read_at.is_not(None)
            )
        )


def host() -> str:
    """The public host: the right side of message and list identifiers."""
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost"


def one_line(text: str) -> str:
    """A header's worth of text: line ends would start a header of somebody else's choosing."""
    return " ".join(str(text).split())


def _claim(mail_id: int) -> Mail | None:
    now = clock.now()
    with transaction():
        claimed = db.session.execute(
            update(Mail)
            .where(
                Mail.id == mail_id,
                or_(Mail.state == "due", Mail.state == "sending"),
                Mail.send_after <= now,
            )
            .values(state="sending", attempts=Mail.attempts + 1, send_after=now + LEASE)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    if claimed is None:
        return None
    mail = db.session.get(Mail, mail_id)
    release()
    return mail


def _message(mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = mail.address
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    # Out-of-office robots do not answer what says that a machine wrote it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for name, media_type, text in mail.files:
        main, _slash, rest = media_type.partition("/")
        sub, *parameters = (part.strip() for part in rest.split(";"))
        message.add_attachment(
            text.encode(),
            maintype=main,
            subtype=sub,
            filename=name,
            params={"charset": "utf-8", **dict(part.split("=", 1) for part in parameters)},
        )
    return message


@contextmanager
def _server(address: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(address)
    host_name = parts.hostname or "localhost"
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host_name, parts.port or 465, timeout=SMTP_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host_name, parts.port or 25, timeout=SMTP_TIMEOUT)
    with server:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _sent(mail_id: int) -> None:
    with transaction():
        mail = db.session.get_one(Mail, mail_id)
        mail.state = "sent"
        mail.sent_at = clock.now()
        mail.last_error = ""
        if mail.is_sensitive:
            mail.text = mail.html = ""
            mail.files = []


def _failed(mail_id: int, error: Exception) -> None:
    with transaction():
        mail = db.session.get_one(Mail, mail_id)
        is_over = mail.attempts > len(PAUSES) or _is_final(error)
        mail.state = "failed" if is_over else "due"
        mail.last_error = f"{type(error).__name__}: {error}"[:300]
        if is_over:
            if mail.is_sensitive:
                mail.text = mail.html = ""
                mail.files = []
        else:
            mail.send_after = clock.now() + timedelta(minutes=PAUSES[mail.attempts - 1])
        # The address stays out of the log.
        log.warning(
            "mail_failed", mail=mail_id, attempts=mail.attempts, final=is_over, error=type(error).__name__
        )


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help: the recipient or the message was refused for good.

    A refused sender or password is ours to mend: such mails wait.
    """
    if isinstance(error, smtplib.SMTPDataError):
        return 500 <= error.smtp_code < 600
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _reason in error.recipients.values())
    return isinstance(error, ValueError)
