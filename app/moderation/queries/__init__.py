"""Everything read of moderation. `…_for(user)` decides what may be seen: missing and forbidden look alike."""

from app.moderation.queries.appeals import appeal_for, appeal_of, appeals_for, people_of
from app.moderation.queries.cases import (
    Case,
    Dossier,
    case_for,
    descriptions_of,
    dossier_of,
    same_thing,
    sanctions_for,
    targets_of,
)
from app.moderation.queries.decisions import (
    decision_for,
    is_undone,
    language_of,
    provisional_hiding_of,
    register_for,
    statement_of,
    undone_by,
    who_answers_for,
)
from app.moderation.queries.judging import companies_of
from app.moderation.queries.levels import (
    level_above,
    level_for,
    listening_scopes,
    moderates_at,
    moderators_to_tell,
    root_id,
    scopes_above,
)
from app.moderation.queries.reports import (
    decision_of_report,
    open_report_of,
    outcome_of,
    report_by_receipt,
    stays_in_sight,
)
from app.moderation.queries.taking import successors_of, taking_of, takings_of
from app.moderation.queries.texts import text_for, texts_for
from app.moderation.queries.waiting import appeals_pending, cases_pending, queue

__all__ = [
    "Case",
    "Dossier",
    "appeal_for",
    "appeal_of",
    "appeals_for",
    "appeals_pending",
    "case_for",
    "cases_pending",
    "companies_of",
    "decision_for",
    "decision_of_report",
    "descriptions_of",
    "dossier_of",
    "is_undone",
    "language_of",
    "level_above",
    "level_for",
    "listening_scopes",
    "moderates_at",
    "moderators_to_tell",
    "open_report_of",
    "outcome_of",
    "people_of",
    "provisional_hiding_of",
    "queue",
    "register_for",
    "report_by_receipt",
    "root_id",
    "same_thing",
    "sanctions_for",
    "scopes_above",
    "statement_of",
    "stays_in_sight",
    "successors_of",
    "taking_of",
    "takings_of",
    "targets_of",
    "text_for",
    "texts_for",
    "undone_by",
    "who_answers_for",
]
