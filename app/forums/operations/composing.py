"""What somebody writes: kept while typing, signed, and put in its place."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, case, insert, update

from app.communities.access import access_of
from app.communities.queries import byline
from app.core.blobs import attach_keys
from app.core.database import BigId, upsert, write
from app.core.errors import Refusal
from app.core.prepared import Prepared
from app.core.text import RenderedText
from app.core.time import clock
from app.forums.models import Draft, Post


def add_post(topic: Any, author: Any, text: RenderedText, *, number: int, company_id: int | None) -> int:
    """Write a message down; its id."""
    post_id = write(
        _ADDED,
        topic_id=topic.id,
        number=number,
        author_id=author.id,
        company_id=company_id,
        byline=byline(author.id, company_id),
        source=text.source,
        html=text.html,
        renderer_version=text.renderer_version,
        mentioned_ids=list(text.mentions),
        created_at=clock.now(),
    ).scalar_one()
    attach_keys(author.id, "post", post_id, text.images)
    return int(post_id)


_ADDED = Prepared(insert(Post.__table__).returning(Post.id))


def words_of(text: RenderedText) -> str:
    """The source without the names of its files: a plain form sent twice sends them twice, and they are named anew."""
    source = text.source
    for key in text.images:
        source = source.replace(key, "")
    return source


def speaking_for(author: Any, company_id: int | None) -> int | None:
    """The firm the author speaks for: the one chosen, else their first; None for somebody without a firm."""
    companies = access_of(author).companies
    if company_id is not None:
        if company_id not in companies:
            raise Refusal(_("Vous ne pouvez pas écrire au nom de cette entreprise."), field="company_id")
        return company_id
    return next(iter(companies), None)


def save_draft(*, person: Any, key: str, body: str, sequence: int) -> bool:
    """Keep what is being typed. False when a later save, or the sending, overtook this one."""
    return upsert(
        Draft,
        {"user_id": person.id, "key": key},
        {"body": body, "sequence": sequence, "at": clock.now()},
        rising="sequence",
    )


def forget_draft(user_id: int, key: str) -> None:
    """Empty a draft whose text was sent; a save still on its way from before is refused by the sequence."""
    present = int(clock.now().timestamp() * 1000)
    write(_SENT, b_user_id=user_id, b_key=key, present=present)


_SENT = Prepared(
    update(Draft.__table__)
    .where(Draft.user_id == bindparam("b_user_id"), Draft.key == bindparam("b_key"))
    .values(
        body="",
        sequence=case(
            (Draft.sequence < bindparam("present", type_=BigId), bindparam("present", type_=BigId)),
            else_=Draft.sequence + 1,
        ),
    )
)
