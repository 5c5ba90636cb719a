"""Everything that changes a person's account. Passwords arrive hashed, letters leave with the transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from app.accounts import charter, identities, passwords, queries, second_factor, sessions, tokens
from app.accounts.models import (
    CharterAcceptance,
    InactivityWarning,
    RecoveryCode,
    SignInToken,
    User,
    UserSession,
)
from app.accounts.signals import account_closed, password_changed, profile_changed, renamed
from app.core import audit, journal, post, withheld
from app.core.database import current_unit
from app.core.errors import Refusal
from app.core.time import clock, day
from app.extensions import db

GONE = ("Membre", "parti")
"""What stays of the name of somebody who left."""

NAME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Profile:
    """What a person says of themselves."""

    given_name: str
    family_name: str
    trade: str = ""
    about: str = ""
    phone: str = ""
    locale: str = "fr"


def create_account(
    profile: Profile,
    *,
    email: str | None = None,
    sign_in_name: str | None = None,
    password_hash: str | None = None,
    accepts_charter: bool = False,
) -> User:
    """Open an account, with the scope that only this person reads; rights come from employments and roles.

    Raises Refusal on the field when the address or the sign-in name is taken: the unique columns are the truth.
    """
    current_unit()
    user = User(
        email=queries.normal_identifier(email) if email else None,
        sign_in_name=queries.normal_identifier(sign_in_name) if sign_in_name else None,
        password_hash=password_hash,
        created_at=clock.now(),
    )
    _describe(user, profile)
    try:
        with db.session.begin_nested():
            db.session.add(user)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("Un compte existe déjà sous cette adresse."), field="email") from None
    user.scope_id = journal.open_scope("person", user.id).id
    if accepts_charter:
        charter.accept(user)
    audit.record(user, "opened_account", "user", user.id)
    db.session.flush()
    profile_changed.send(user.id)
    return user


def draw_sign_in_name(given_name: str) -> str:
    """A name to sign in with, for somebody without a mailbox: easy to type from a printed sheet."""
    letters = "".join(c for c in passwords.letters(given_name))[:12] or "membre"
    return f"{letters}-{''.join(secrets.choice(NAME_ALPHABET) for _digit in range(5))}"


def change_profile(user: User, profile: Profile) -> None:
    """Change what the person says of themselves. Raises Refusal for words that a decision hid."""
    withheld.refuse_same("person", user.id, {"trade": profile.trade, "about": profile.about})
    before = user.name
    _describe(user, profile)
    audit.record(user, "changed_profile", "user", user.id)
    db.session.flush()
    if user.name != before:
        renamed.send(user.id)
    profile_changed.send(user.id)


def send_sign_in_link(user: User, *, browser_secret: str, next_url: str) -> None:
    """Mail a link and a code. Beyond a few living links, nothing: the ones in the mailbox still serve."""
    if user.email is None or not user.is_active:
        return
    made = tokens.make(user, "sign_in", user.email, browser_secret=browser_secret)
    if made is None:
        return
    token, code = made
    _write(
        user,
        user.email,
        "sign_in_link",
        lambda: _("Votre lien de connexion"),
        {"token": token, "code": code, "next": next_url, "minutes": _minutes("sign_in")},
    )


def send_password_link(user: User) -> None:
    """Mail a link to choose a new password."""
    if user.email is None or not user.is_active:
        return
    made = tokens.make(user, "password", user.email)
    if made is not None:
        _write(
            user,
            user.email,
            "password_link",
            lambda: _("Choisir un nouveau mot de passe"),
            {"token": made[0], "minutes": _minutes("password")},
        )


def sign_in_by_link(token: str) -> User | None:
    """Use a sign-in link up; the person, or None when it is dead."""
    found = tokens.use(token, "sign_in")
    return found[1] if found else None


def sign_in_by_code(browser_secret: str, email: str, code: str) -> User | None:
    """Use a sign-in code up in the browser that asked for it; the person, or None."""
    found = tokens.use_code(browser_secret, queries.normal_identifier(email), code)
    return found[1] if found else None


def change_password(user: User, password_hash: str, *, keep_session_id: int | None = None) -> None:
    """Set a new password: every other session ends, every link on its way dies, the person is told."""
    user.password_hash = password_hash
    sessions.end_all_sessions(user, except_id=keep_session_id)
    tokens.kill_all(user.id)
    password_changed.send(user.id)
    audit.record(user, "changed_password", "user", user.id)
    if user.email:
        _write(user, user.email, "password_changed", lambda: _("Votre mot de passe a été changé"), {})


def reset_password(token: str, password_hash: str) -> User | None:
    """Set the password of whoever got this link; None when the link is dead."""
    found = tokens.use(token, "password")
    if found is None:
        return None
    change_password(found[1], password_hash)
    return found[1]


def keep_password(user_id: int, old_hash: str, new_hash: str) -> None:
    """Store the same password hashed with today's parameters, unless it was changed meanwhile."""
    current_unit()
    db.session.execute(
        update(User)
        .where(User.id == user_id, User.password_hash == old_hash)
        .values(password_hash=new_hash)
        .execution_options(synchronize_session=False)
    )


