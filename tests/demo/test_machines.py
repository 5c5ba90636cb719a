"""The written labs hold together: bookings keep the rules of their machine, and whoever books may."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from app.core import geography
from app.demo.script import CONTENT, PICTURES
from app.resources import models
from tools import render_pictures

pytestmark = pytest.mark.once

DAY = 24 * 60
SEED = Path(__file__).parents[2] / "migrations" / "versions" / "0012_machines.py"
SUPERVISIONS = {"free", "manager_present", "two_people"}


def read(path: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return read("machines.toml")


@pytest.fixture(scope="module")
def labs(written):
    return {line["key"]: line for line in written["labs"]}


@pytest.fixture(scope="module")
def machines(written):
    return {line["key"]: line for line in written["machines"]}


@pytest.fixture(scope="module")
def companies():
    return {line["key"]: line for line in read("companies.toml")["companies"]}


@pytest.fixture(scope="module")
def people(written):
    return {line["key"]: line for line in [*read("people.toml")["people"], *written["lab_people"]]}


@pytest.fixture(scope="module")
def regions():
    """The region of every community."""
    return {line["key"]: f"region:{line['region']}" for line in read("communities.toml")["communities"]}


@pytest.fixture(scope="module")
def types() -> set[str]:
    """The qualification types that every installation has."""
    spec = importlib.util.spec_from_file_location("seed_of_types", SEED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {row[0] for row in module.TYPES}


def minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def span(line: dict[str, Any]) -> tuple[int, int]:
    """From and until, in minutes after the Monday of the week."""
    last = line.get("end_day", line["day"])
    return line["day"] * DAY + minutes(line["start"]), last * DAY + minutes(line["end"])


def blocked(line: dict[str, Any], machine: dict[str, Any]) -> tuple[int, int]:
    start, end = span(line)
    return start - machine["setup_minutes"], end + machine["cleanup_minutes"]


def stretches(lab: dict[str, Any], day: int) -> list[tuple[int, int]]:
    """When the lab is open on a day of the week, in minutes after the Monday."""
    return [
        (day * DAY + minutes(hours["opens"]), day * DAY + minutes(hours["closes"]))
        for hours in lab["hours"]
        if day % 7 in hours["days"]
    ]


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def unit_of(line: dict[str, Any], machine: dict[str, Any]) -> str:
    unit: str = line.get("unit", machine["units"][0])
    return unit


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def test_labs_stand_somewhere(written, labs, regions):
    nodes = {*regions, *regions.values()}
    for lab in written["labs"]:
        assert {lab["node"], *lab["serves"]} <= nodes
        assert geography.department_of_postcode(lab["postcode"]) == lab["department"]
        region = geography.DEPARTMENTS[lab["department"]].region_code
        assert f"region:{region}" == regions.get(lab["node"], lab["node"])
        assert lab["label_state"] in models.LABEL_STATES
        assert all(minutes(hours["opens"]) < minutes(hours["closes"]) for hours in lab["hours"])
        assert lab["time_zone"] == geography.DEPARTMENTS[lab["department"]].time_zone
    assert len(labs) == len(written["labs"]) >= 4


def test_labs_have_people(written, people, companies):
    assert all(line["company"] in companies for line in written["lab_people"])
    assert len(people) == len(read("people.toml")["people"]) + len(written["lab_people"])
    for lab in written["labs"]:
        assert {line["role"] for line in lab["staff"]} == set(models.STAFF_ROLES)
        assert {line["person"] for line in lab["staff"]} <= set(people)


def test_machines_hold_together(written, machines, labs, companies, types):
    assert len(machines) == len(written["machines"])
    for machine in written["machines"]:
        assert machine["lab"] in labs
        assert machine.get("owner", "levage-lorraine") in companies
        assert set(machine["requires"]) <= types
        assert machine["supervision"] in SUPERVISIONS
        assert 0 < machine["step_minutes"] <= machine["default_minutes"] <= machine["max_minutes"]
        assert machine["next_check_in_days"] > 14
        assert 4 <= len(machine["specification"]) <= 7
        assert len(machine["to_know"]) == 3
        assert len(set(machine["units"])) == len(machine["units"]) >= 1
        assert len(machine["protective_equipment"]) <= 300
    assert Counter(line["lab"] for line in written["machines"])["blois"] >= 12


def test_every_machine_is_drawn_and_every_drawing_of_one_shown(written):
    for machine in written["machines"]:
        assert (PICTURES / f"{machine['picture']}.webp").exists(), machine["key"]
        assert len(machine["alt"]) > 20, machine["key"]
    drawn = {source.stem for source in render_pictures.sources() if source.stem.startswith("machine-")}
    assert {machine["picture"] for machine in written["machines"]} == drawn


def test_bookings_keep_the_rules_of_their_machine(written, machines, labs):
    for line in written["bookings"]:
        machine, (start, end) = machines[line["machine"]], span(line)
        lab = labs[machine["lab"]]
        first, last = stretches(lab, start // DAY), stretches(lab, (end - 1) // DAY)
        assert machine["state"] == "bookable", line
        assert unit_of(line, machine) in machine["units"], line
        assert machine["step_minutes"] <= end - start <= machine["max_minutes"], line
        assert start % DAY % machine["step_minutes"] == 0, line
        assert end % DAY % machine["step_minutes"] == 0, line
        if machine["runs_unattended"] or machine["leaves_lab"]:
            assert any(opens <= start < closes for opens, closes in first), line
            assert any(opens < end <= closes for opens, closes in last), line
        else:
            assert any(opens <= start and end <= closes for opens, closes in first), line
        assert line.get("state", "confirmed") in ("confirmed", "requested"), line
        assert line.get("state") != "requested" or machine["needs_approval"], line
        closed = {day["day"] for day in lab["days"] if not day["is_open"]}
        assert not closed & set(range(line["day"], line.get("end_day", line["day"]) + 1)), line


def test_no_two_occupations_of_a_unit_overlap(written, machines):
    for one, other in combinations(written["bookings"], 2):
        machine = machines[one["machine"]]
        if one["machine"] == other["machine"] and unit_of(one, machine) == unit_of(other, machine):
            assert not meet(blocked(one, machine), blocked(other, machine)), (one, other)
    met = [
        line["purpose"]
        for outage in written["outages"]
        for line in written["bookings"]
        if line["machine"] == outage["machine"]
        and meet(span(outage), blocked(line, machines[line["machine"]]))
    ]
    assert met == ["piétement, suite"], "one is suspended by a breakdown"


def test_nobody_stands_at_two_machines_at_once(written, machines):
    attended = [
        line
        for line in written["bookings"]
        if not machines[line["machine"]]["runs_unattended"] and not machines[line["machine"]]["leaves_lab"]
    ]
    for one, other in combinations(attended, 2):
        assert one["person"] != other["person"] or not meet(span(one), span(other)), (one, other)


def test_people_book_where_they_belong(written, machines, labs, people, companies, regions):
    for line in written["bookings"]:
        homes = companies[people[line["person"]]["company"]]["communities"]
        places = {*homes, *(regions[home] for home in homes)}
        assert places & set(labs[machines[line["machine"]]["lab"]]["serves"]), line


def test_qualifications_cover_the_bookings(written, machines, people, labs, types):
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in written["qualifications"]:
        assert line["type"] in types
        assert line["person"] in people
        if "company" in line:
            assert line["company"] == people[line["person"]]["company"], line
        else:
            assert line["lab"] in labs
        held.setdefault((line["person"], line["type"]), []).append(line)
    for line in written["bookings"]:
        for code in machines[line["machine"]]["requires"]:
            found = held.get((line["person"], code), [])
            if code == "hot_work_permit":
                assert sum(permit["day"] == line["day"] for permit in found) == 1, line
            else:
                assert any(one["valid_in_months"] >= 1 for one in found), (line, code)
    for person, code in held:
        assert code != "training_machining_2" or (person, "training_machining_1") in held


def test_the_visitor_may_use_some_machines_and_not_others(written, machines):
    held = {
        line["type"]: line["valid_in_months"]
        for line in written["qualifications"]
        if line["person"] == "sandrine-caillaud"
    }
    assert all(
        held[code] == 16
        for key in ("blois-laser-co2", "blois-fraisage-3")
        for code in machines[key]["requires"]
    )
    assert "training_machining_2" not in held
    assert "employer_authorisation" not in held
    days = {line["day"] // 7 for line in written["bookings"] if line["person"] == "sandrine-caillaud"}
    assert days == {0, 1}


def test_something_is_out_of_order_told_and_asked(written, machines, people):
    assert any(line["reason"] == "vérification annuelle" for line in written["outages"])
    assert any(line["severity"] == "remark" for line in written["incidents"])
    assert any(line.get("state") == "requested" for line in written["bookings"])
    for line in [*written["outages"], *written["incidents"]]:
        assert line["machine"] in machines
        named = {line[field] for field in ("declared_by", "reporter", "handled_by") if field in line}
        assert named <= set(people)


def test_links_lead_to_topics_and_sheets(written, machines):
    titles = {
        topic["title"]
        for path in (CONTENT / "topics").glob("*.toml")
        for topic in tomllib.loads(path.read_text(encoding="utf-8")).get("topics", [])
    }
    sheets = {sheet["title"] for sheet in read("practices.toml")["practices"]}
    for line in written["links"]:
        assert line["machine"] in machines
        assert line["topic"] in titles if "topic" in line else line["practice"] in sheets, line


def test_the_words_of_machines_are_set_as_french_is(written):
    # Links quote titles, as they are written elsewhere.
    for text in texts({**written, "links": []}):
        assert not re.search(r"\w'\w", text), text
        assert not re.search(r"\w [:;?!%»]|« ", text), text
