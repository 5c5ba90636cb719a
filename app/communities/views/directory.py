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
from app.core.doors import permission

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
    return render_template(
        "communities/company.html",
        page=queries.company_page(current_user, company),
        company=company,
        is_own=company.id in access_of(current_user).companies,
        can_edit=can_act_for_company(current_user, company.id),
    )


@bp.get("/personnes/<int:person_id>")
@permission("people who share a firm, a community or a place with the person")
def show_person(person_id: int) -> ResponseReturnValue:
    person = queries.person_for(current_user, person_id)
    return render_template(
        "communities/person.html",
        person=person,
        page=queries.person_page(current_user, person),
        is_me=person.id == current_user.id,
    )


@bp.get("/adhesions/<int:membership_id>")
@permission("managers of the community, staff of the firm")
def show_membership(membership_id: int) -> ResponseReturnValue:
    """One address for a request, whoever follows it: managers land on their desk, the firm on its own page."""
    slug, company_id = queries.membership_address(current_user, membership_id)
    if slug is not None:
        return redirect(url_for(".show_desk", slug=slug, demande=membership_id))
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="communautes"))
