"""Firms: entered in the register, described, with their sites and, between them and us, their competitors."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.communities import queries
from app.communities.models import Company, Competitor, Site
from app.communities.permissions import can_act_for_company
from app.core import audit, geography, identifiers, indexing, journal, withheld
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db


@dataclass(frozen=True)
class CompanyShape:
    """A firm as it is entered: its main site's SIRET says its SIREN."""

    name: str
    siret: str
    size_class: str
    activity_code: str
    postcode: str
    town: str
    kind: str = "industrial"
    headcount: int | None = None
    address: str = ""
    summary: str = ""
    skills: str = ""
    equipment: str = ""


@dataclass(frozen=True)
class CompanyProfile:
    """What a firm says of itself and may change by itself."""

    name: str
    size_class: str
    headcount: int | None
    activity_code: str
    town: str
    summary: str
    skills: str
    equipment: str


def register_company(shape: CompanyShape, *, by: User | None = None) -> Company:
    """Enter a firm and its first site, `pending` until a first admission verifies it.

    Without asking who may: for confirmed newcomers and commands. Raises Refusal on the field for a number that does
    not hold, and when the firm or the site is known: `uq_company_siren` and `uq_site_siret` are the truth.
    """
    siret = identifiers.validate_siret(shape.siret)
    department = _department_of(shape.postcode)
    company = Company(
        siren=siret[:9],
        name=shape.name,
        kind=shape.kind,
        size_class=shape.size_class,
        headcount=shape.headcount,
        activity_code=shape.activity_code,
        town=shape.town,
        department=department,
        summary=shape.summary,
        skills=shape.skills,
        equipment=shape.equipment,
        state="pending",
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(company)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("Cette entreprise est déjà connue."), status=409, field="siret") from None
    company.scope_id = journal.open_scope("company", company.id).id
    _add_site(company, siret, shape.postcode, shape.town, department, shape.address)
    audit.record(by, "registered_company", "company", company.id)
    return company


def add_site(
    company: Company, *, by: User, siret: str, postcode: str, town: str, name: str = "", address: str = ""
) -> Site:
    """Add a place of work. Another firm's SIRET is refused; the same one twice meets `uq_site_siret`."""
    require(can_act_for_company(by, company.id))
    siret = identifiers.validate_siret(siret, siren=company.siren)
    site = _add_site(company, siret, postcode, town, _department_of(postcode), address, name)
    audit.record(by, "added_site", "company", company.id, site_id=site.id)
    return site


def edit_company(company: Company, profile: CompanyProfile, *, by: User, version: int) -> None:
    """Change the firm's page. Two referents at once: the UPDATE asks for the version that was read."""
    require(can_act_for_company(by, company.id))
    withheld.refuse_same(
        "company",
        company.id,
        {"summary": profile.summary, "skills": profile.skills, "equipment": profile.equipment},
    )
    changed = rows_changed(
        update(Company)
        .where(Company.id == company.id, Company.version == version)
        .values(
            version=Company.version + 1,
            name=profile.name,
            size_class=profile.size_class,
            headcount=profile.headcount,
            activity_code=profile.activity_code,
            town=profile.town,
            summary=profile.summary,
            skills=profile.skills,
            equipment=profile.equipment,
        )
    )
    if not changed:
        raise Refusal(
            _(
                "Quelqu’un a modifié cette fiche pendant que vous écriviez. Relisez-la, puis enregistrez de nouveau."
            ),
            status=409,
        )
    db.session.refresh(company)
    audit.record(by, "edited_company", "company", company.id)
    assert company.scope_id is not None
    journal.record(
        company.scope_id, "company.changed", "company", company.id, version=company.version, actor_id=by.id
    )
    indexing.changed("company", company.id)
    indexing.changed("person", *queries.colleague_ids(company.id))


def declare_competitor(company: Company, competitor: Company, *, by: User) -> None:
    """Remember a competitor, known to this firm alone. Declared twice, it is declared once (`uq_competitor_…`)."""
    require(can_act_for_company(by, company.id))
    if competitor.id == company.id:
        raise Refusal(_("Une entreprise n’est pas sa propre concurrente."), field="competitor")
    try:
        with db.session.begin_nested():
            db.session.add(
                Competitor(
                    company_id=company.id, competitor_id=competitor.id, declared_by_id=by.id, at=clock.now()
                )
            )
            db.session.flush()
    except IntegrityError:
        return
    audit.record(by, "declared_competitor", "company", company.id, competitor_id=competitor.id)


def withdraw_competitor(company: Company, competitor_id: int, *, by: User) -> None:
    """Forget a declared competitor."""
    require(can_act_for_company(by, company.id))
    db.session.execute(
        delete(Competitor).where(
            Competitor.company_id == company.id, Competitor.competitor_id == competitor_id
        )
    )
    audit.record(by, "withdrew_competitor", "company", company.id, competitor_id=competitor_id)


def _department_of(postcode: str) -> str:
    department = geography.department_of_postcode(postcode)
    if department is None:
        raise Refusal(_("Ce code postal n’est pas un code postal français."), field="postcode")
    return department


def _add_site(
    company: Company, siret: str, postcode: str, town: str, department: str, address: str, name: str = ""
) -> Site:
    site = Site(
        company_id=company.id,
        siret=siret,
        name=name,
        address=address,
        postcode=postcode,
        town=town,
        department=department,
        time_zone=geography.time_zone_of(department),
    )
    try:
        with db.session.begin_nested():
            db.session.add(site)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("Cet établissement est déjà connu."), status=409, field="siret") from None
    return site
