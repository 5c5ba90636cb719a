"""The tree nation > region > community, the companies in it, who works where and who may do what from which date."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db

NODE_KINDS = ("nation", "region", "community")
NODE_STATES = ("draft", "forming", "active", "full", "dormant", "closed")
MEMBERSHIP_STATES = ("requested", "waiting", "admitted", "refused", "left")
ROLES = (
    "company_admin",
    "community_manager",
    "technical_advisor",
    "ambassador",
    "national_admin",
)
COMPANY_STATES = ("pending", "verified", "suspended", "left")
COMPANY_KINDS = ("industrial", "solution_provider", "partner")

OPEN_MEMBERSHIP = text("state IN ('requested', 'waiting', 'admitted')")
CURRENT_GRANT = text("revoked_at IS NULL")


class Node(db.Model):
    """A place of the tree. `path` holds the ids from the root, each followed by a dot, so a subtree is a prefix.

    `member_count` counts admitted companies and never passes `capacity`: the CHECK is what two simultaneous admissions
    of the last place meet. `scope_id` is read by everybody who may read the node, `moderators_scope_id` by those who
    moderate it.
    """

    __tablename__ = "node"
    __table_args__ = (
        CheckConstraint("kind IN ('nation', 'region', 'community')", name="kind_known"),
        CheckConstraint(
            "state IN ('draft', 'forming', 'active', 'full', 'dormant', 'closed')", name="state_known"
        ),
        CheckConstraint("member_count >= 0 AND member_count <= capacity", name="within_capacity"),
        Index("ix_node_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    path: Mapped[str] = mapped_column(String(120), unique=True)
    code: Mapped[str | None] = mapped_column(String(8), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    town: Mapped[str] = mapped_column(String(80), default="")
    department: Mapped[str] = mapped_column(String(3), default="")
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Paris")
    region_code: Mapped[str | None] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(10), default="active")
    capacity: Mapped[int] = mapped_column(Integer, default=100)
    member_count: Mapped[int] = mapped_column(Integer, default=0)
    # Empty only between the row and its scope, which names it: never once the planting transaction is committed.
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"), nullable=True)
    moderators_scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"), nullable=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Company(db.Model):
    """A firm, known by its SIREN. `scope_id` is read by its staff.

    `without_referent_since` says that the last referent left: the managers of its communities name another.
    """

    __tablename__ = "company"
    __table_args__ = (
        CheckConstraint("size_class IN ('micro', 'sme', 'midcap', 'large')", name="size_class_known"),
        CheckConstraint("state IN ('pending', 'verified', 'suspended', 'left')", name="state_known"),
        CheckConstraint("kind IN ('industrial', 'solution_provider', 'partner')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    siren: Mapped[str] = mapped_column(String(9), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20), default="industrial")
    size_class: Mapped[str] = mapped_column(String(8))
    headcount: Mapped[int | None] = mapped_column(Integer)
    activity_code: Mapped[str] = mapped_column(String(8))
    activity_nomenclature: Mapped[str] = mapped_column(String(10), default="naf_rev2")
    town: Mapped[str] = mapped_column(String(80))
    department: Mapped[str] = mapped_column(String(3))
    summary: Mapped[str] = mapped_column(Text, default="")
    skills: Mapped[str] = mapped_column(Text, default="")
    equipment: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="pending")
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    scope_id: Mapped[int | None] = mapped_column(ForeignKey("scope.id"))
    without_referent_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Site(db.Model):
    """A place of work of a company, known by its SIRET. Its department decides its legal days, its zone its hours."""

    __tablename__ = "site"
    __table_args__ = (Index("ix_site_company", "company_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    siret: Mapped[str] = mapped_column(String(14), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5), default="")
    town: Mapped[str] = mapped_column(String(80))
    department: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Paris")


class Employment(db.Model):
    """A person works for a company between two dates (both included, in the company's place; no end: still there).

    `ended_at` is the instant at which access stopped; ending writes it together with `ends_on`.
    """

    __tablename__ = "employment"
    __table_args__ = (
        Index(
            "uq_employment_current",
            "user_id",
            "company_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_employment_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    job_title: Mapped[str] = mapped_column(String(120), default="")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class CompanyMembership(db.Model):
    """A company in a community: asked, waiting for a place, admitted by a human, refused with a reason, or gone."""

    __tablename__ = "company_membership"
    __table_args__ = (
        CheckConstraint(
            "state IN ('requested', 'waiting', 'admitted', 'refused', 'left')", name="state_known"
        ),
        CheckConstraint(
            "state NOT IN ('refused') OR (decided_by_id IS NOT NULL AND reason <> '')",
            name="refusal_has_reason",
        ),
        Index(
            "uq_company_membership_open",
            "company_id",
            "node_id",
            unique=True,
            sqlite_where=OPEN_MEMBERSHIP,
            postgresql_where=OPEN_MEMBERSHIP,
        ),
        Index("ix_company_membership_node", "node_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    state: Mapped[str] = mapped_column(String(10), default="requested")
    message: Mapped[str] = mapped_column(Text, default="")
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)


class RoleGrant(db.Model):
    """A role at a node of the tree (inherited downwards) or in a company, between two instants, given by somebody.

    `title` is how the person is called in that role (« animatrice », « correspondant technique »).
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("(node_id IS NULL) <> (company_id IS NULL)", name="one_place"),
        CheckConstraint(
            "role IN ('company_admin', 'community_manager', 'technical_advisor', 'ambassador', 'national_admin')",
            name="role_known",
        ),
        Index(
            "uq_role_grant_node_current",
            "user_id",
            "role",
            "node_id",
            unique=True,
            sqlite_where=CURRENT_GRANT,
            postgresql_where=CURRENT_GRANT,
        ),
        Index(
            "uq_role_grant_company_current",
            "user_id",
            "role",
            "company_id",
            unique=True,
            sqlite_where=CURRENT_GRANT,
            postgresql_where=CURRENT_GRANT,
        ),
        Index("ix_role_grant_user", "user_id"),
        Index("ix_role_grant_node", "node_id"),
        Index("ix_role_grant_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(24))
    node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    title: Mapped[str] = mapped_column(String(80), default="")
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class WritingSuspension(db.Model):
    """Somebody does not write in a place and below it until a date, by a decision of moderation; it ends by itself.

    Rights are computed from it (`Access.suspended`), and the database raises the tree's number with every change.
    """

    __tablename__ = "writing_suspension"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_later"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by_somebody"),
        Index("ix_writing_suspension_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Invitation(db.Model):
    """A colleague called in by a referent: by mail (`email`, link) or by a printed code (no `email`, a `label`).

    The token is derived from the installation's secret and `nonce` (see `tokens`), so that a sheet can be printed again
    and a mail sent again while the database alone gives nobody away. `proves_email` tells links that only the owner of
    the mailbox can have seen from codes that anybody near the printer may have.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_company", "company_id"),
        Index(
            "uq_invitation_pending",
            "company_id",
            "email",
            unique=True,
            sqlite_where=text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    email: Mapped[str | None] = mapped_column(String(254))
    label: Mapped[str] = mapped_column(String(160), default="")
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    as_referent: Mapped[bool] = mapped_column(default=False)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    sendings: Mapped[int] = mapped_column(Integer, default=0)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def proves_email(self) -> bool:
        return self.email is not None


class ReturnCode(db.Model):
    """A code printed by a referent for a colleague without a mailbox, who forgot the password and chooses another.

    Its token is derived like an invitation's (see `tokens`): the sheet can be printed again, the database lets nobody in.
    """

    __tablename__ = "return_code"
    __table_args__ = (Index("ix_return_code_user", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    printed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class JoinRequest(db.Model):
    """Somebody without an account asks in for their company; nothing else exists until they prove their address.

    Confirmed for a company we do not know, it becomes a pending company, its first referent and a request for
    admission. Confirmed for a company we know, it waits for a referent of that company (or, where there is none, for
    the manager of its community), who answers with an invitation or not at all.
    """

    __tablename__ = "join_request"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("size_class IN ('micro', 'sme', 'midcap', 'large')", name="size_class_known"),
        CheckConstraint("state IN ('sent', 'confirmed', 'answered', 'dropped')", name="state_known"),
        Index("ix_join_request_siren", "siren"),
        Index("ix_join_request_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="sent")
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    siren: Mapped[str] = mapped_column(String(9))
    siret: Mapped[str] = mapped_column(String(14))
    company_name: Mapped[str] = mapped_column(String(160))
    size_class: Mapped[str] = mapped_column(String(8))
    activity_code: Mapped[str] = mapped_column(String(8))
    postcode: Mapped[str] = mapped_column(String(5))
    town: Mapped[str] = mapped_column(String(80))
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254))
    trade: Mapped[str] = mapped_column(String(120), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    charter_version: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))


class Competitor(db.Model):
    """A company that another declares as a competitor; known to the declaring company alone."""

    __tablename__ = "competitor"
    __table_args__ = (UniqueConstraint("company_id", "competitor_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    competitor_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    declared_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
