"""Ready texts: those that serve everywhere, and those of the places one moderates."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import access_of
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound
from app.moderation import operations, permissions, queries
from app.moderation.forms import TextForm
from app.moderation.models import CannedText
from app.moderation.views import bp, moderators
from app.moderation.vocabulary import GROUND_LABELS


@bp.get("/moderation/textes")
@moderators
def list_texts() -> ResponseReturnValue:
    """Every ready text that serves this person."""
    access = access_of(current_user)
    return render_template(
        "moderation/texts.html",
        texts=queries.texts_for(current_user),
        grounds=GROUND_LABELS,
        places=access.places,
        may_change=lambda known: permissions.can_change_texts(access, known.node_id),
    )


@bp.route("/moderation/textes/nouveau", methods=["GET", "POST"])
@moderators
def new_text() -> ResponseReturnValue:
    """A text of one's own place."""
    return _text_page(None)


@bp.route("/moderation/textes/<int:text_id>", methods=["GET", "POST"])
@permission("moderators of the text's place; the national team for those that serve everywhere")
def edit_text(text_id: int) -> ResponseReturnValue:
    """Change a ready text."""
    return _text_page(_own(text_id))


@bp.post("/moderation/textes/<int:text_id>/retrait")
@permission("moderators of the text's place; the national team for those that serve everywhere")
def remove_text(text_id: int) -> ResponseReturnValue:
    """Take a ready text off the list."""
    with transaction():
        operations.remove_text(current_user, _own(text_id))
    flash(_("Le texte ne sera plus proposé."), "success")
    return redirect(url_for(".list_texts"))


def _own(text_id: int) -> CannedText:
    found = queries.text_for(current_user, text_id) if text_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _text_page(known: CannedText | None) -> ResponseReturnValue:
    form = TextForm(
        place=(known.node_id if known is not None else None),
        ground=known.ground if known is not None else None,
        title=known.title if known is not None else "",
        text=known.text if known is not None else "",
    )
    access = access_of(current_user)
    form.place.choices = [
        SelectChoice(place.id, place.name)
        for place in (*access.communities, *access.higher_places)
        if access.moderates(place.id)
    ]
    if access.is_national_admin:
        form.place.choices = [SelectChoice("", _("Partout")), *form.place.choices]
    if form.validate_on_submit():
        with transaction():
            operations.change_text(
                current_user,
                _own(known.id) if known is not None else None,
                node_id=form.place.data,
                ground=form.ground.data,
                title=form.title.data or "",
                text=form.text.data or "",
            )
        flash(_("Le texte est gardé."), "success")
        return redirect(url_for(".list_texts"))
    return render_template("moderation/text.html", form=form, known=known), 422 if form.errors else 200
