"""What comes to those who run places: companies that ask in, messages that are reported, and their answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import CompanyMembership
from app.core.text import render
from app.demo.founding import employ_first, manager_of, register
from app.demo.stage import Act, Cue, Stage
from app.demo.talking import post_of
from app.extensions import db
from app.forums import operations as forums
from app.moderation import operations as moderation
from app.moderation import queries
from app.moderation.models import Decision, Report
from app.moderation.statements import Outline


def requests(stage: Stage) -> Iterator[Cue]:
    """Companies ask to enter a community; some have their answer."""
    for line in stage.script.moderation.get("requests", []):
        zone = stage.zone(line["community"])
        memberships: list[int] = []
        yield Cue(stage.script.instant(line["days"], line["time"], zone), _asking(stage, line, memberships))
        if answer := line.get("answer"):
            yield Cue(
                stage.script.instant(answer["days"], answer["time"], zone),
                _answering(stage, line, answer, memberships),
            )


def reports(stage: Stage) -> Iterator[Cue]:
    """Messages are reported; some have their decision."""
    for line in stage.script.moderation.get("reports", []):
        made: list[int] = []
        yield Cue(stage.script.instant(line["days"], line["time"]), _reporting(stage, line, made))
        if "measure" in line:
            yield Cue(
                stage.script.instant(line["decided_days"], line["decided_time"]),
                _deciding(stage, line, made),
            )
            if appeal := line.get("appeal"):
                yield Cue(
                    stage.script.instant(appeal["days"], appeal["time"]),
                    _appealing(stage, line, appeal, made),
                )


def announcements(stage: Stage) -> Iterator[Cue]:
    """What ambassadors announce to every community of their region."""
    for line in stage.script.moderation.get("announcements", []):
        yield Cue(stage.script.instant(line["days"], line["time"]), _announcing(stage, line))


def _announcing(stage: Stage, line: dict[str, Any]) -> Act:
    text = render(line["body"].strip())

    def act() -> None:
        forums.announce(
            stage.node(line["region"]).id,
            author=stage.users[line["author"]],
            title=line["title"],
            text=text,
            request_id=str(uuid.uuid4()),
        )

    return act


def _appealing(stage: Stage, line: dict[str, Any], appeal: dict[str, Any], made: list[int]) -> Act:
    def act() -> None:
        report = db.session.get_one(Report, made[0])
        assert report.decision_id is not None
        decision = db.session.get_one(Decision, report.decision_id)
        moderation.appeal(stage.users[line["post_of"]], decision, text=appeal["text"])

    return act


def _asking(stage: Stage, line: dict[str, Any], memberships: list[int]) -> Act:
    def act() -> None:
        company = register(stage, line["company"])
        person = employ_first(stage, line["person"], company)
        forget_access()
        membership = communities.ask_for(
            company, stage.node(line["community"]), requested_by=person, message=line["message"]
        )
        memberships.append(membership.id)

    return act


def _answering(stage: Stage, line: dict[str, Any], answer: dict[str, Any], memberships: list[int]) -> Act:
    def act() -> None:
        membership = db.session.get_one(CompanyMembership, memberships[0])
        manager = manager_of(stage, line["community"])
        if answer["state"] == "admitted":
            communities.admit(membership, by=manager)
        else:
            communities.refuse(
                membership, by=manager, reason_code=answer["reason_code"], reason=answer["reason"]
            )
        forget_access()

    return act


def _reporting(stage: Stage, line: dict[str, Any], made: list[int]) -> Act:
    def act() -> None:
        report = moderation.report_thing(
            stage.users[line["reporter"]],
            "post",
            post_of(stage, line["topic"], line["post_of"]).id,
            moderation.Notice(line["reason"], details=line["details"]),
        )
        made.append(report.id)

    return act


def _deciding(stage: Stage, line: dict[str, Any], made: list[int]) -> Act:
    def act() -> None:
        moderator = stage.users[line["decided_by"]]
        case = queries.case_for(moderator, db.session.get_one(Report, made[0]).id)
        assert case is not None
        moderation.decide(
            moderator,
            case,
            measure=line["measure"],
            ground=line["ground"],
            facts=line["facts"],
            statement=Outline(
                object_type="post",
                title=line["topic"],
                written_at=post_of(stage, line["topic"], line["post_of"]).created_at,
                place=case.place.name if case.place is not None else "",
                ground=line["ground"],
                ground_detail="",
                facts=line["facts"],
                by_member=True,
                was_hidden_at_once=False,
            ),
        )

    return act
