"""Who works where, and who acts for the firm: people come, leave, and the firm is never left without anybody knowing."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.communities import queries
from app.communities.access import access_of, rights_changed
from app.communities.models import Company, Employment, Invitation, JoinRequest, RoleGrant
from app.communities.permissions import can_end_employment, can_name_referent
from app.communities.signals import employment_ended
from app.core import audit, duties, indexing, journal
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock, local
from app.extensions import db


def employ(
    user: User,
    company: Company,
    *,
    job_title: str = "",
    starts_on: date | None = None,
    by: User | None = None,
) -> Employment:
    """Record that somebody works there, without asking who may: for accepted invitations, newcomers and commands.

    Somebody already there stays there: `uq_employment_current` refuses a second current row, which is then given back.
    """
    employment = Employment(
        user_id=user.id,
        company_id=company.id,
        job_title=job_title,
        starts_on=starts_on or local(clock.now()).date(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(employment)
            db.session.flush()
    except IntegrityError:
        return db.session.execute(
            select(Employment).where(
                Employment.user_id == user.id,
                Employment.company_id == company.id,
                Employment.ended_at.is_(None),
            )
        ).scalar_one()
    audit.record(by or user, "joined_company", "employment", employment.id, company_id=company.id)
    _journal(company, "employment.started", employment, by or user)
    rights_changed([user.id])
    indexing.changed("person", user.id)
    return employment


def end_employment(employment: Employment, *, by: User) -> None:
    """End it now: the person's access stops with their next page, what they wrote stays.

    Whoever was the firm's last referent leaves it without one: those who manage its communities are told.
    """
    require(can_end_employment(by, employment))
    company = queries.locked_company(employment.company_id)
    _end(employment, company, by)
    if employment.user_id != by.id:
        duties.owe(
            "employment_ended",
            "employment",
            employment.id,
            by.id,
            company_id=company.id,
            user_id=employment.user_id,
        )


def name_referent(company: Company, person: User, *, by: User) -> RoleGrant:
    """Let a colleague act for the firm.

    The company's row is held, so that « without referent » is decided by one act at a time; twice the same person meets
    `uq_role_grant_company_current`.
    """
    company = queries.locked_company(company.id)
    require(can_name_referent(by, company, queries.community_ids_of(company.id)))
    if person.id not in queries.colleague_ids(company.id):
        raise Refusal(_("Cette personne ne travaille pas chez %(name)s.", name=company.name), field="person")
    return make_referent(company, person, by=by)


def make_referent(company: Company, person: User, *, by: User | None) -> RoleGrant:
    """`name_referent` without asking who may: for accepted invitations, newcomers and commands."""
    grant = RoleGrant(
        user_id=person.id,
        role="company_admin",
        company_id=company.id,
        starts_at=clock.now(),
        granted_by_id=by.id if by else None,
    )
    try:
        with db.session.begin_nested():
            db.session.add(grant)
            db.session.flush()
    except IntegrityError:
        return db.session.execute(
            select(RoleGrant).where(
                RoleGrant.user_id == person.id,
                RoleGrant.company_id == company.id,
                RoleGrant.role == "company_admin",
                RoleGrant.revoked_at.is_(None),
            )
        ).scalar_one()
    company.without_referent_since = None
    db.session.flush()
    audit.record(by, "named_referent", "role_grant", grant.id, company_id=company.id, user_id=person.id)
    _journal_grant(company, "role.granted", grant, by)
    rights_changed([person.id])
    indexing.changed("person", person.id)
    if by is not None and by.id != person.id:
        duties.owe(
            "role_granted",
            "role_grant",
            grant.id,
            by.id,
            user_id=person.id,
            role=grant.role,
            company_id=company.id,
        )
    return grant


def hand_over(company: Company, person: User, *, by: User) -> None:
    """A referent passes the charge on: a colleague takes it, and they keep it no longer."""
    if person.id == by.id:
        raise Refusal(_("Choisissez une ou un collègue."), field="person")
    if company.id not in access_of(by).referent_of:
        raise Refusal(_("Seul un référent peut transmettre sa charge."), status=403)
    name_referent(company, person, by=by)
    own = db.session.execute(
        select(RoleGrant).where(
            RoleGrant.user_id == by.id, RoleGrant.company_id == company.id, RoleGrant.revoked_at.is_(None)
        )
    ).scalars()
    for grant in own:
        end_company_grant(grant, company, by=by)


def end_company_grant(grant: RoleGrant, company: Company, *, by: User | None) -> None:
    """Take a firm's charge back without asking who may; the caller holds the company's row."""
    ended = rows_changed(
        update(RoleGrant)
        .where(RoleGrant.id == grant.id, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by_id=by.id if by else None)
    )
    if not ended:
        return
    db.session.refresh(grant)
    audit.record(by, "ended_referent", "role_grant", grant.id, company_id=company.id, user_id=grant.user_id)
    _journal_grant(company, "role.revoked", grant, by)
    if by is None or by.id != grant.user_id:
        _withdraw_invitations(grant.user_id, company, by)
    rights_changed([grant.user_id])
    indexing.changed("person", grant.user_id)
    _tell_if_nobody_is_left(company, by)


def let_go(user_id: int) -> None:
    """Somebody closes their account: employments end and roles are revoked, by themselves."""
    person = db.session.get_one(User, user_id)
    employments = db.session.execute(
        select(Employment)
        .where(Employment.user_id == user_id, Employment.ended_at.is_(None))
        .order_by(Employment.company_id)
    ).scalars()
    for employment in list(employments):
        _end(employment, queries.locked_company(employment.company_id), person)
    db.session.execute(
        update(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by_id=user_id)
        .execution_options(synchronize_session=False)
    )
    # The firm's list keeps that an invitation was accepted, not by which address.
    db.session.execute(
        update(Invitation).where(Invitation.accepted_by_id == user_id).values(email=None, label="")
    )
    db.session.execute(delete(JoinRequest).where(JoinRequest.user_id == user_id))
    rights_changed([user_id])


def _end(employment: Employment, company: Company, by: User) -> None:
    now = clock.now()
    ended = rows_changed(
        update(Employment)
        .where(Employment.id == employment.id, Employment.ended_at.is_(None))
        .values(ended_at=now, ends_on=local(now).date(), ended_by_id=by.id)
    )
    if not ended:
        raise Refusal(_("Cette personne avait déjà quitté l’entreprise."), status=409)
    db.session.refresh(employment)
    audit.record(
        by, "left_company", "employment", employment.id, company_id=company.id, user_id=employment.user_id
    )
    _journal(company, "employment.ended", employment, by)
    grants = db.session.execute(
        select(RoleGrant).where(
            RoleGrant.user_id == employment.user_id,
            RoleGrant.company_id == company.id,
            RoleGrant.revoked_at.is_(None),
        )
    ).scalars()
    for grant in list(grants):
        end_company_grant(grant, company, by=by)
    _withdraw_invitations(employment.user_id, company, by)
    employment_ended.send(employment.user_id, company_id=company.id, by_id=by.id)
    rights_changed([employment.user_id])
    indexing.changed("person", employment.user_id)


def _withdraw_invitations(user_id: int, company: Company, by: User | None) -> None:
    """Codes and links outlive neither the employment nor the charge of whoever made them: they could let them back in."""
    withdrawn = db.session.execute(
        update(Invitation)
        .where(
            Invitation.company_id == company.id,
            Invitation.invited_by_id == user_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    for invitation_id in withdrawn.all():
        audit.record(by, "revoked_invitation", "invitation", invitation_id, company_id=company.id)
        if company.scope_id is not None:
            actor_id = by.id if by else None
            journal.record(
                company.scope_id, "invitation.revoked", "invitation", invitation_id, actor_id=actor_id
            )


def _tell_if_nobody_is_left(company: Company, by: User | None) -> None:
    if company.without_referent_since is not None or queries.referents_of(company.id):
        return
    company.without_referent_since = clock.now()
    db.session.flush()
    audit.record(by, "left_without_referent", "company", company.id)
    duties.owe(
        "company_without_referent", "company", company.id, by.id if by else None, company_id=company.id
    )


def _journal(company: Company, kind: str, employment: Employment, by: User) -> None:
    if company.scope_id is not None:
        journal.record(company.scope_id, kind, "employment", employment.id, actor_id=by.id)


def _journal_grant(company: Company, kind: str, grant: RoleGrant, by: User | None) -> None:
    if company.scope_id is not None:
        journal.record(company.scope_id, kind, "role_grant", grant.id, actor_id=by.id if by else None)
