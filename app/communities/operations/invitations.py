"""Calling colleagues in: by mail, five addresses at once, or by a printed code for those without a mailbox."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import queries, tokens
from app.communities.models import Company, Employment, Invitation, JoinRequest
from app.communities.operations.employment import employ, make_referent
from app.communities.permissions import can_act_for_company, can_name_referent, can_resend_invitation
from app.core import audit, duties, idempotency, journal, post
from app.core.database import rows_changed
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db

VALID_FOR = timedelta(days=30)
MOST_AT_ONCE = 20
MOST_PENDING = 200
"""Per company: beyond it, somebody is trying the mailer rather than calling colleagues."""

MOST_SENDINGS = 5
RESEND_AFTER = timedelta(minutes=10)

# Deliberately wide: whether a mailbox exists is only known by writing to it.
_ADDRESS = re.compile(r"^[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[a-z0-9-]{2,}$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;<>]+")


@dataclass(frozen=True)
class Outcome:
    """What became of one pasted line: `kind` is invited, known, pending, invalid or full."""

    address: str
    kind: str
    sentence: str


@dataclass(frozen=True)
class Newcomer:
    """What somebody who accepts says of themselves; the password arrives hashed."""

    given_name: str
    family_name: str
    trade: str = ""
    password_hash: str | None = None
    locale: str = "fr"


@dataclass(frozen=True)
class Accepted:
    """Who came in, where, and whether their account is new."""

    user: User
    company: Company
    invitation: Invitation
    is_new: bool


def addresses_in(pasted: str) -> list[str]:
    """The addresses of a pasted text, one a line or in one row, names around them left out, each once."""
    found: list[str] = []
    for line in pasted.replace(";", "\n").replace(",", "\n").splitlines():
        words = [word for word in _BETWEEN.split(line) if word]
        chosen = [word for word in words if "@" in word] or ([line.strip()] if line.strip() else [])
        for word in chosen:
            if word.lower() not in found:
                found.append(word.lower())
    return found


def invite(company: Company, addresses: Sequence[str], *, by: User) -> list[Outcome]:
    """Invite each address and say what became of it: one bad line spoils none of the others.

    The company's row is held; an address already invited meets `uq_invitation_pending`.
    """
    require(can_act_for_company(by, company.id))
    company = queries.locked_company(company.id)
    if not addresses:
        raise Refusal(_("Collez au moins une adresse."), field="addresses")
    if len(addresses) > MOST_AT_ONCE:
        raise Refusal(_("Vingt adresses au plus en une fois."), field="addresses")
    known = _members_among(company, addresses)
    room = MOST_PENDING - _pending_count(company)
    outcomes = []
    for address in addresses:
        outcome = _invite_one(company, address, by, known, room)
        room -= outcome.kind == "invited"
        outcomes.append(outcome)
    return outcomes


def invite_referent(company: Company, address: str, *, by: User) -> Invitation:
    """Call in somebody who will act for a firm that has nobody left; by those who manage its communities."""
    company = queries.locked_company(company.id)
    require(can_name_referent(by, company, queries.community_ids_of(company.id)))
    if not is_address(address):
        raise Refusal(
            _("« %(address)s » n’est pas une adresse électronique.", address=address), field="email"
        )
    invitation = _make(company, by, email=address.lower(), as_referent=True)
    if invitation is None:
        raise Refusal(_("Cette adresse a déjà une invitation en cours."), field="email")
    _send(invitation, company, by)
    return invitation


def print_code(company: Company, label: str, *, by: User, request_id: str | None = None) -> Invitation:
    """Make a code to print for somebody without a mailbox; `label` is their name on the list of invitations.

    Sent twice with the same request id, it returns the first one.
    """
    require(can_act_for_company(by, company.id))
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(company.id, label)
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "invitation")
        if made is not None:
            return db.session.get_one(Invitation, made)
    queries.locked_company(company.id)
    if _pending_count(company) >= MOST_PENDING:
        raise Refusal(_("Trop d’invitations attendent déjà une réponse."))
    invitation = _make(company, by, email=None, label=label)
    assert invitation is not None
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "invitation", invitation.id)
    return invitation


def resend(invitation: Invitation, *, by: User) -> None:
    """Send the same link again and let it live longer; a few times, not twice in ten minutes."""
    require(can_resend_invitation(by, invitation))
    invitation = _locked(invitation.id)
    if invitation.email is None or not _is_pending(invitation):
        raise Refusal(_("Cette invitation ne peut plus être envoyée."), status=409)
    now = clock.now()
    if invitation.sendings >= MOST_SENDINGS:
        raise Refusal(_("Cette invitation a déjà été envoyée cinq fois. Imprimez plutôt un code."))
    if invitation.sent_at is not None and now - invitation.sent_at < RESEND_AFTER:
        raise Refusal(_("Le message vient de partir. Attendez dix minutes avant de le renvoyer."))
    invitation.expires_at = now + VALID_FOR
    _send(invitation, db.session.get_one(Company, invitation.company_id), by)
    audit.record(by, "resent_invitation", "invitation", invitation.id, company_id=invitation.company_id)


def revoke_invitation(invitation: Invitation, *, by: User) -> None:
    """Make a link or code worthless. One accepted meanwhile stays accepted (`accepted_at` in the WHERE clause)."""
    require(can_resend_invitation(by, invitation))
    revoked = rows_changed(
        update(Invitation)
        .where(
            Invitation.id == invitation.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
        )
        .values(revoked_at=clock.now())
    )
    if not revoked:
        raise Refusal(_("Cette invitation a déjà été acceptée ou retirée."), status=409)
    audit.record(by, "revoked_invitation", "invitation", invitation.id, company_id=invitation.company_id)
    _journal(db.session.get_one(Company, invitation.company_id), "invitation.revoked", invitation, by)


def find_invitation(token: str) -> Invitation:
    """The invitation of a link or code, whatever its state. Raises NotFound."""
    invitation = db.session.execute(
        select(Invitation).where(Invitation.token_hash == tokens.hash_of(token))
    ).scalar_one_or_none()
    if invitation is None:
        raise NotFound(_("Cette invitation n’existe pas. Vérifiez l’adresse ou le code, lettre par lettre."))
    return invitation


def check_open(invitation: Invitation) -> None:
    """Raise Refusal (410) with what happened to an invitation that can no longer be accepted."""
    if invitation.accepted_at is not None:
        raise Refusal(
            _("Cette invitation a déjà servi. Si c’est par vous, vous avez un compte : connectez-vous."),
            status=410,
        )
    if invitation.revoked_at is not None:
        raise Refusal(
            _("Cette invitation a été retirée. Demandez-en une autre à votre référent."), status=410
        )
    if invitation.expires_at <= clock.now():
        raise Refusal(_("Cette invitation a expiré. Demandez-en une autre à votre référent."), status=410)


def accept_invitation(
    invitation: Invitation, *, person: User | None = None, newcomer: Newcomer | None = None
) -> Accepted:
    """Join the firm, and with it its communities: with one's account (`person`) or with a new one (`newcomer`).

    A mailed link proves the address it went to, so the account that has it is the one that joins. Two acceptances at
    once: each claims the invitation by an UPDATE with `accepted_at IS NULL` in its WHERE clause, and one passes.
    """
    check_open(invitation)
    claimed = rows_changed(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        .values(accepted_at=clock.now())
    )
    if not claimed:
        raise Refusal(_("Cette invitation a déjà servi."), status=410)
    db.session.refresh(invitation)
    company = queries.locked_company(invitation.company_id)
    if company.state not in ("pending", "verified"):
        raise Refusal(_("%(name)s n’est plus active ici.", name=company.name), status=410)
    user, is_new = _who_joins(invitation, person, newcomer)
    invitation.accepted_by_id = user.id
    trade = newcomer.trade if newcomer else user.trade
    employ(user, company, job_title=trade, by=user)
    if invitation.as_referent:
        make_referent(company, user, by=db.session.get(User, invitation.invited_by_id))
    audit.record(user, "accepted_invitation", "invitation", invitation.id, company_id=company.id)
    _journal(company, "invitation.accepted", invitation, user)
    duties.owe(
        "invitation_accepted", "invitation", invitation.id, user.id, company_id=company.id, user_id=user.id
    )
    db.session.flush()
    return Accepted(user, company, invitation, is_new)


def account_for(invitation: Invitation) -> User | None:
    """The account that a mailed link already proves, if its address has one."""
    if invitation.email is None:
        return None
    return db.session.execute(select(User).where(User.email == invitation.email)).scalar_one_or_none()


def answer_colleague(join: JoinRequest, *, by: User, is_welcome: bool) -> None:
    """Answer somebody who asks to enter one's firm: an invitation goes to the address they proved, or nothing."""
    assert join.company_id is not None
    company = queries.locked_company(join.company_id)
    require(
        can_act_for_company(by, company.id)
        or can_name_referent(by, company, queries.community_ids_of(company.id))
    )
    answered = rows_changed(
        update(JoinRequest)
        .where(JoinRequest.id == join.id, JoinRequest.state == "confirmed")
        .values(state="answered" if is_welcome else "dropped", answered_by_id=by.id)
    )
    if not answered:
        raise Refusal(_("Cette demande a déjà reçu une réponse."), status=409)
    audit.record(
        by, "answered_colleague", "join_request", join.id, company_id=company.id, is_welcome=is_welcome
    )
    if is_welcome:
        nobody_acts = company.without_referent_since is not None
        invitation = _make(company, by, email=join.email, as_referent=nobody_acts)
        if invitation is not None:
            _send(invitation, company, by)


