"""What the people of the script teach each other: sheets written, reviewed, and applied by other firms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core import links
from app.demo.stage import Act, Cue, Stage
from app.extensions import db
from app.library import operations as library
from app.library import queries
from app.library.models import Practice, PracticeApplication
from app.library.sheets import Sheet, sheet_of
from app.library.telling import Told, told_of

REVIEWED_AFTER = timedelta(hours=20)
VERIFIED_AFTER = timedelta(days=2)
LINKED_DAYS = 1
"""Sheets are linked with discussions once all of these are open."""

WRITTEN, APPLIED = "08:40", "16:20"
"""When sheets are proposed and applications told, on the clock of their place."""


def lessons(stage: Stage) -> Iterator[Cue]:
    """Every act about sheets, in no order; what is slow is done here, before any of them."""
    for rank, line in enumerate(stage.script.practices):
        at = _time(stage, line, WRITTEN) + timedelta(minutes=rank)
        author = stage.users[line["author"]]
        sheet = sheet_of({**line, "contact_id": author.id}, {author.id})
        yield Cue(at, _writing(stage, line, sheet))
        state = line.get("state", "published")
        if state == "published":
            yield Cue(at + REVIEWED_AFTER, _publishing(stage, line))
        elif state == "returned":
            yield Cue(at + REVIEWED_AFTER, _returning(stage, line))
        if "topic" in line:
            yield Cue(stage.script.instant(LINKED_DAYS, APPLIED), _linking(stage, line))
    for line in stage.script.applications:
        told = told_of({**line, "before_value": line.get("before"), "after_value": line.get("after")})
        at = stage.script.instant(line["days"], APPLIED)
        yield Cue(at, _applying(stage, line, told, at))
        if "by" in line:
            yield Cue(at + VERIFIED_AFTER, _verifying(stage, line))


def _time(stage: Stage, line: dict[str, Any], clock: str) -> datetime:
    return stage.script.instant(line["days"], clock, stage.zone(line["place"]))


def _writing(stage: Stage, line: dict[str, Any], sheet: Sheet) -> Act:
    def act() -> None:
        author = stage.users[line["author"]]
        practice, version, _is_new = library.begin(
            stage.nodes[line["place"]], sheet, author=author, request_id=stage.request_id()
        )
        library.propose(practice, version, author=author)
        stage.practices[line["title"]] = practice.id

    return act


def _publishing(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        by = stage.users[line["by"]]
        practice, version = queries.version_to_review(by, stage.practices[line["title"]])
        library.publish(practice, version, by=by, revision=version.revision)

    return act


def _linking(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        practice, topic = stage.practices[line["title"]], stage.topics[line["topic"]]
        links.connect(("practice", practice), ("topic", topic), by_id=stage.users[line["author"]].id)

    return act


def _returning(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        by = stage.users[line["by"]]
        practice, version = queries.version_to_review(by, stage.practices[line["title"]])
        library.return_for_changes(
            practice, version, by=by, revision=version.revision, remarks=line["remarks"]
        )

    return act


def _applying(stage: Stage, line: dict[str, Any], told: Told, at: datetime) -> Act:
    def act() -> None:
        person = stage.users[line["person"]]
        practice = db.session.get_one(Practice, stage.practices[line["practice"]], populate_existing=True)
        company = stage.companies[stage.script.person[line["person"]]["company"]]
        library.apply(
            practice,
            told,
            person=person,
            company_id=company,
            applied_on=at.date(),
            request_id=stage.request_id(),
        )

    return act


def _verifying(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        practice = db.session.get_one(Practice, stage.practices[line["practice"]], populate_existing=True)
        application = db.session.execute(
            select(PracticeApplication).where(
                PracticeApplication.practice_id == practice.id,
                PracticeApplication.person_id == stage.users[line["person"]].id,
            )
        ).scalar_one()
        library.verify_application(practice, application, by=stage.users[line["by"]])

    return act
