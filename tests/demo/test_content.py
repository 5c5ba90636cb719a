"""The written script holds together: keys lead somewhere, times go forward, people write where they may."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from app.communities.models import COMPANY_KINDS, ROLES
from app.communities.vocabulary import REFUSAL_REASONS
from app.core import geography
from app.core.identifiers import validate_siret
from app.demo import script as scripts
from app.demo.script import PICTURES
from app.demo.stage import OPENED_DAYS_AGO
from app.forums.models import REACTIONS, TOPIC_KINDS
from app.moderation.models import GROUNDS, REASONS

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 24)
MODERATORS = {"community_manager", "technical_advisor", "ambassador", "national_admin"}


@pytest.fixture(scope="module")
def script():
    return scripts.read(TODAY)


def rooms_of(script):
    places = [(line["key"], line) for line in script.communities]
    places += [(f"region:{line['region']}", line) for line in script.regions]
    places.append(("national", script.nation))
    return {f"{key}/{room['key']}": room for key, line in places for room in line["rooms"]}


def ancestors(script, place):
    """The place itself and those above it."""
    regions = {line["key"]: f"region:{line['region']}" for line in script.communities}
    found = [place, *([regions[place]] if place in regions else []), "national"]
    return list(dict.fromkeys(found))


def places_of(script, key):
    """Where somebody of the script may read."""
    human = script.person[key]
    homes = script.company[human["company"]]["communities"] if "company" in human else []
    held = {place for home in homes for place in ancestors(script, home)}
    everywhere = [line["key"] for line in script.communities] + [
        f"region:{code}" for code in geography.REGIONS
    ]
    for role in human.get("roles", []):
        held |= set(ancestors(script, role["node"]))
        held |= {place for place in everywhere if role["node"] in ancestors(script, place)}
    return held


def moderated_by(script, key):
    nodes = {role["node"] for role in script.person[key].get("roles", []) if role["role"] in MODERATORS}
    everywhere = [line["key"] for line in script.communities] + [
        *(f"region:{code}" for code in geography.REGIONS),
        "national",
    ]
    return {place for place in everywhere if nodes & set(ancestors(script, place))}


def lines_of(topic):
    return [topic, *topic.get("posts", [])]


def instant_of(script, topic, line):
    return script.instant(line["days"], line["time"])


def test_keys_are_unique(script):
    for lines in (script.people, script.companies, script.communities):
        assert not [key for key, count in Counter(line["key"] for line in lines).items() if count > 1]


def test_communities_stand_in_their_regions(script):
    for line in script.communities:
        for department in line.get("departments", [line["department"]]):
            assert geography.DEPARTMENTS[department].region_code == line["region"]
        assert any(
            role == {**role, "role": "community_manager", "node": line["key"]}
            for role in script.person[line["manager"]]["roles"]
        )
        written = [company for company in script.companies if company["communities"][0] == line["key"]]
        assert len(written) < line["companies"] <= 100


def test_companies_hold_together(script):
    keys = {line["key"] for line in script.communities}
    for line in script.companies:
        assert set(line["communities"]) <= keys
        assert line["kind"] in COMPANY_KINDS
        assert geography.department_of_postcode(line["postcode"]) == line["department"]
        if "siret" in line:
            assert validate_siret(line["siret"], siren=line["siren"])
    assert len({line["name"] for line in script.companies}) == len(script.companies)


def test_people_hold_together(script):
    nodes = {
        *(line["key"] for line in script.communities),
        *(f"region:{code}" for code in geography.REGIONS),
        "national",
    }
    for line in script.people:
        assert line.get("company", next(iter(script.company))) in script.company
        assert "company" in line or line.get("roles"), line["key"]
        for role in line.get("roles", []):
            assert role["role"] in ROLES
            assert role["node"] in nodes
            assert role["title"]
    assert any(line.get("mailbox") is False for line in script.people)


def test_each_place_has_its_people(script):
    held = Counter((role["role"], role["node"]) for line in script.people for role in line.get("roles", []))
    for line in script.communities:
        region = f"region:{line['region']}"
        assert held["ambassador", region] == 1
        assert held["technical_advisor", region] >= 1
        assert held["community_manager", line["key"]] == 1
        staff = [
            human
            for human in script.people
            if "company" in human and line["key"] in script.company[human["company"]]["communities"]
        ]
        assert len(staff) >= 8
        assert len({human["job_title"] for human in staff}) >= 8
    assert held["technical_advisor", "region:24"] == 3
    assert held["national_admin", "national"] >= 2


def test_every_written_company_has_a_referent_or_nobody(script):
    for company in script.companies:
        staff = [line for line in script.people if line.get("company") == company["key"]]
        assert not staff or any(line.get("referent") for line in staff), company["key"]


def test_members_of_restricted_rooms_belong_there(script):
    for key, room in rooms_of(script).items():
        if room["kind"] == "restricted":
            assert len(room["members"]) >= 5
            for member in room["members"]:
                assert key.split("/")[0] in places_of(script, member), (key, member)


def test_titles_are_unique(script):
    assert not [t for t, n in Counter(topic["title"] for topic in script.topics).items() if n > 1]
    assert all(5 <= len(topic["title"]) <= 160 for topic in script.topics)


def test_no_two_messages_are_alike(script):
    bodies = Counter(" ".join(line["body"].split()) for topic in script.topics for line in lines_of(topic))
    assert not [body for body, count in bodies.items() if count > 1]


def test_people_write_where_they_may(script):
    rooms = rooms_of(script)
    for topic in script.topics:
        key = f"{topic['place']}/{topic['room']}"
        room = rooms[key]
        assert topic["kind"] in TOPIC_KINDS
        for line in lines_of(topic):
            people = {line["author"], *line.get("mentions", [])}
            people |= {human for given in line.get("reactions", {}).values() for human in given}
            for human in people:
                assert topic["place"] in places_of(script, human), (topic["title"], human)
                if room["kind"] == "restricted":
                    assert human in room["members"], (topic["title"], human)
        if room["kind"] == "announcements":
            assert topic["place"] in moderated_by(script, topic["author"]), topic["title"]
        if topic["kind"] == "announcement":
            assert topic["place"] in moderated_by(script, topic["author"]), topic["title"]


def test_times_go_forward(script):
    for topic in script.topics:
        times = [instant_of(script, topic, line) for line in lines_of(topic)]
        assert times == sorted(times), topic["title"]
        assert len(set(times)) == len(times), topic["title"]
        assert topic["days"] < OPENED_DAYS_AGO - 3, topic["title"]


def test_answers_are_marked_where_they_can_be(script):
    for topic in script.topics:
        if accepted := topic.get("accepted"):
            assert topic["kind"] in ("question", "need"), topic["title"]
            assert 2 <= accepted <= len(lines_of(topic)), topic["title"]
        for number, line in enumerate(lines_of(topic), start=1):
            assert line.get("quote_of", 1) < max(number, 2), topic["title"]
            assert set(line.get("reactions", {})) <= set(REACTIONS)
            for given in line.get("reactions", {}).values():
                assert len(set(given)) == len(given), topic["title"]
                assert line["author"] not in given, (topic["title"], number)
            for human in line.get("mentions", []):
                assert f"@{human}" in line["body"], (topic["title"], human)


def test_pictures_exist_and_are_told_in_words(script):
    for topic in script.topics:
        for line in lines_of(topic):
            for picture in line.get("pictures", []):
                assert (PICTURES / f"{picture['key']}.webp").exists(), picture["key"]
                assert len(picture["alt"]) > 10, picture["key"]


def test_the_visitor_has_been_away_for_five_days(script):
    assert script.person["sandrine-caillaud"]["last_visit"] == 5
    lines = [line for topic in script.topics for line in lines_of(topic)]
    wrote = [line["days"] for line in lines if line["author"] == "sandrine-caillaud"]
    assert wrote
    assert min(wrote) >= 5
    reacted = [
        line["days"]
        for line in lines
        if any("sandrine-caillaud" in given for given in line.get("reactions", {}).values())
    ]
    assert min(reacted) >= 5


def test_what_waits_at_the_desks_holds_together(script):
    authors = {topic["title"]: {line["author"] for line in lines_of(topic)} for topic in script.topics}
    for report in script.moderation["reports"]:
        assert report["post_of"] in authors[report["topic"]]
        assert report["reporter"] in script.person
        assert report["reason"] in REASONS
        if "measure" in report:
            assert report["ground"] in GROUNDS
            assert report["decided_by"] in script.person
    assert any("measure" not in report for report in script.moderation["reports"])
    communities = {line["key"] for line in script.communities}
    for request in script.moderation["requests"]:
        assert request["community"] in communities
        if request.get("answer", {}).get("state") == "refused":
            assert request["answer"]["reason_code"] in REFUSAL_REASONS
    assert any("answer" not in request for request in script.moderation["requests"])