def ask_new_address(user: User, email: str) -> None:
    """Mail a link to the address the person wants to use from now on.

    The page says the same when that address has an account already; its holder is told instead.
    """
    email = queries.normal_identifier(email)
    if email == user.email:
        return
    holder = queries.by_email(email)
    if holder is not None:
        if holder.is_active:
            _write(holder, email, "address_taken", lambda: _("Quelqu’un a voulu utiliser votre adresse"), {})
        return
    made = tokens.make(user, "address", email)
    if made is not None:
        _write(
            user,
            email,
            "address_link",
            lambda: _("Confirmez votre nouvelle adresse"),
            {"token": made[0], "hours": _minutes("address") // 60},
        )
    audit.record(user, "asked_new_address", "user", user.id)


def confirm_address(token: str) -> User | None:
    """Make the address that got this link the person's own; None when the link is dead or the address is taken."""
    found = tokens.use(token, "address")
    if found is None:
        return None
    proof, user = found
    former = user.email
    try:
        with db.session.begin_nested():
            user.email = proof.email
            db.session.flush()
    except IntegrityError:
        return None
    tokens.kill_all(user.id)
    password_changed.send(user.id)
    audit.record(user, "changed_address", "user", user.id)
    if former:
        _write(
            user,
            former,
            "address_changed",
            lambda: _("Votre adresse de connexion a changé"),
            {},
            is_former=True,
        )
    return user


def remove_second_factor(user: User) -> None:
    """Take the second factor off. Refused to whoever holds a role that needs it."""
    if second_factor.is_required(user):
        raise Refusal(
            _("Vos fonctions demandent une double vérification : elle ne peut pas être retirée."), status=403
        )
    second_factor.remove(user)
    if user.email:
        _write(user, user.email, "second_factor_removed", lambda: _("La double vérification est retirée"), {})


def forget_second_factor(user: User) -> None:
    """Take the second factor off somebody who lost it, once the operator has checked who asks.

    Every session ends; whose roles need a second factor is led to set up a new one at the next sign-in.
    """
    second_factor.remove(user)
    sessions.end_all_sessions(user)
    if user.email:
        _write(user, user.email, "second_factor_removed", lambda: _("La double vérification est retirée"), {})


def end_own_session(user: User, session_id: int) -> None:
    """End one of one's own sessions. Raises Refusal when it is not there any more."""
    if not sessions.end_session(user.id, session_id):
        raise Refusal(_("Cet appareil n’était plus connecté."), status=404)
    audit.record(user, "ended_session", "user", user.id)


def close_account(user: User, *, by: User | None = None) -> None:
    """Close an account for good: access ends at once, personal data go, what was written stays unnamed.

    Its holder closes it, unless `by` says who else decided it.

    The row is held: of two closings at once, the second finds it closed.
    """
    db.session.refresh(user, with_for_update=True)
    if user.state == "closed":
        return
    audit.record(by or user, "closed_account", "user", user.id)
    _close(user, "account_closed")


def close_unused_account(user: User) -> None:
    """The same, by the product itself, for somebody warned and not seen for very long."""
    audit.record(None, "closed_unused_account", "user", user.id)
    _close(user, "unused_account_closed")


def _close(user: User, letter: str) -> None:
    # Sealed first, while the firms are known; then the layers above are told, while the person still has a name:
    # a firm may lose its last referent.
    identities.keep(user)
    account_closed.send(user.id)
    if user.email:
        _write(
            user,
            user.email,
            letter,
            lambda: _("Votre compte est fermé"),
            {"months": identities.months_kept()},
            is_former=True,
        )
    sessions.end_all_sessions(user)
    withheld.forget("person", user.id)
    for table in (RecoveryCode, SignInToken, CharterAcceptance, InactivityWarning):
        db.session.execute(delete(table).where(table.user_id == user.id))
    db.session.execute(update(UserSession).where(UserSession.user_id == user.id).values(device=""))
    user.given_name, user.family_name = GONE
    user.email = user.sign_in_name = user.password_hash = None
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
    user.trade = user.about = user.phone = user.mail_choices = ""
    user.seen_at = user.previous_visit_at = None
    user.charter_version = user.charter_accepted_at = None
    user.state = "closed"
    user.closed_at = clock.now()
    user.access_version = User.access_version + 1
    db.session.flush()
    renamed.send(user.id)
    profile_changed.send(user.id)


def warn_unused(user: User, *, number: int, closes_at: datetime) -> None:
    """Tell somebody not seen for long that the account will close; each warning once per absence.

    `uq_inactivity_warning_once` refuses a second row for the same absence.
    """
    since = user.seen_at or user.created_at
    db.session.add(InactivityWarning(user_id=user.id, since=since, number=number, at=clock.now()))
    db.session.flush()
    audit.record(None, "warned_unused_account", "user", user.id, number=number)
    if user.email:
        _write(
            user,
            user.email,
            "unused_account",
            lambda: _("Votre compte sera fermé le %(day)s", day=day(closes_at, year=True)),
            {"since": since, "closes_at": closes_at},
        )


def _describe(user: User, profile: Profile) -> None:
    user.given_name = profile.given_name.strip()
    user.family_name = profile.family_name.strip()
    user.trade = profile.trade.strip()
    user.about = profile.about.strip()
    user.phone = profile.phone.strip()
    user.locale = profile.locale


def _write(
    user: User,
    address: str,
    kind: str,
    subject: Callable[[], str],
    context: dict[str, object],
    *,
    is_former: bool = False,
) -> None:
    # In the language of whoever reads it, not of whoever clicks.
    with force_locale(user.locale):
        post.send(
            address=address,
            kind=kind,
            subject=subject(),
            template=f"accounts/mail/{kind}",
            context={"given_name": user.given_name, **context},
            user_id=None if is_former else user.id,
        )


def _minutes(purpose: str) -> int:
    return int(tokens.LIFETIME[purpose].total_seconds()) // 60
