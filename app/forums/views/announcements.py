"""Announcements to a region: what was announced, and a new one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_login import current_user

from app.communities.models import Node
from app.communities.queries import node_managed_by
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import new_request_id
from app.forums import forms, operations, queries
from app.forums.views import bp, page_seqs, refused, stand_in
from app.forums.views.composing import rendered

managers = permission("those who manage the region: ambassador, technical advisor, national team")


@bp.get("/regions/<slug>/annonces")
@managers
def list_announcements(slug: str) -> ResponseReturnValue:
    """What was announced to the region, with a link per community."""
    region = _region(slug)
    return render_template(
        "forums/announcements.html",
        node=region,
        announced=queries.announced_in(region.id),
        scopes=page_seqs(),
    )


@bp.route("/regions/<slug>/annonces/nouvelle", methods=["GET", "POST"])
@managers
def new_announcement(slug: str) -> ResponseReturnValue:
    """Write once, to every community of the region."""
    region = _region(slug)
    form = forms.AnnouncementForm(request_id=new_request_id())
    if not form.validate_on_submit():
        return _form_page(region, form, 422 if form.errors else 200)
    try:
        text = rendered(form.body.data)
        with transaction():
            made = operations.announce(
                _region(slug).id,
                author=current_user,
                title=form.title.data,
                text=text,
                request_id=parse_request_id(form.request_id.data),
            )
            number = len(queries.copies_of(made.id))
    except Refusal as refusal:
        return refused(form, refusal, lambda status: _form_page(region, form, status))
    flash(
        ngettext("C’est annoncé dans %(num)s communauté.", "C’est annoncé dans %(num)s communautés.", number),
        "success",
    )
    return redirect(url_for(".list_announcements", slug=slug))


def _region(slug: str) -> Node:
    region = node_managed_by(current_user, "region", slug)
    stand_in(region.id)
    return region


def _form_page(region: Node, form: forms.AnnouncementForm, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "forums/new_announcement.html",
            node=region,
            form=form,
            communities=queries.communities_to_announce_to(region),
        ),
        status,
    )