def is_address(text: str) -> bool:
    """Whether this looks like an address one may write to."""
    return len(text) <= 254 and _ADDRESS.match(text) is not None and text.isascii()


def invitation_url(invitation: Invitation) -> str:
    """The address that lets its holder in; for the mail and the sheet alone."""
    if invitation.email is not None:
        return url_for(
            "communities.show_invitation", token=tokens.link_token(invitation.nonce), _external=True
        )
    code = tokens.printed_code(invitation.nonce)
    return url_for("communities.show_invitation", token=code, _external=True)


def _invite_one(company: Company, address: str, by: User, known: set[str], room: int) -> Outcome:
    if not is_address(address):
        return Outcome(address, "invalid", _("Ce n’est pas une adresse électronique."))
    if address in known:
        return Outcome(address, "known", _("Cette personne est déjà chez vous."))
    if room <= 0:
        return Outcome(address, "full", _("Trop d’invitations attendent déjà une réponse."))
    invitation = _make(company, by, email=address)
    if invitation is None:
        return Outcome(
            address,
            "pending",
            _("Une invitation attend déjà une réponse : renvoyez-la si elle s’est perdue."),
        )
    _send(invitation, company, by)
    return Outcome(address, "invited", _("Invitation envoyée, valable trente jours."))


def _make(
    company: Company, by: User, *, email: str | None, label: str = "", as_referent: bool = False
) -> Invitation | None:
    _forget_expired(company, email)
    nonce = tokens.new_nonce()
    token = tokens.link_token(nonce) if email is not None else tokens.printed_code(nonce)
    invitation = Invitation(
        company_id=company.id,
        email=email,
        label=label,
        nonce=nonce,
        token_hash=tokens.hash_of(token),
        as_referent=as_referent,
        invited_by_id=by.id,
        created_at=clock.now(),
        expires_at=clock.now() + VALID_FOR,
    )
    try:
        with db.session.begin_nested():
            db.session.add(invitation)
            db.session.flush()
    except IntegrityError:
        return None
    audit.record(by, "invited", "invitation", invitation.id, company_id=company.id, by_mail=email is not None)
    _journal(company, "invitation.made", invitation, by)
    return invitation


