"""Labs and who they serve, machines and their rules, who is qualified, what occupies a machine, and what is wrong with it.

Hours and rules are wall-clock time of the lab's zone; what occupies a machine stands in whole seconds since 1970 (UTC),
so that both databases compare it as numbers.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db

LABEL_STATES = ("none", "candidate", "under_review", "labelled", "suspended")
STAFF_ROLES = ("lab_manager", "machine_trainer")
DAY_ORIGINS = ("legal", "customary", "lab", "maintenance")
SUPERVISIONS = ("free", "manager_present", "two_people")
QUALIFICATION_KINDS = (
    "lab_training",
    "employer_authorisation",
    "electrical",
    "laser",
    "powder",
    "hot_work",
    "certificate",
)
ISSUERS = ("lab", "employer", "body")
OCCUPATION_KINDS = ("booking", "hold", "outage", "maintenance")
BOOKING_STATES = ("requested", "confirmed", "suspended", "cancelled", "refused", "moved")
HOLDING = text("state IN ('confirmed', 'held')")
"""What occupies its unit: the condition of the guard, on both databases."""
HOLDS = text("occupation.state IN ('confirmed', 'held')")
"""The same in statements of several tables: written out, so that both databases see that the index serves."""
TO_REMIND = text("reminded_at IS NULL AND state = 'confirmed'")
SEVERITIES = ("remark", "fault", "danger")

FOREVER = 4_102_444_800
"""The end of an outage whose end nobody knows: the first of January 2100."""


class Lab(db.Model):
    """A place with machines, opened to nodes of the tree (`LabNode`); `scope_id` is read by everybody it serves.

    `node_id` is where it belongs: those who manage that node appoint its people. `department` decides its legal days.
    """

    __tablename__ = "lab"
    __table_args__ = (
        CheckConstraint(
            "label_state IN ('none', 'candidate', 'under_review', 'labelled', 'suspended')",
            name="label_state_known",
        ),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state_known"),
        Index("ix_lab_node", "node_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    arrival: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5), default="")
    town: Mapped[str] = mapped_column(String(80))
    department: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Paris")
    phone: Mapped[str] = mapped_column(String(30), default="")
    label_state: Mapped[str] = mapped_column(String(12), default="none")
    labelled_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(8), default="open")
    # Empty only between the row and its scope, which names it.
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"), nullable=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class LabNode(db.Model):
    """A node of the tree that a lab serves: whoever reads the node sees the lab and may book there."""

    __tablename__ = "lab_node"
    __table_args__ = (Index("ix_lab_node_node", "node_id"),)

    lab_id: Mapped[int] = mapped_column(ForeignKey("lab.id"), primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"), primary_key=True)


class LabStaff(db.Model):
    """Somebody who manages a lab, or trains on its machines, until the charge is taken back."""

    __tablename__ = "lab_staff"
    __table_args__ = (
        CheckConstraint("role IN ('lab_manager', 'machine_trainer')", name="role_known"),
        Index(
            "uq_lab_staff_current",
            "lab_id",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_lab_staff_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lab_id: Mapped[int] = mapped_column(ForeignKey("lab.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class LabHours(db.Model):
    """A stretch of a weekday (0 is Monday) in which a lab is open, in minutes after local midnight."""

    __tablename__ = "lab_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="within_a_day"),
    )

    lab_id: Mapped[int] = mapped_column(ForeignKey("lab.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    opens: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    closes: Mapped[int] = mapped_column(Integer)


class LabDay(db.Model):
    """A day on which a lab departs from its week: closed, or open although the law or custom closes it."""

    __tablename__ = "lab_day"
    __table_args__ = (
        CheckConstraint("origin IN ('legal', 'customary', 'lab', 'maintenance')", name="origin_known"),
    )

    lab_id: Mapped[int] = mapped_column(ForeignKey("lab.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[str] = mapped_column(String(12), default="lab")
    label: Mapped[str] = mapped_column(String(120), default="")
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Machine(db.Model):
    """A machine of a lab, owned by the lab or lent by a member company (`owner_company_id`), and the rules of its slots.

    `code` is the kind of machine in the reference list. `specification` is a list of [name, value], `to_know` of
    sentences. A slot starts and ends on a multiple of `step_minutes` after local midnight; set-up and clean-up stand
    around it and are blocked. `runs_unattended` (goes on alone) and
    `leaves_lab` (is lent out): only start and end need the lab open. `supervised_uses` first uses
    happen with somebody of the lab. A periodic check that is overdue (`next_check_on`) closes the machine.
    """

    __tablename__ = "machine"
    __table_args__ = (
        CheckConstraint("supervision IN ('free', 'manager_present', 'two_people')", name="supervision_known"),
        CheckConstraint("state IN ('bookable', 'not_opened', 'retired')", name="state_known"),
        CheckConstraint(
            "step_minutes > 0 AND default_minutes >= step_minutes AND max_minutes >= default_minutes",
            name="lengths_agree",
        ),
        CheckConstraint(
            "notice_minutes >= 0 AND horizon_days > 0 AND setup_minutes >= 0 AND cleanup_minutes >= 0",
            name="rules_positive",
        ),
        Index("ix_machine_lab", "lab_id", "position"),
        Index("ix_machine_owner", "owner_company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lab_id: Mapped[int] = mapped_column(ForeignKey("lab.id"))
    owner_company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    code: Mapped[str] = mapped_column(String(24), default="")
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    specification: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    to_know: Mapped[list[str]] = mapped_column(JSON, default=list)
    protective_equipment: Mapped[str] = mapped_column(String(300), default="")
    supervision: Mapped[str] = mapped_column(String(16), default="free")
    supervised_uses: Mapped[int] = mapped_column(Integer, default=0)
    runs_unattended: Mapped[bool] = mapped_column(default=False)
    leaves_lab: Mapped[bool] = mapped_column(default=False, server_default=false())
    needs_approval: Mapped[bool] = mapped_column(default=False)
    step_minutes: Mapped[int] = mapped_column(Integer, default=30)
    default_minutes: Mapped[int] = mapped_column(Integer, default=120)
    max_minutes: Mapped[int] = mapped_column(Integer, default=240)
    notice_minutes: Mapped[int] = mapped_column(Integer, default=0)
    horizon_days: Mapped[int] = mapped_column(Integer, default=60)
    setup_minutes: Mapped[int] = mapped_column(Integer, default=0)
    cleanup_minutes: Mapped[int] = mapped_column(Integer, default=0)
    last_check_on: Mapped[date | None] = mapped_column(Date)
    next_check_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12), default="bookable")
    position: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MachineNode(db.Model):
    """A machine narrowed to some nodes of the tree: others of its lab see it and may not book it. None: no narrowing."""

    __tablename__ = "machine_node"

    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"), primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"), primary_key=True)


class MachineUnit(db.Model):
    """One of the like machines behind a name: what a booking occupies."""

    __tablename__ = "machine_unit"
    __table_args__ = (UniqueConstraint("machine_id", "name", name="uq_machine_unit_name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"))
    name: Mapped[str] = mapped_column(String(60), default="")
    serial_number: Mapped[str] = mapped_column(String(60), default="")
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MachineDocument(db.Model):
    """A paper of a machine: its notice, its declaration of conformity, the report of its last check. The file is a blob."""

    __tablename__ = "machine_document"
    __table_args__ = (
        CheckConstraint("kind IN ('notice', 'conformity', 'check', 'safety', 'other')", name="kind_known"),
        Index("ix_machine_document_machine", "machine_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"))
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(160))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)


class QualificationType(db.Model):
    """Something one must have learned or been allowed: everywhere (no `lab_id`), or in one lab.

    `validity_months` is what a new one is proposed to last; `is_single_use`: granted for one booking.
    """

    __tablename__ = "qualification_type"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('lab_training', 'employer_authorisation', 'electrical', 'laser', 'powder', 'hot_work',"
            " 'certificate')",
            name="kind_known",
        ),
        CheckConstraint("issuer IN ('lab', 'employer', 'body')", name="issuer_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    issuer: Mapped[str] = mapped_column(String(10))
    validity_months: Mapped[int | None] = mapped_column(Integer)
    is_single_use: Mapped[bool] = mapped_column(default=False)
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("lab.id"))


class QualificationPrerequisite(db.Model):
    """A type that is granted only to who holds another."""

    __tablename__ = "qualification_prerequisite"
    __table_args__ = (CheckConstraint("type_id <> needs_type_id", name="not_itself"),)

    type_id: Mapped[int] = mapped_column(ForeignKey("qualification_type.id"), primary_key=True)
    needs_type_id: Mapped[int] = mapped_column(ForeignKey("qualification_type.id"), primary_key=True)


class MachineRequirement(db.Model):
    """A qualification that a machine asks for; all of a machine's are needed, on the day of the slot."""

    __tablename__ = "machine_requirement"

    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"), primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey("qualification_type.id"), primary_key=True)


