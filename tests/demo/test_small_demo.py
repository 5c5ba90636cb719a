"""The small demonstration as a newcomer finds it: loaded once, marked, living, described.

Its operations are proved on both databases elsewhere; here a few tests are enough to say that it loads on the second.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts.models import User
from app.accounts.passwords import verify
from app.communities.models import Company, CompanyMembership, Node
from app.core import demo
from app.core.duties import Duty
from app.core.time import clock
from app.demo import describing, loading, script, stage
from app.demo.stage import PASSWORD
from app.extensions import db
from app.forums.models import AnnouncementCopy, Post, Reaction, Room, RoomMember, Topic, TopicReading
from app.moderation.models import Appeal, Decision, Report, StatementOfReasons
from app.notifications.models import Mail, Notification
from app.search.models import SearchEntry
from tests.demo.conftest import SEED, TODAY
from tests.support.accounts import is_signed_in, sign_in


def count(model, *conditions):
    return db.session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def person(given_name, family_name):
    return db.session.execute(
        select(User).where(User.given_name == given_name, User.family_name == family_name)
    ).scalar_one()


@pytest.mark.once
def test_it_is_marked_for_its_day(demonstration):
    assert demo.is_demo()
    assert demo.demo_today() == TODAY


@pytest.mark.once
def test_it_refuses_a_base_that_holds_somebody(demonstration):
    people = count(User)
    with pytest.raises(loading.NotEmpty, match="base vide"):
        loading.load(size="small", seed=SEED, today=TODAY)
    assert count(User) == people


@pytest.mark.once
def test_communities_count_the_companies_the_script_says(demonstration):
    written = script.read(TODAY).communities
    for line in written:
        node = db.session.execute(select(Node).where(Node.name == line["name"])).scalar_one()
        admitted = count(
            CompanyMembership, CompanyMembership.node_id == node.id, CompanyMembership.state == "admitted"
        )
        assert node.member_count == admitted == line["companies"]
        assert node.state == ("active" if admitted >= 50 else "forming")


@pytest.mark.once
def test_everything_written_is_said_in_order(demonstration):
    written = script.read(TODAY)
    copies = count(AnnouncementCopy)
    assert copies == len(written.moderation["announcements"])
    assert count(Topic) == len(written.topics) + copies
    assert count(Post) == copies + sum(1 + len(topic.get("posts", [])) for topic in written.topics)
    for topic in db.session.execute(select(Topic)).scalars():
        posts = db.session.execute(
            select(Post).where(Post.topic_id == topic.id).order_by(Post.number)
        ).scalars()
        times = [post.created_at for post in posts]
        assert times == sorted(times)
        assert topic.posts_count == topic.last_number == len(times)
        assert topic.last_post_at == times[-1]
        assert topic.created_at == times[0]
    assert db.session.execute(select(func.max(Post.created_at))).scalar_one() <= clock.now()


def test_counters_are_true(demonstration):
    for room in db.session.execute(select(Room)).scalars():
        assert room.topics_count == count(Topic, Topic.room_id == room.id)
    for kind in ("thanks", "same_problem", "applied"):
        total = db.session.execute(select(func.sum(getattr(Post, kind)))).scalar_one()
        assert total == count(Reaction, Reaction.kind == kind) > 0


def test_what_is_said_can_be_found_newest_highest(demonstration):
    assert count(SearchEntry, SearchEntry.object_type == "topic") == count(Topic, Topic.hidden_at.is_(None))
    entries = db.session.execute(
        select(SearchEntry.at).where(SearchEntry.object_type.in_(("topic", "post"))).order_by(SearchEntry.id)
    ).scalars()
    days = [at.date() for at in entries]
    assert days == sorted(days)


@pytest.mark.once
def test_one_case_waits_hidden_and_one_is_decided(demonstration):
    waiting = db.session.execute(select(Report).where(Report.state == "open")).scalar_one()
    assert waiting.author_id == person("Gilles", "Tessier").id
    assert db.session.get_one(Post, waiting.object_id).hidden_at is not None
    decided = db.session.execute(select(Report).where(Report.state == "decided")).scalar_one()
    decision = db.session.get_one(Decision, decided.decision_id)
    assert decision.measure == "hide"
    assert decision.ground
    assert decision.facts
    assert decision.decided_by_id == person("Hélène", "Garnier").id
    statement = db.session.execute(select(StatementOfReasons)).scalar_one()
    assert statement.recipient_id == decision.author_id
    assert decision.facts in statement.text
    appeal = db.session.execute(select(Appeal)).scalar_one()
    assert (appeal.decision_id, appeal.author_id, appeal.decided_at) == (
        decision.id,
        decision.author_id,
        None,
    )


@pytest.mark.once
def test_companies_ask_in_and_one_was_told_no(demonstration):
    rows = db.session.execute(
        select(Company.name, CompanyMembership.state).join(
            Company, Company.id == CompanyMembership.company_id
        )
    )
    states = dict(rows.all())
    assert states["Traitements Loire"] == "requested"
    assert states["Rayonnages du Vendômois"] == "admitted"
    assert states["Agence Mirabelle"] == "refused"


@pytest.mark.once
def test_the_visitor_finds_news_since_five_days_ago(demonstration):
    sandrine = person("Sandrine", "Caillaud")
    start = script.read(TODAY).instant(5, "00:00")
    assert start <= sandrine.seen_at < start + timedelta(days=1)
    unread = db.session.execute(
        select(Notification).where(Notification.user_id == sandrine.id, Notification.read_at.is_(None))
    ).scalars()
    assert len(list(unread)) >= 2
    assert count(Mail, Mail.user_id == sandrine.id) >= 1
    last = db.session.execute(
        select(func.max(TopicReading.at)).where(TopicReading.user_id == sandrine.id)
    ).scalar_one()
    assert last <= sandrine.seen_at


@pytest.mark.once
def test_nobody_was_last_seen_before_what_they_wrote(demonstration):
    rows = db.session.execute(
        select(User.seen_at, func.max(Post.created_at))
        .join(Post, Post.author_id == User.id)
        .group_by(User.id, User.seen_at)
    )
    assert all(seen >= wrote for seen, wrote in rows)


@pytest.mark.once
def test_nothing_is_left_to_tell_or_to_send(demonstration):
    assert count(Duty) == 0
    assert count(Notification, Notification.mail_state == "due") == 0
    assert count(Mail) == count(Mail, Mail.state == "sent") > 0


@pytest.mark.once
def test_it_describes_itself(demonstration):
    told = describing.describe()
    roles = {line["role"]: line for line in told["accounts"]}
    assert set(roles) == {
        "member",
        "company_admin",
        "community_manager",
        "technical_advisor",
        "ambassador",
        "national_admin",
    }
    for line in roles.values():
        user = db.session.execute(select(User).where(User.email == line["email"])).scalar_one()
        assert verify(user.password_hash, PASSWORD)
    assert roles["member"]["name"] == "Sandrine Caillaud"
    assert roles["community_manager"]["name"] == "Hélène Garnier"
    assert told["accounts"] == describing.accounts()
    assert told["without_mailbox"]["sign_in_name"].startswith("joel-")
    assert told["today"] == TODAY.isoformat()
    assert told["counts"]["communities"] == 6
    assert told["counts"]["posts"] == count(Post)
    kept = Path(demonstration.extensions["settings"].data_dir) / loading.DESCRIPTION_FILE
    assert json.loads(kept.read_text(encoding="utf-8"))["accounts"] == told["accounts"]


def test_what_it_describes_opens(demonstration):
    told = describing.describe()
    roles = {line["role"]: line for line in told["accounts"]}
    member, manager = demonstration.test_client(), demonstration.test_client()
    for client, role in ((member, "member"), (manager, "community_manager")):
        sign_in(client, roles[role]["email"], PASSWORD)
        assert is_signed_in(client)
    for path in ("/", told["topic"]["path"], told["restricted_room"]["path"], "/notifications"):
        assert member.get(path).status_code == 200, path
    assert member.get(told["practice"]["path"]).status_code == 200
    for path in (
        told["pending_report"]["path"],
        told["membership_request"]["path"],
        told["practice_to_review"]["path"],
    ):
        assert manager.get(path).status_code == 200, path
    judges = [demonstration.test_client() for _role in ("ambassador", "national_admin")]
    for client, role in zip(judges, ("ambassador", "national_admin"), strict=True):
        sign_in(client, roles[role]["email"], PASSWORD)
    assert any(client.get(told["appeal"]["path"]).status_code == 200 for client in judges)


@pytest.mark.once
def test_restricted_rooms_list_their_members(demonstration):
    for room in db.session.execute(select(Room).where(Room.kind == "restricted")).scalars():
        assert count(RoomMember, RoomMember.room_id == room.id) >= 5


@pytest.mark.once
def test_acts_of_a_day_not_yet_over_come_before_now(app):
    now = clock.now()
    cues = [stage.Cue(now + timedelta(hours=hours), lambda: None) for hours in (-2, 1, 3)]
    played = stage.not_in_the_future(cues)
    assert [cue.at for cue in played] == sorted(cue.at for cue in played)
    assert played[0].at == cues[0].at
    assert played[-1].at < now
