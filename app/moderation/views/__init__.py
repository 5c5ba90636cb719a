"""Pages of moderation: reporting, the desk, cases, decisions and their statements, appeals."""

from __future__ import annotations

from flask import Blueprint

from app.communities.access import access_of
from app.core.doors import permission
from app.moderation import permissions

bp = Blueprint("moderation", __name__, template_folder="../templates", static_folder=None)

moderators = permission(
    "moderators of a place; each case to those of its level, free of conflict",
    check=lambda user: permissions.can_moderate(access_of(user)),
)