class Qualification(db.Model):
    """Somebody is qualified from one day to another, both included (no end: for good), says who granted it.

    `lab_id` is the lab that trained or saw the paper; `company_id` the employer who allowed it, for whom alone it counts.
    `recalled_days` is how many days before its end its holder was last told that it ends.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_after_start"),
        CheckConstraint("(lab_id IS NOT NULL) OR (company_id IS NOT NULL)", name="granted_somewhere"),
        Index("ix_qualification_user", "user_id", "type_id"),
        Index("ix_qualification_type", "type_id", "valid_until"),
        Index(
            "ix_qualification_ending",
            "valid_until",
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    type_id: Mapped[int] = mapped_column(ForeignKey("qualification_type.id"))
    lab_id: Mapped[int | None] = mapped_column(ForeignKey("lab.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(300), default="")
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_reason: Mapped[str] = mapped_column(String(300), default="")
    recalled_days: Mapped[int | None] = mapped_column(Integer)


class Occupation(db.Model):
    """Whatever occupies a unit of a machine: a booking, a hold, an outage, maintenance. All times in epoch seconds.

    No two rows that hold their unit (`HOLDING`) overlap in their blocked range, set-up and clean-up included: an
    exclusion constraint on PostgreSQL, triggers on SQLite, both IntegrityError. Requests and suspended bookings stand
    outside, and come in through the same guard. A booking that moves is a new row: `moved_from_id` names the old one,
    `uid` and a higher `sequence` tell calendars that it is the same appointment.
    """

    __tablename__ = "occupation"
    __table_args__ = (
        CheckConstraint("kind IN ('booking', 'hold', 'outage', 'maintenance')", name="kind_known"),
        CheckConstraint(
            "state IN ('requested', 'confirmed', 'held', 'suspended', 'cancelled', 'refused', 'moved', 'lifted')",
            name="state_known",
        ),
        CheckConstraint(
            "blocked_start <= use_start AND use_start < use_end AND use_end <= blocked_end",
            name="times_ordered",
        ),
        CheckConstraint("unit_id > 0 AND unit_id < 9223372036854775807", name="unit_in_range"),
        CheckConstraint(
            "kind <> 'booking' OR (user_id IS NOT NULL AND uid <> '')", name="booking_is_somebodys"
        ),
        CheckConstraint(
            "kind NOT IN ('outage', 'maintenance') OR outage_id IS NOT NULL", name="outage_is_told"
        ),
        Index(
            "ix_occupation_unit_end",
            "unit_id",
            "blocked_end",
            sqlite_where=HOLDING,
            postgresql_where=HOLDING,
        ),
        Index("ix_occupation_machine_end", "machine_id", "use_end"),
        Index("ix_occupation_user_end", "user_id", "use_end"),
        Index("ix_occupation_company_end", "company_id", "use_end"),
        Index("ix_occupation_outage", "outage_id"),
        Index("ix_occupation_uid", "uid"),
        Index("ix_occupation_to_remind", "use_start", sqlite_where=TO_REMIND, postgresql_where=TO_REMIND),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("machine_unit.id"))
    kind: Mapped[str] = mapped_column(String(12), default="booking")
    state: Mapped[str] = mapped_column(String(10), default="confirmed")
    blocked_start: Mapped[int] = mapped_column(BigInteger)
    blocked_end: Mapped[int] = mapped_column(BigInteger)
    use_start: Mapped[int] = mapped_column(BigInteger)
    use_end: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    is_confidential: Mapped[bool] = mapped_column(default=False)
    uid: Mapped[str] = mapped_column(String(36), default="")
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("occupation.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outage.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(500), default="")
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Outage(db.Model):
    """A machine, or one of its units, stands still: planned, found broken, or locked because it is dangerous.

    Its rows in `occupation` hold the units. Without `expected_end` nobody knows when it comes back. A booking it
    suspended names it in `outage_id`, and comes back when the outage ends before the slot.
    """

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint("kind IN ('outage', 'maintenance', 'danger')", name="kind_known"),
        CheckConstraint("expected_end IS NULL OR expected_end > starts_at", name="ends_after_start"),
        Index("ix_outage_machine", "machine_id", "starts_at"),
        Index(
            "ix_outage_open",
            "machine_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("machine_unit.id"))
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[int] = mapped_column(BigInteger)
    expected_end: Mapped[int | None] = mapped_column(BigInteger)
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    declared_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    end_note: Mapped[str] = mapped_column(String(500), default="")


class Incident(db.Model):
    """What somebody found wrong with a machine. A danger locks it at once (`outage_id`), before anybody decides.

    `handled_at` says that somebody of the lab took care of it, with which words.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint("severity IN ('remark', 'fault', 'danger')", name="severity_known"),
        CheckConstraint("handled_by_id IS NULL OR handled_at IS NOT NULL", name="handled_at_an_instant"),
        Index("ix_incident_machine", "machine_id", "reported_at"),
        Index(
            "ix_incident_open",
            "machine_id",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(ForeignKey("machine.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("machine_unit.id"))
    severity: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    reported_at: Mapped[datetime] = mapped_column(UTCDateTime)
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outage.id"))
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")


class CalendarFeed(db.Model):
    """A person's secret calendar address; its token is derived from `nonce` and the installation's secret."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
