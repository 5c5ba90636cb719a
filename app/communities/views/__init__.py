"""The pages of the tree, its firms and its people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_login import current_user

from app.communities.models import Node
from app.core import shell
from app.core.errors import Refusal

bp = Blueprint("communities", __name__, template_folder="../templates")


def me() -> Any:
    """The signed-in person, unwrapped: operations keep them after the request's proxy is gone."""
    return current_user._get_current_object()


def stand_in(node: Node) -> None:
    """Let the frame of the page know which place this is."""
    shell.stand_in(node.id)


def show_on(form: Any, refusal: Refusal) -> None:
    """Put a refusal where it belongs in the form: on its field when it names one."""
    field = getattr(form, refusal.field, None) if refusal.field else None
    sentences = refusal.reasons or [refusal.sentence]
    if field is not None and hasattr(field, "errors"):
        field.errors = [*field.errors, *sentences]
    else:
        form.form_errors.extend(sentences)
