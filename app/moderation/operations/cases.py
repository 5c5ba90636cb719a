"""What a moderator does with a case besides deciding it: hand it to the level above."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update

from app.accounts.models import User
from app.communities.access import access_of
from app.core import audit
from app.core.duties import owe
from app.core.errors import Refusal, require
from app.extensions import db
from app.moderation import broadcasts, permissions, queries
from app.moderation.models import Report
from app.moderation.operations.taking import decided_meanwhile, forget_taking
from app.moderation.queries import Case


def hand_up(moderator: User, case: Case) -> None:
    """Hand the case to the level above, whose moderators are told."""
    require_decides(moderator, case)
    level = queries.level_above(case.first.level_node_id)
    if level is None or level == case.first.level_node_id:
        raise Refusal(
            _("Il n’y a pas de niveau au-dessus : une autre personne de l’équipe nationale peut décider.")
        )
    _change(case, state="open", taken_by_id=None, taken_at=None, level_node_id=level)
    forget_taking("report", [report.id for report in case.reports])
    owe("report_added", "report", case.id, moderator.id, handed_up=True, level=level)
    audit.record(moderator, "handed_up_report", "report", case.id, node_id=level)


def require_decides(moderator: User, case: Case) -> None:
    """Refuse whoever may not decide every report of the case."""
    report = case.first
    companies = queries.companies_of(report.author_id, report.author_company_id)
    require(
        all(
            permissions.can_decide(access_of(moderator), one.level_node_id, one.author_id, companies)
            for one in case.reports
        )
    )


def _change(case: Case, **values: Any) -> None:
    """Change every open report of the case, unless somebody decided it meanwhile."""
    changed = db.session.execute(
        update(Report)
        .where(Report.id.in_([report.id for report in case.reports]), Report.state != "decided")
        .values(version=Report.version + 1, **values)
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    if not list(changed):
        raise decided_meanwhile()
    level = values.get("level_node_id")
    broadcasts.tell_moderators(case.first.level_node_id, "report.changed", case.id)
    if level is not None and level not in {report.level_node_id for report in case.reports}:
        broadcasts.tell_moderators(level, "report.added", case.id)
    for report in case.reports:
        db.session.refresh(report)
