"""The pages on which the people of a lab look after it, and referents allow their colleagues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import access_of
from app.core import shell
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.inputs import checked_id
from app.core.time import use_zone
from app.resources import permissions
from app.resources.models import Lab, Machine
from app.resources.operations.changing import lab_of
from app.resources.queries import administration

bp = Blueprint("lab_admin", __name__, template_folder="../../templates")

RUNNERS = permission("those who run the lab")
PEOPLE = permission("the people of the lab, and those who run it")
DESCRIBERS = permission("those who run the lab, and the referents of the firm that lends the machine")


def me() -> Any:
    """The signed-in person, unwrapped: operations keep them after the request's proxy is gone."""
    return current_user._get_current_object()


def lab_here(lab_id: int, *, runs: bool = False) -> Lab:
    """The lab of the page, for its people, or for those who run it alone. Raises NotFound."""
    lab = administration.lab_to_run(me(), checked_id(lab_id))
    if runs and not permissions.can_run_lab(me(), lab):
        raise NotFound
    stand_in(lab)
    return lab


def machine_here(machine_id: int, *, runs: bool = False) -> tuple[Lab, Machine]:
    """The machine of the page with its lab, for whoever looks after something of it. Raises NotFound."""
    machine = administration.machine_to_change(me(), checked_id(machine_id))
    lab = lab_of(machine)
    looks_after = permissions.can_describe_machine(me(), lab, machine) or permissions.can_check_machine(
        me(), lab
    )
    if not (permissions.can_run_lab(me(), lab) if runs else looks_after):
        raise NotFound
    stand_in(lab)
    return lab, machine


def stand_in(lab: Lab) -> None:
    """Show the hours of the lab's place, and stand there when the reader has it."""
    use_zone(lab.time_zone)
    if access_of(current_user).reads(lab.node_id):
        shell.stand_in(lab.node_id)


def done(form: Any, change: Callable[[], Any]) -> bool:
    """Make a change in its transaction; a refusal stands in the form, on its field where it names one."""
    try:
        with transaction():
            change()
    except Refusal as refusal:
        if isinstance(refusal, NotFound | Forbidden):
            raise
        show_on(form, refusal)
        return False
    return True


def show_on(form: Any, refusal: Refusal) -> None:
    """Put a refusal where it belongs in the form."""
    field = form._fields.get(refusal.field) if refusal.field else None
    if field is None:
        form.form_errors.extend(refusal.reasons or [refusal.sentence])
    else:
        field.errors = [*field.errors, *(refusal.reasons or [refusal.sentence])]


def page(name: str, form: Any = None, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of administration; one whose form was refused says so by its status."""
    drawn = render_template(f"resources/administration/{name}.html", form=form, **values)
    return drawn, 422 if form is not None and (form.errors or form.form_errors) else status


def register(app: Flask) -> None:
    """Register every page of administration."""
    from app.resources.views.administration import labs, machines, outages, qualifying, staff, waiting

    assert labs and machines and outages and qualifying and staff and waiting
    app.register_blueprint(bp)
