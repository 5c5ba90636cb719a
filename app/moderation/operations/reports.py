"""Reporting: somebody asks that a thing be looked at."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.core import audit, idempotency, post, things
from app.core.duties import owe
from app.core.errors import NotFound, Refusal
from app.core.time import clock
from app.extensions import db
from app.moderation import broadcasts, queries
from app.moderation.models import Report
from app.moderation.operations.provisional import hide_at_once
from app.moderation.vocabulary import REASON_LABELS, URGENT_REASONS
from app.notifications.letters import absolute

RECEIPT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
TEXT_KEPT = 20_000
VISITOR = "visitor"
"""Who sends a form without an account: its request id, drawn by us at random, is known to nobody else."""


@dataclass(frozen=True)
class Notice:
    """What somebody says when they report."""

    reason: str
    details: str = ""
    name: str = ""
    email: str = ""
    good_faith: bool = False


def report_thing(
    reporter: User, object_type: str, object_id: int, notice: Notice, *, request_id: str | None = None
) -> Report:
    """Report something the person sees; sent twice with the same request id, it returns the first report.

    Reported again while it waits, it is one report, which says more. A sensitive exchange between competitors is hidden
    at once, until a moderator has looked: three things at most for one person, and nothing of those who moderate there.
    """
    if request_id is None:
        return _report_thing(reporter, object_type, object_id, notice)
    sender = idempotency.sender_of(reporter.id)
    hashed = idempotency.content_hash(object_type, object_id, notice)
    made = idempotency.already_made(sender, request_id, hashed, "report")
    if made is not None:
        return db.session.get_one(Report, made)
    report = _report_thing(reporter, object_type, object_id, notice)
    idempotency.remember(sender, request_id, hashed, "report", report.id)
    return report


def _report_thing(reporter: User, object_type: str, object_id: int, notice: Notice) -> Report:
    if not things.is_visible(reporter, object_type, object_id):
        raise NotFound
    description = things.describe_one(object_type, object_id)
    if description is None:
        raise NotFound
    if description.author_id == reporter.id:
        raise Refusal(_("Vous avez écrit ceci : vous pouvez le modifier ou le supprimer vous-même."))
    known = queries.open_report_of(reporter.id, object_type, object_id)
    if known is not None:
        _say_more(known, notice, reporter)
        return known
    report = _open(notice, reporter=reporter, object_type=object_type, object_id=object_id)
    if notice.reason == "competition":
        hide_at_once(report)
    _announce(report, reporter.email, reporter.id)
    return report


def report_address(
    address: str,
    notice: Notice,
    *,
    found: tuple[str, int] | None,
    request_id: str | None = None,
    sender: User | None = None,
) -> Report:
    """Report content by its address, without an account. `found` is the thing of ours that the address points at.

    Sent twice with the same request id, it returns the first report. A `sender` is signed in, which the report itself
    does not say.
    """
    if request_id is None:
        return _report_address(address, notice, found)
    who = idempotency.sender_of(sender.id) if sender is not None else VISITOR
    hashed = idempotency.content_hash(address, notice)
    made = idempotency.already_made(who, request_id, hashed, "report")
    if made is not None:
        return db.session.get_one(Report, made)
    report = _report_address(address, notice, found)
    idempotency.remember(who, request_id, hashed, "report", report.id)
    return report


def _report_address(address: str, notice: Notice, found: tuple[str, int] | None) -> Report:
    object_type, object_id = found or (None, None)
    report = _open(notice, address=address, object_type=object_type, object_id=object_id)
    _announce(report, notice.email or None, None)
    return report


def _open(
    notice: Notice,
    *,
    reporter: User | None = None,
    address: str = "",
    object_type: str | None = None,
    object_id: int | None = None,
) -> Report:
    description = None
    if object_type is not None and object_id is not None:
        description = things.describe_one(object_type, object_id)
    author_id = description.author_id if description is not None else None
    company_id = description.company_id if description is not None else None
    node_id = description.node_id if description is not None else None
    report = Report(
        receipt="".join(secrets.choice(RECEIPT_ALPHABET) for _i in range(10)),
        object_type=object_type,
        object_id=object_id,
        address=address,
        object_text=(description.text if description is not None else "")[:TEXT_KEPT],
        node_id=node_id,
        level_node_id=queries.level_for(node_id or queries.root_id(), author_id, company_id),
        author_id=author_id,
        author_company_id=company_id,
        reporter_id=reporter.id if reporter is not None else None,
        reporter_name=notice.name,
        reporter_email=notice.email,
        reason=notice.reason,
        details=notice.details,
        good_faith=notice.good_faith,
        state="open",
        created_at=clock.now(),
    )
    db.session.add(report)
    try:
        db.session.flush()
    except IntegrityError:
        # The same person reported the same thing a moment ago, in another tab.
        raise Refusal(_("Vous avez déjà signalé ceci. Un modérateur va le lire."), status=409) from None
    return report


def _say_more(report: Report, notice: Notice, reporter: User) -> None:
    """Add to a report that waits what its author says besides; the more pressing reason counts."""
    words = (
        f"{REASON_LABELS[notice.reason]} : {notice.details}"
        if notice.details
        else str(REASON_LABELS[notice.reason])
    )
    if notice.reason == report.reason and (not notice.details or notice.details in report.details):
        return
    report.details = "\n\n".join(part for part in (report.details, words) if part)[:TEXT_KEPT]
    if notice.reason in URGENT_REASONS and report.reason not in URGENT_REASONS:
        report.reason = notice.reason
    report.version += 1
    if notice.reason == "competition":
        hide_at_once(report)
    broadcasts.tell_moderators(report.level_node_id, "report.changed", report.id)
    audit.record(
        reporter, "completed_report", "report", report.id, node_id=report.node_id, reason=notice.reason
    )


def _announce(report: Report, email: str | None, user_id: int | None) -> None:
    broadcasts.tell_moderators(report.level_node_id, "report.added", report.id)
    owe("report_added", "report", report.id, report.reporter_id)
    reporter = db.session.get(User, user_id) if user_id is not None else None
    audit.record(reporter, "reported", "report", report.id, node_id=report.node_id, reason=report.reason)
    if email:
        post.send(
            address=email,
            kind="report_receipt",
            subject=_("Votre signalement %(receipt)s est reçu", receipt=report.receipt),
            template="moderation/mail/receipt",
            context={
                "receipt": report.receipt,
                "reason": REASON_LABELS[report.reason],
                "url": absolute(f"/signalement/{report.receipt}"),
                "at": report.created_at,
            },
            user_id=user_id,
        )
