"""Who may run a lab, look after its machines, name its people and say who is qualified.

A lab is *run* by those who manage it (`lab_manager`) and by whoever manages the node it belongs to; its *people* are its
managers and trainers. `lab` and `machine` may be rows or models: only the named attributes are read. What concerns
bookings and outages stands in `access`.
"""

from __future__ import annotations

from typing import Any

from app.communities.access import access_of
from app.resources.access import labs_staffed_by, staffs


def can_create_lab_in(user: Any, node_id: int | None) -> bool:
    """Ambassadors of the region, the national team."""
    return access_of(user).has_role(node_id, "ambassador", "national_admin")


def can_run_lab(user: Any, lab: Any) -> bool:
    """Its page, hours and days, whom it serves, its machines and their rules, opening and closing."""
    return access_of(user).manages(lab.node_id) or "lab_manager" in labs_staffed_by(user).get(lab.id, ())


def can_see_administration(user: Any, lab: Any) -> bool:
    """Its pages of administration: those who run it, and its trainers."""
    return staffs(user, lab.id) or can_run_lab(user, lab)


def can_label_lab(user: Any) -> bool:
    """Say how far the label of a lab is: the national team."""
    return access_of(user).is_national_admin


def can_name_staff(user: Any, lab: Any, role: str) -> bool:
    """A manager is named by those who manage the lab's node; a trainer by those who run the lab."""
    if role == "lab_manager":
        return access_of(user).manages(lab.node_id)
    return can_run_lab(user, lab)


def can_end_staff(user: Any, lab: Any, charge: Any) -> bool:
    """Whoever could name them; everybody may give up their own charge."""
    return charge.user_id == user.id or can_name_staff(user, lab, charge.role)


def can_describe_machine(user: Any, lab: Any, machine: Any) -> bool:
    """Its words, photo and papers: those who run the lab, the referents of the firm that lends it."""
    owner = machine.owner_company_id
    return can_run_lab(user, lab) or (owner is not None and owner in access_of(user).referent_of)


def can_link_machine(user: Any, lab_id: int, node_id: int, owner_id: int | None) -> bool:
    """Link it with topics and sheets: the people of the lab, those who run it, the referents of the firm that lends it."""
    access = access_of(user)
    return (
        staffs(user, lab_id)
        or access.manages(node_id)
        or (owner_id is not None and owner_id in access.referent_of)
    )


def can_check_machine(user: Any, lab: Any) -> bool:
    """Say that a periodic check was done: the people of the lab, and those who run it."""
    return can_see_administration(user, lab)


def can_qualify(user: Any, lab: Any, person_id: int) -> bool:
    """Grant a training or record a paper one saw: the people of the lab, never for themselves."""
    return staffs(user, lab.id) and person_id != user.id


def can_authorise(user: Any, company_id: int) -> bool:
    """Allow colleagues in the name of the firm: its referents."""
    return company_id in access_of(user).referent_of


def can_revoke(user: Any, qualification: Any, lab: Any | None) -> bool:
    """What a lab granted, its people and those who run it; what a firm granted, its referents."""
    if qualification.company_id is not None:
        return can_authorise(user, qualification.company_id)
    return lab is not None and can_see_administration(user, lab)
