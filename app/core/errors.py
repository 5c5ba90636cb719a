"""Refusals that carry a sentence for the person; doors turn them into a page, a status or an acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence


class Refusal(Exception):
    """An act that is not done, and why.

    `sentence` is shown as it is, in the reader's language. `reasons` lists every reason when there are several.
    `field` names the form field to mend. `status` is the HTTP status a door answers with (always 4xx or 503). A door
    that knows better than the status what the page should be called, or the next step, sets `title` and `action`
    (words and address).
    """

    status = 422
    title: str | None = None
    action: tuple[str, str] | None = None

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        reasons: Sequence[str] = (),
        field: str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = str(sentence)
        self.reasons = [str(reason) for reason in reasons]
        self.field = field
        if status is not None:
            self.status = status


class NotFound(Refusal):
    """The thing does not exist for this person: missing and forbidden look alike."""

    status = 404

    def __init__(self, sentence: str | None = None) -> None:
        from flask_babel import gettext as _

        super().__init__(
            sentence or _("L’adresse est peut-être incomplète, ou la page n’est pas ouverte à votre compte.")
        )


class Forbidden(Refusal):
    """The person sees the thing but may not do this to it."""

    status = 403

    def __init__(self, sentence: str | None = None) -> None:
        from flask_babel import gettext as _

        super().__init__(sentence or _("Vous n’avez pas le droit de faire cela ici."))


class Busy(Refusal):
    """The database stayed locked for the whole patience of a write."""

    status = 503


class Repeated(Refusal):
    """The same request id came back with other content (see `idempotency`)."""

    status = 409


def require(allowed: bool, sentence: str | None = None) -> None:
    """Raise `Forbidden` unless `allowed`; operations open with it."""
    if not allowed:
        raise Forbidden(sentence)