def _forget_expired(company: Company, email: str | None) -> None:
    # An expired invitation is still pending to the unique index: a new one takes its place.
    if email is not None:
        db.session.execute(
            update(Invitation)
            .where(
                Invitation.company_id == company.id,
                Invitation.email == email,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at <= clock.now(),
            )
            .values(revoked_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def _send(invitation: Invitation, company: Company, by: User) -> None:
    assert invitation.email is not None
    invitation.sent_at = clock.now()
    invitation.sendings += 1
    db.session.flush()
    places = [line for line in queries.memberships_of(company.id) if line.state == "admitted"]
    known = account_for(invitation)
    with force_locale(known.locale if known else "fr"):
        post.send(
            address=invitation.email,
            kind="invitation",
            subject=_("%(name)s vous invite à rejoindre %(company)s", name=by.name, company=company.name),
            template="communities/mail/invitation",
            context={
                "inviter": by.name,
                "company": company.name,
                "communities": [line.node_name for line in places],
                "url": invitation_url(invitation),
                "days": VALID_FOR.days,
                "as_referent": invitation.as_referent,
            },
        )


def _who_joins(invitation: Invitation, person: User | None, newcomer: Newcomer | None) -> tuple[User, bool]:
    if person is not None:
        return db.session.get_one(User, person.id), False
    known = account_for(invitation)
    if known is not None:
        if not known.is_active:
            raise Refusal(_("Ce compte est fermé. Demandez une invitation à une autre adresse."), status=410)
        return known, False
    if newcomer is None:
        raise Refusal(_("Dites-nous votre nom pour créer votre compte."))
    sign_in_name = None if invitation.email else accounts.draw_sign_in_name(newcomer.given_name)
    user = accounts.create_account(
        accounts.Profile(
            newcomer.given_name, newcomer.family_name, trade=newcomer.trade, locale=newcomer.locale
        ),
        email=invitation.email,
        sign_in_name=sign_in_name,
        password_hash=newcomer.password_hash,
        accepts_charter=True,
    )
    return user, True


def _members_among(company: Company, addresses: Sequence[str]) -> set[str]:
    rows = db.session.execute(
        select(User.email).where(
            User.email.in_(addresses),
            exists().where(
                Employment.user_id == User.id,
                Employment.company_id == company.id,
                Employment.ended_at.is_(None),
            ),
        )
    )
    return {email for email in rows.scalars() if email}


def _pending_count(company: Company) -> int:
    return len(
        db.session.execute(
            select(Invitation.id).where(
                Invitation.company_id == company.id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > clock.now(),
            )
        ).all()
    )


def _is_pending(invitation: Invitation) -> bool:
    return invitation.accepted_at is None and invitation.revoked_at is None


def _locked(invitation_id: int) -> Invitation:
    return db.session.execute(
        select(Invitation)
        .where(Invitation.id == invitation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _journal(company: Company, kind: str, invitation: Invitation, by: User) -> None:
    if company.scope_id is not None:
        journal.record(company.scope_id, kind, "invitation", invitation.id, actor_id=by.id)
