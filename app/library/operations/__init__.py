"""Everything that changes sheets and what firms say of them; each act is one transaction of its door."""

from app.library.operations.applying import apply, remove_application, verify_application
from app.library.operations.reviewing import (
    confirm,
    hide_practice,
    publish,
    reinstate,
    restore_practice,
    return_for_changes,
    withdraw,
)
from app.library.operations.writing import Origin, begin, discard, propose, save, take_back, write_anew

__all__ = [
    "Origin",
    "apply",
    "begin",
    "confirm",
    "discard",
    "hide_practice",
    "propose",
    "publish",
    "reinstate",
    "remove_application",
    "restore_practice",
    "return_for_changes",
    "save",
    "take_back",
    "verify_application",
    "withdraw",
    "write_anew",
]
