"""Appeals: the author contests, another person one level up answers."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import update

from app.accounts.models import User
from app.communities.access import access_of
from app.core import audit
from app.core.duties import owe
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db
from app.moderation import broadcasts, permissions, queries
from app.moderation.models import Appeal, Decision
from app.moderation.operations.decisions import show_again


def appeal(author: User, decision: Decision, *, text: str) -> Appeal:
    """Contest a decision about what one wrote: once, within six months. It goes one level up, to somebody else."""
    known = queries.appeal_of(decision.id)
    if not permissions.can_appeal(
        access_of(author), decision, has_appealed=known is not None, now=clock.now()
    ):
        raise Refusal(_("Cette décision ne peut pas, ou ne peut plus, être contestée."))
    if not text.strip():
        raise Refusal(_("Dites en quelques mots pourquoi vous contestez."), field="text")
    made = Appeal(
        decision_id=decision.id,
        author_id=author.id,
        text=text.strip(),
        level_node_id=queries.level_above(decision.level_node_id),
        at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    owe("appeal_added", "appeal", made.id, author.id)
    broadcasts.tell_moderators(made.level_node_id, "report.added", made.id)
    audit.record(author, "appealed", "decision", decision.id, node_id=made.level_node_id)
    return made


def answer_appeal(moderator: User, made: Appeal, *, upheld: bool, answer: str) -> None:
    """Answer an appeal, never one's own decision. Upheld, what was hidden is shown again."""
    decision = db.session.get_one(Decision, made.decision_id)
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    require(permissions.can_answer_appeal(access_of(moderator), made, decision, companies))
    if not answer.strip():
        raise Refusal(_("Répondez en quelques mots à la personne."), field="answer")
    first = db.session.execute(
        update(Appeal)
        .where(Appeal.id == made.id, Appeal.decided_at.is_(None))
        .values(upheld=upheld, answer=answer.strip(), decided_by_id=moderator.id, decided_at=clock.now())
        .returning(Appeal.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if first is None:
        raise Refusal(_("Une réponse vient d’être donnée à ce recours."), status=409)
    db.session.refresh(made)
    if upheld:
        show_again(moderator, decision, answer, is_told=False)
    owe("appeal_answered", "appeal", made.id)
    broadcasts.tell_moderators(made.level_node_id, "report.decided", made.id)
    audit.record(moderator, "answered_appeal", "appeal", made.id, node_id=made.level_node_id, upheld=upheld)
