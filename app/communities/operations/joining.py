"""Somebody without an account brings their company: asked on a public page, real once they proved their address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from app.accounts import charter
from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import queries, tokens
from app.communities.models import Company, CompanyMembership, JoinRequest, Node
from app.communities.operations.admission import ask_for
from app.communities.operations.companies import CompanyShape, register_company
from app.communities.operations.employment import employ, make_referent
from app.communities.permissions import OPEN_STATES
from app.core import audit, duties, idempotency, identifiers, post
from app.core.database import rows_changed
from app.core.errors import NotFound, Refusal
from app.core.time import clock
from app.extensions import db

VALID_FOR = timedelta(days=7)
KEPT_UNCONFIRMED = timedelta(days=30)


@dataclass(frozen=True)
class JoinShape:
    """What the public form gathered: a firm, its site, a person, a word to the people who decide."""

    company_name: str
    siret: str
    size_class: str
    activity_code: str
    postcode: str
    town: str
    given_name: str
    family_name: str
    email: str
    trade: str
    message: str = ""


@dataclass(frozen=True)
class Confirmed:
    """What a proved request became. `membership` is None when the firm was known: a colleague answers then."""

    join: JoinRequest
    user: User | None
    company: Company
    membership: CompanyMembership | None


def ask_to_join(node: Node, shape: JoinShape, *, request_id: str | None = None) -> JoinRequest:
    """Keep a newcomer's request and mail the link that proves the address.

    The answer is the same whether the firm or the address is known or not: only the mailbox learns more. Sent twice
    with the same request id, one mail leaves.
    """
    sender = f"mailbox:{idempotency.content_hash(shape.email.lower())[:40]}"
    hashed = idempotency.content_hash(node.id, shape)
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "join_request")
        if made is not None:
            return db.session.get_one(JoinRequest, made)
    if node.kind != "community" or node.state not in OPEN_STATES:
        raise Refusal(_("La communauté %(name)s n’accueille pas d’entreprise en ce moment.", name=node.name))
    siret = identifiers.validate_siret(shape.siret)
    token = tokens.new_token()
    join = JoinRequest(
        token_hash=tokens.hash_of(token),
        node_id=node.id,
        siren=siret[:9],
        siret=siret,
        company_name=shape.company_name,
        size_class=shape.size_class,
        activity_code=shape.activity_code,
        postcode=shape.postcode,
        town=shape.town,
        given_name=shape.given_name,
        family_name=shape.family_name,
        email=shape.email.lower(),
        trade=shape.trade,
        message=shape.message,
        charter_version=charter.CURRENT.name,
        created_at=clock.now(),
        expires_at=clock.now() + VALID_FOR,
    )
    db.session.add(join)
    db.session.flush()
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "join_request", join.id)
    audit.record(None, "asked_to_join", "join_request", join.id, node_id=node.id)
    post.send(
        address=join.email,
        kind="join_request",
        subject=_("Confirmez votre demande pour %(company)s", company=join.company_name),
        template="communities/mail/join_request",
        context={
            "given_name": join.given_name,
            "company": join.company_name,
            "community": node.name,
            "url": url_for("communities.show_join_confirmation", token=token, _external=True),
            "days": VALID_FOR.days,
        },
    )
    return join


def find_join_request(token: str) -> JoinRequest:
    """The request a mailed link belongs to, whatever its state. Raises NotFound."""
    join = db.session.execute(
        select(JoinRequest).where(JoinRequest.token_hash == tokens.hash_of(token))
    ).scalar_one_or_none()
    if join is None:
        raise NotFound(_("Ce lien n’existe pas. Reprenez-le depuis le message reçu."))
    return join


def check_waiting(join: JoinRequest) -> None:
    """Raise Refusal (410) when the link has served or is too old."""
    if join.state != "sent":
        raise Refusal(_("Ce lien a déjà servi."), status=410)
    if join.expires_at <= clock.now():
        raise Refusal(
            _("Ce lien a expiré. Faites une nouvelle demande : elle prend deux minutes."), status=410
        )


def confirm_join(join: JoinRequest) -> Confirmed:
    """The address is proved: make the firm, its first referent and the request; or ask the firm's own referent.

    Confirmed twice, the UPDATE on `state` lets one pass. A firm that two newcomers bring at once meets
    `uq_company_siren`: the second becomes a colleague who waits for the first.
    """
    check_waiting(join)
    claimed = rows_changed(
        update(JoinRequest)
        .where(JoinRequest.id == join.id, JoinRequest.state == "sent", JoinRequest.expires_at > clock.now())
        .values(state="confirmed", confirmed_at=clock.now())
    )
    if not claimed:
        raise Refusal(_("Ce lien a déjà servi."), status=410)
    db.session.refresh(join)
    known = queries.company_by_siren(join.siren)
    if known is None:
        company = _register(join)
        if company is not None:
            return _bring_in(join, company)
        known = queries.company_by_siren(join.siren)
    if known is None:
        raise Refusal(_("Cet établissement est déjà rattaché à une autre entreprise."), status=409)
    return _ask_colleague(join, known)


def purge_join_requests() -> int:
    """Delete what nobody confirmed in time: those people have no account and no reason to be kept."""
    return rows_changed(
        delete(JoinRequest).where(
            JoinRequest.state == "sent", JoinRequest.created_at < clock.now() - KEPT_UNCONFIRMED
        )
    )


def _register(join: JoinRequest) -> Company | None:
    try:
        return register_company(
            CompanyShape(
                name=join.company_name,
                siret=join.siret,
                size_class=join.size_class,
                activity_code=join.activity_code,
                postcode=join.postcode,
                town=join.town,
            )
        )
    except Refusal as refusal:
        if refusal.status == 409:
            return None
        raise


def _bring_in(join: JoinRequest, company: Company) -> Confirmed:
    user = db.session.execute(select(User).where(User.email == join.email)).scalar_one_or_none()
    if user is None:
        user = accounts.create_account(
            accounts.Profile(join.given_name, join.family_name, trade=join.trade),
            email=join.email,
            accepts_charter=True,
        )
    if not user.is_active:
        raise Refusal(_("Ce compte est fermé. Faites la demande avec une autre adresse."), status=410)
    employ(user, company, job_title=join.trade, by=user)
    make_referent(company, user, by=None)
    node = db.session.get_one(Node, join.node_id)
    membership = ask_for(company, node, requested_by=user, message=join.message)
    join.user_id, join.company_id, join.state = user.id, company.id, "answered"
    db.session.flush()
    return Confirmed(join, user, company, membership)


def _ask_colleague(join: JoinRequest, company: Company) -> Confirmed:
    join.company_id = company.id
    db.session.flush()
    audit.record(None, "asked_colleague", "join_request", join.id, company_id=company.id)
    duties.owe("colleague_asks", "join_request", join.id, None, company_id=company.id)
    return Confirmed(join, None, company, None)
