"""Who does not write for a time, for every feature in which people write.

The answer comes with the person's rights (`Access.suspended`), so a page pays nothing for it. It begins and ends within
seconds of the decision, and ends by its date without anybody's act.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.communities.access import access_of
from app.core.errors import Forbidden
from app.core.time import in_words


def suspended_until(user: Any, node_id: int | None) -> datetime | None:
    """The instant until which this person does not write in this place, or None."""
    return access_of(user).suspended.get(node_id or 0)


def is_suspended(user: Any, node_id: int | None) -> bool:
    """Whether this person does not write in this place for now."""
    return suspended_until(user, node_id) is not None


def sentence_for(user: Any, node_id: int | None) -> str | None:
    """What to tell somebody who may not write here for now; None for everybody else."""
    until = suspended_until(user, node_id)
    if until is None:
        return None
    return _(
        "Votre écriture est suspendue ici jusqu’au %(when)s. Vous pouvez tout lire.", when=in_words(until)
    )


def require_may_write(user: Any, node_id: int | None) -> None:
    """Raise `Forbidden`, with the date, for somebody who may not write here; operations that write ask it first."""
    sentence = sentence_for(user, node_id)
    if sentence is not None:
        raise Forbidden(sentence)
