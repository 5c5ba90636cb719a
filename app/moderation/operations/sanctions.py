"""What is decided about an author: a warning, a time without writing, a room, the account; and how it is undone."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import update

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities.access import rights_changed
from app.communities.models import WritingSuspension
from app.core import audit, post
from app.core.errors import Refusal
from app.core.time import clock
from app.extensions import db
from app.moderation import queries
from app.moderation.models import Decision
from app.moderation.registry import adapter_of

LONGEST = timedelta(days=366)


def require_end(until: datetime | None) -> None:
    """Refuse a suspension without an end, that has ended already, or that outlasts a year."""
    if until is None or until <= clock.now():
        raise Refusal(_("Dites jusqu’à quand l’écriture est suspendue."), field="until")
    if until - clock.now() > LONGEST:
        raise Refusal(_("Un an au plus."), field="until")


def carry_out(moderator: User, decision: Decision) -> None:
    """Do to the author what a decision says, in the transaction that keeps it."""
    if decision.author_id is None or not decision.sanction:
        return
    if decision.sanction == "suspend":
        assert decision.until is not None
        place = decision.node_id or queries.root_id()
        assert place is not None
        db.session.add(
            WritingSuspension(
                user_id=decision.author_id,
                node_id=place,
                starts_at=decision.at,
                ends_at=decision.until,
                decision_id=decision.id,
            )
        )
        db.session.flush()
        rights_changed([decision.author_id])
    elif decision.sanction == "remove_from_room":
        take_off = adapter_of(decision.object_type).remove_from_room
        assert take_off is not None and decision.origin_id is not None
        take_off(decision.origin_id, decision.author_id)
    elif decision.sanction == "close_account":
        _close(moderator, decision)
    audit.record(
        moderator,
        f"sanctioned_{decision.sanction}",
        "user",
        decision.author_id,
        node_id=decision.node_id,
        decision=decision.id,
    )


def undo(moderator: User, decision: Decision) -> None:
    """Take back what a decision did to the author; a warning and a closed account have nothing to give back."""
    if decision.author_id is None:
        return
    if decision.sanction == "suspend":
        db.session.execute(
            update(WritingSuspension)
            .where(WritingSuspension.decision_id == decision.id, WritingSuspension.lifted_at.is_(None))
            .values(lifted_at=clock.now(), lifted_by_id=moderator.id)
            .execution_options(synchronize_session=False)
        )
        rights_changed([decision.author_id])
    elif decision.sanction == "remove_from_room":
        give_back = adapter_of(decision.object_type).give_room_back
        if give_back is not None and decision.origin_id is not None:
            give_back(decision.origin_id, decision.author_id, moderator)


def _close(moderator: User, decision: Decision) -> None:
    """Write the statement to the address while there is one, then close the account as its holder would."""
    author = db.session.get_one(User, decision.author_id)
    statement = queries.statement_of(decision.id)
    if author.email and statement is not None:
        with force_locale(author.locale):
            post.send(
                address=author.email,
                kind="account_closed_by_decision",
                subject=_("Votre compte est fermé par une décision de modération"),
                template="moderation/mail/account_closed",
                context={"statement": statement.text, "contact": current_app.config["ABUSE_CONTACT"]},
            )
    accounts.close_account(author, by=moderator)
