"""The directory of a community: its firms, its people, the page of each."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities import queries
from app.communities.access import access_of
from app.communities.permissions import can_act_for_company
from app.communities.views import bp, stand_in
from app.communities.vocabulary import SIZE_NAMES
from app.core import withheld
from app.core.doors import permission
from app.core.shell import current_shell
from app.core.shell import stand_in as place_of_frame

LONGEST_WORDS = 100


@bp.get("/communautes/<slug>/entreprises")
@permission("readers of the community")
def list_companies(slug: str) -> ResponseReturnValue:
    node = queries.community_read_by(current_user, slug)
    stand_in(node)
    words = request.args.get("q", "")[:LONGEST_WORDS]
    division = request.args.get("activite", "")[:2]
    size = request.args.get("taille", "")
    return render_template(
        "communities/companies.html",
        node=node,
        directory=queries.company_directory(node, words=words, division=division, size=size),
        words=words,
        division=division,
        size=size,
        sizes=SIZE_NAMES,
    )


@bp.get("/communautes/<slug>/personnes")
@permission("readers of the community")
def list_people(slug: str) -> ResponseReturnValue:
    node = queries.community_read_by(current_user, slug)
    stand_in(node)
    words = request.args.get("q", "")[:LONGEST_WORDS]
    page = request.args.get("page", 1, type=int)
    return render_template(
        "communities/people.html",
        node=node,
        directory=queries.people_directory(node, words=words, page=min(max(page, 1), 10_000)),
        words=words,
    )


@bp.get("/entreprises/<int:company_id>")
@permission("readers of one of the firm's communities, its staff, managers it asks to enter")
def show_company(company_id: int) -> ResponseReturnValue:
    company = queries.company_for(current_user, company_id)
    page = queries.company_page(current_user, company)
    home = page.communities[0].node_id if page.communities else None
    _listen_from(home)
    can_edit = can_act_for_company(current_user, company.id)
    return render_template(
        "communities/company.html",
        page=page,
        company=company,
        is_own=company.id in access_of(current_user).companies,
        can_edit=can_edit,
        withheld=_withheld_words("company", company.id, home, is_own=can_edit),
    )


@bp.get("/personnes/<int:person_id>")
@permission("people who share a firm, a community or a place with the person")
def show_person(person_id: int) -> ResponseReturnValue:
    person = queries.person_for(current_user, person_id)
    page = queries.person_page(current_user, person)
    _listen_from(page.shared_id)
    is_me = person.id == current_user.id
    return render_template(
        "communities/person.html",
        person=person,
        page=page,
        is_me=is_me,
        withheld=_withheld_words("person", person.id, page.shared_id, is_own=is_me),
    )


@bp.get("/adhesions/<int:membership_id>")
@permission("managers of the community, staff of the firm")
def show_membership(membership_id: int) -> ResponseReturnValue:
    """One address for a request, whoever follows it: managers land on their desk, the firm on its own page."""
    slug, company_id = queries.membership_address(current_user, membership_id)
    if slug is not None:
        return redirect(url_for(".show_desk", slug=slug, demande=membership_id))
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="communautes"))


def _listen_from(node_id: int | None) -> None:
    """Have the frame listen to the place where this is read, whether or not it is among the reader's own; the numbers
    are read before the content."""
    if node_id is not None:
        place_of_frame(node_id)
    current_shell()


def _withheld_words(object_type: str, object_id: int, node_id: int | None, *, is_own: bool) -> list[str]:
    """What a decision hid, for whoever wrote it and for those who moderate the place."""
    if not is_own and not access_of(current_user).moderates(node_id):
        return []
    kept = (text for words in withheld.of(object_type, object_id) for text in words.values())
    # A trade stands in the account and in the employment.
    return list(dict.fromkeys(kept))
