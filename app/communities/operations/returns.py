"""Giving a colleague without a mailbox their account back: a referent prints a code, the person chooses a password."""

from __future__ import annotations

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import queries, tokens
from app.communities.access import load_access
from app.communities.models import Company, Employment, ReturnCode
from app.communities.permissions import can_print_return
from app.core import audit, duties, idempotency
from app.core.database import rows_changed
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db

VALID_FOR = timedelta(days=3)
MOST_A_DAY = 3
KEPT = timedelta(days=30)


def print_return(company: Company, person: User, *, by: User, request_id: str) -> ReturnCode:
    """Make a code with which a colleague without a mailbox chooses a new password; the person is told.

    The former ones serve no more. Sent twice with the same request id, it returns the first one. The person's row is
    held, so that the count of the day holds for two referents at once.
    """
    person = db.session.execute(select(User).where(User.id == person.id).with_for_update()).scalar_one()
    require(can_print_return(by, queries.reach_of_colleagues(company.id, person.id).get(person.id)))
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(company.id, person.id)
    made = idempotency.already_made(sender, request_id, hashed, "return_code")
    if made is not None:
        return db.session.get_one(ReturnCode, made)
    now = clock.now()
    if queries.returns_printed_since(person.id, now - timedelta(days=1)) >= MOST_A_DAY:
        raise Refusal(
            _("Trois codes ont déjà été imprimés aujourd’hui pour cette personne. Réessayez demain."),
            status=429,
        )
    forget_returns(person.id)
    nonce = tokens.new_nonce()
    code = ReturnCode(
        user_id=person.id,
        company_id=company.id,
        nonce=nonce,
        token_hash=tokens.hash_of(tokens.return_code(nonce)),
        printed_by_id=by.id,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    db.session.add(code)
    db.session.flush()
    idempotency.remember(sender, request_id, hashed, "return_code", code.id)
    audit.record(by, "printed_return_code", "user", person.id, company_id=company.id)
    employment_id = db.session.execute(
        select(Employment.id).where(
            Employment.user_id == person.id,
            Employment.company_id == company.id,
            Employment.ended_at.is_(None),
        )
    ).scalar_one()
    duties.owe("return_code_printed", "employment", employment_id, by.id, user_id=person.id, code=code.id)
    return code


def find_return(token: str) -> ReturnCode:
    """The code of a sheet that may be used now. Raises NotFound for an unknown one, Refusal (410) for a dead one.

    It dies with its use, with time, with another one, with a changed password or address, and when whoever printed it
    no longer might: a role given since, a mailbox added, a referent who left.
    """
    code = queries.return_by_hash(tokens.hash_of(token))
    if code is None:
        raise NotFound(_("Ce code n’existe pas. Vérifiez-le, lettre par lettre."))
    is_alive = code.used_at is None and code.revoked_at is None and code.expires_at > clock.now()
    if not is_alive or not _might_still_be_printed(code):
        raise Refusal(_("Ce code ne sert plus. Demandez-en un autre à votre référent."), status=410)
    return code


def use_return(token: str, password_hash: str) -> User:
    """Set the password of whoever the code was printed for. Of two uses at once, the UPDATE lets one pass."""
    code = find_return(token)
    used = rows_changed(
        update(ReturnCode)
        .where(ReturnCode.id == code.id, ReturnCode.used_at.is_(None), ReturnCode.revoked_at.is_(None))
        .values(used_at=clock.now())
    )
    if not used:
        raise Refusal(_("Ce code ne sert plus. Demandez-en un autre à votre référent."), status=410)
    person = db.session.get_one(User, code.user_id)
    audit.record(person, "used_return_code", "user", person.id, company_id=code.company_id)
    accounts.change_password(person, password_hash)
    return person


def forget_returns(user_id: int) -> None:
    """Have the codes printed for somebody serve no more: the password changed, another one is printed."""
    db.session.execute(
        update(ReturnCode)
        .where(ReturnCode.user_id == user_id, ReturnCode.used_at.is_(None), ReturnCode.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def return_url(code: ReturnCode) -> str:
    """The address behind the square of the sheet; for the sheet alone."""
    return url_for("communities.show_return", token=tokens.return_code(code.nonce), _external=True)


def purge_returns() -> int:
    """Delete codes long over; how many."""
    return rows_changed(delete(ReturnCode).where(ReturnCode.expires_at < clock.now() - KEPT))


def _might_still_be_printed(code: ReturnCode) -> bool:
    reach = queries.reach_of_colleagues(code.company_id, code.user_id).get(code.user_id)
    is_close = reach is not None and not (
        reach.has_mailbox or reach.holds_a_role_above or reach.is_known_elsewhere
    )
    return is_close and code.company_id in load_access(code.printed_by_id).referent_of
