"""The slot by which lower layers send mail: they ask here, the layer that keeps and sends mails registers itself.

A letter belongs to the act that causes it: `send` is called inside the transaction, the mail is stored with it and
leaves after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from app.core.database import current_unit


class Sender(Protocol):
    """What takes a letter: stores it, rendered, in the open transaction."""

    def __call__(
        self,
        *,
        address: str,
        kind: str,
        subject: str,
        template: str,
        context: Mapping[str, Any],
        user_id: int | None = None,
    ) -> Any: ...


_senders: list[Sender] = []


def register(sender: Sender) -> None:
    """Make `sender` the one that takes letters; a later registration replaces the earlier."""
    _senders[:] = [sender]


def send(
    *,
    address: str,
    kind: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    user_id: int | None = None,
) -> None:
    """Hand over one letter, inside `transaction()`. Raises RuntimeError when nobody takes letters."""
    current_unit()
    if not _senders:
        raise RuntimeError("no mail sender is registered")
    _senders[0](
        address=address, kind=kind, subject=subject, template=template, context=context, user_id=user_id
    )
