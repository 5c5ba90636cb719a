"""A marker planted everywhere in a private community is seen by nobody else, through any door.

Every GET route of the URL map is walked as each outsider with every id there is; the same walk as a member finds the
marker, so that the test could fail. A route with a parameter that no table is named for fails the test until it is.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from app.accounts.models import User, UserSession
from app.accounts.realtime import catch_up_message
from app.communities.models import (
    Company,
    CompanyMembership,
    Competitor,
    Employment,
    Invitation,
    JoinRequest,
    Node,
    ReturnCode,
    RoleGrant,
)
from app.core import blobs, jobs, journal
from app.core.blobs.models import Blob
from app.core.database import transaction
from app.core.versions import Remembered
from app.extensions import db
from app.forums import operations as forums
from app.forums.models import Post, Room, Topic
from app.library.models import Practice, PracticeApplication, PracticeVersion
from app.moderation.models import Appeal, CannedText, Decision, Report
from app.notifications.models import Mail, Notification
from app.resources import calendars
from app.resources.models import Incident, Lab, Machine, Occupation, Outage
from app.resources.slots import next_free
from tests.library.conftest import published, words
from tests.probe import seeds
from tests.support import cast as casting
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.labs import add_machine, open_lab, reserve

MARKER = "zqmarqueurqz"
DRAFTED = "zqbrouillonqz"
"""Said in drafts, which nobody but their author reads."""

TABLES: dict[str, Any] = {
    "topic_id": Topic.id,
    "post_id": Post.id,
    "room_id": Room.id,
    "node_id": Node.id,
    "company_id": Company.id,
    "competitor_id": Competitor.id,
    "person_id": User.id,
    "membership_id": CompanyMembership.id,
    "employment_id": Employment.id,
    "invitation_id": Invitation.id,
    "code_id": ReturnCode.id,
    "join_id": JoinRequest.id,
    "grant_id": RoleGrant.id,
    "session_id": UserSession.id,
    "notification_id": Notification.id,
    "mail_id": Mail.id,
    "report_id": Report.id,
    "decision_id": Decision.id,
    "appeal_id": Appeal.id,
    "text_id": CannedText.id,
    "waiting_id": Report.id,
    "thing_id": Post.id,
    "practice_id": Practice.id,
    "application_id": PracticeApplication.id,
    "booking_id": Occupation.id,
    "lab_id": Lab.id,
    "machine_id": Machine.id,
    "outage_id": Outage.id,
    "key": Blob.key,
    "slug": Node.slug,
    "receipt": Report.receipt,
}
THINGS: dict[str, Any] = {
    "post": Post.id,
    "topic": Topic.id,
    "company": Company.id,
    "person": User.id,
    "room": Room.id,
    "practice": Practice.id,
    "practice_version": PracticeVersion.id,
    "application": PracticeApplication.id,
    "machine": Machine.id,
    "lab": Lab.id,
    "booking": Occupation.id,
    "incident": Incident.id,
}
"""Tables of things that are named by type and id."""

WORDS = {
    "variant": ["thumb"],
    "kind": ["report", "appeal", "membership", "join_request", "practice", "danger"],
    "name": list(THINGS),
    "token": [MARKER, "x"],
}
"""Parameters that are not rows: tokens are random, and guessing them is tried elsewhere."""

QUERIES = {
    "/recherche": [f"?q={MARKER}", "?q=usure", f"?q={MARKER}&type=post", f"?q={MARKER}&type=person"],
    "/demander": ["", f"?mot={MARKER}", "?vue=non-lus", "?vue=sans-reponse"],
    "/mentions": ["?topic=1&q=an", "?room=1&q=an", "?room=3&q=an"],
    "/journal": ["?scope={scope}&after=0"],
    "/apprendre": ["", "?domaine=PRO", "?lieu=20", "?technologie=lean&preuve=measured"],
    "/apprendre/nouvelle": ["", "?depuis=topic:1", "?depuis=topic:2"],
    "/sujets/nouveau": ["?salle=1", "?salle=3"],
    "/reservations": ["", "?entreprise=1", "?entreprise=2"],
    "/rejoindre": ["", "?q=val", "?region=24"],
}


@pytest.fixture(autouse=True)
def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is believed, as in service: a part kept for one reader would be shown to the next."""
    monkeypatch.setattr(Remembered, "doubted", False)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The cast, with the marker planted wherever Val de Loire keeps something to itself."""
    made = casting.build()
    plant(app, made)
    return made


def plant(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, f"Usure {MARKER}", f"Bonjour {MARKER}")
    answer = reply(cast.bruno, topic, f"Réponse {MARKER}")
    open_topic(cast.manon, cast.secrete, f"Secret {MARKER}", f"Secret {MARKER}", kind="discussion")
    with transaction():
        db.session.execute(
            update(Company).where(Company.id == cast.atelier.id).values(summary=f"Fait {MARKER}")
        )
        db.session.execute(
            update(User).where(User.id == cast.ana.id).values(about=f"Suis {MARKER}", trade=MARKER)
        )
    ana = sign_in(app.test_client(), cast.ana)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    picture.seek(0)
    sent = ana.post("/blobs", data={"file": (picture, f"{MARKER}.png"), "alt": MARKER})
    assert sent.status_code == 201
    posted = ana.post(
        f"/sujets/{topic.id}/messages",
        data={"body": f"{sent.json['markdown']}\n{MARKER}", "request_id": uuid.uuid4()},
    )
    assert posted.status_code == 302
    plant_sheets(app, cast, ana)
    plant_bookings(cast)
    seeds.plant_lab_life(app, cast, MARKER)
    seeds.plant_desk(app, cast, answer.id, MARKER)
    seeds.plant_links(cast, topic.id, MARKER)
    move_and_tell(app, cast)
    assert ana.put("/brouillons/topic", json={"body": MARKER, "sequence": 1}).json["kept"]
    assert sign_in(app.test_client(), cast.rita).get(f"/signaler/post/{answer.id}").status_code == 200
    jobs.drain()
    assert blobs.store()


def plant_sheets(app: Flask, cast: Cast, ana: Any) -> None:
    """A sheet that all of Val de Loire reads, applied by Bruno; it says the marker in every field."""
    made = published(cast.ana, cast.loire, cast.manon, **said(MARKER))
    told = {"place": MARKER, "note": MARKER, "applied_on": "2026-03-01", "request_id": uuid.uuid4()}
    bruno = sign_in(app.test_client(), cast.bruno)
    assert bruno.post(f"/apprendre/{made.id}/application", data=told).status_code == 302
    plant_drafts(ana, cast, DRAFTED)


def plant_bookings(cast: Cast) -> None:
    """A machine that Val de Loire shares, booked by Ana, whose calendar has an address."""
    machine = add_machine(
        open_lab(cast.loire, name=f"Fab lab {MARKER}"), name=f"Tour {MARKER}", summary=MARKER
    )
    slot = next_free(machine.id, cast.ana, None, 60, 0, 1)[0]
    reserve(cast.ana, machine, *slot, purpose=MARKER)
    with transaction():
        calendars.open_feed(cast.ana)


def plant_drafts(ana: Any, cast: Cast, marker: str) -> None:
    """What Ana alone reads: a draft with its picture, and a newer version of a published sheet."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(picture, "PNG")
    picture.seek(0)
    sent = ana.post("/blobs", data={"file": (picture, f"{marker}.png"), "alt": marker}).json
    values = words(node_id=cast.loire.id, **{**said(marker), "solution": f"{marker} {sent['markdown']}"})
    assert ana.put("/apprendre/brouillons", json=values).status_code == 200
    older = published(cast.ana, cast.loire, cast.manon, title="Une fiche connue")
    assert ana.post(f"/apprendre/{older.id}/version").status_code == 302
    newer = {**words(**said(marker)), "id": older.id, "revision": 1}
    assert ana.put("/apprendre/brouillons", json=newer).status_code == 200


def said(marker: str) -> dict[str, str]:
    """A sheet that says the marker wherever it can."""
    fields = ("situation", "solution", "pitfalls", "effect", "indicator", "method", "cost", "contact_note")
    return {"title": f"Fiche {marker}", **dict.fromkeys(fields, marker)}


def move_and_tell(app: Flask, cast: Cast) -> None:
    """A topic that everybody could read goes to Val de Loire, and says the marker there only."""
    with transaction():
        nation = db.session.get_one(Node, cast.nodes["nation"].id)
        everybody = forums.open_room(node=nation, author=None, name="Entre régions")
    topic = open_topic(cast.nadia, everybody, "Parti ailleurs")
    answer = reply(cast.nadia, topic, "Une réponse")
    nadia = sign_in(app.test_client(), cast.nadia)
    target = {"room_id": cast.usinage_loire.id}
    assert nadia.post(f"/sujets/{topic.id}/deplacement", data=target).status_code == 302
    changed = nadia.post(f"/messages/{answer.id}/modifier", data={"body": MARKER, "base_version": 1})
    assert changed.status_code == 302


def addresses(app: Flask) -> Iterator[str]:
    """Every GET route, with every value its parameters can take."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("static") or rule.endpoint == "asset":
            continue
        if rule.rule.startswith("/static"):
            continue
        with app.test_request_context():
            for values in choices(rule):
                path = rule.rule
                for name, value in values.items():
                    for shape in (f"<int:{name}>", f"<{name}>", f"<path:{name}>"):
                        path = path.replace(shape, str(value))
                assert "<" not in path, f"{rule.rule}: name the table of its parameters in TABLES"
                yield from (path + query for query in queries_of(path))


def choices(rule: Any) -> Iterator[dict[str, Any]]:
    """What the parameters of a route may be together."""
    names = sorted(rule.arguments)
    if names == ["name", "thing_id"]:
        # A thing is of its type: the ids of others would only be asked again.
        for kind, column in THINGS.items():
            for thing_id in db.session.execute(select(column)).scalars():
                yield {"name": kind, "thing_id": thing_id}
        return
    # Behind an id, a slug is for people and decides nothing.
    decorated = {"slug"} if "-<slug>" in rule.rule else set()
    for values in product(*(["x"] if name in decorated else values_of(name) for name in names)):
        yield dict(zip(names, values, strict=True))


def values_of(name: str) -> Iterable[Any]:
    if name in WORDS:
        return WORDS[name]
    assert name in TABLES, f"name the table of {name!r} in TABLES"
    asked = select(TABLES[name])
    if name in ("slug", "node_id"):
        # Sixteen empty regions would only make the walk longer.
        asked = asked.where(Node.code.in_(("24", "53")) | (Node.kind != "region"))
    return list(db.session.execute(asked).scalars())


def queries_of(path: str) -> list[str]:
    scopes = db.session.execute(select(journal.Scope.id)).scalars().all()
    return [
        query.format(scope=scope)
        for query in QUERIES.get(path, [""])
        for scope in (scopes if "{scope}" in query else [0])
    ]


def seen_by(client: Any, paths: list[str], marker: str = MARKER) -> set[str]:
    """The addresses whose answer holds the marker that was not in the question."""
    found = set()
    for path in paths:
        answer = client.get(path)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        if answer.status_code < 300 and marker in answer.get_data().decode(errors="replace").replace(
            asked(path), ""
        ):
            found.add(path)
        answer.close()
    return found


def asked(path: str) -> str:
    """What a page may repeat of the question itself."""
    return MARKER if MARKER in path else "\0"


@pytest.mark.parametrize("outsider", ["visitor", "yann", "anne"])
def test_no_page_shows_it_to_an_outsider(app: Flask, cast: Cast, outsider: str) -> None:
    client = app.test_client()
    if outsider != "visitor":
        sign_in(client, getattr(cast, outsider))
    paths = sorted(set(addresses(app)))
    assert len(paths) > 150

    assert seen_by(client, paths) == set()


@pytest.mark.parametrize("colleague", ["rita", "bruno", "manon", "amir", "nadia"])
def test_no_page_shows_a_draft_but_to_its_author(app: Flask, cast: Cast, colleague: str) -> None:
    paths = sorted(
        path
        for path in set(addresses(app))
        if path.startswith(
            ("/apprendre", "/blobs", "/recherche", "/journal", "/signaler", "/liens", "/notif")
        )
    )
    drawn = {path for path in paths if path.startswith("/blobs/") and blue_key() in path}
    reader = sign_in(app.test_client(), getattr(cast, colleague))
    # The referent of the firm writes the newer version with Ana; the draft that nobody published is hers alone.
    shared, version_id = newer_draft()
    written = {f"{shared}/ecrire", f"{shared}/suppression", f"/signaler/practice_version/{version_id}"}
    expected = written if colleague == "rita" else set()

    assert seen_by(reader, paths, DRAFTED) == expected
    assert opened_by(reader, drawn) == set()
    ana = sign_in(app.test_client(), cast.ana)
    assert len(seen_by(ana, paths, DRAFTED)) >= 4
    assert opened_by(ana, drawn) == drawn


FEW = {
    seeds.CONFIDENTIAL: {"ana", "rita", "nadia"},
    seeds.WORKSHOP: {"ana", "manon", "amir", "nadia"},
    seeds.PROPOSED: {"ana", "rita", "manon", "amir", "nadia"},
    seeds.CASE: {"rita", "manon", "amir", "nadia"},
}
"""Who reads what is said to a few: everybody else does not."""


def test_what_is_said_to_a_few_is_seen_by_them_alone(app: Flask, cast: Cast) -> None:
    starts = (
        "/labs", "/machines", "/arrets", "/reserv", "/calendriers", "/apprendre", "/recherche", "/journal",
        "/moderation", "/notif", "/blobs", "/signale", "/liens", "/messages", "/sujets", "/decisions", "/personnes",
    )  # fmt: skip
    walked = {path for path in set(addresses(app)) if path.startswith(starts)}
    paths = sorted({path.replace(MARKER, marker) for marker in FEW for path in walked})
    for name in ("ana", "rita", "bruno", "manon", "amir", "nadia", "yann", "maelle"):
        client = sign_in(app.test_client(), getattr(cast, name))
        found: dict[str, str] = {}
        for path in paths:
            answer = client.get(path)
            text = answer.get_data().decode(errors="replace") if answer.status_code < 300 else ""
            found |= {marker: path for marker in FEW if marker not in path and marker in text}
            answer.close()
        assert found.keys() <= {marker for marker, few in FEW.items() if name in few}, (name, found)
        assert name != "nadia" or found.keys() == FEW.keys(), found


def opened_by(client: Any, paths: Iterable[str]) -> set[str]:
    """The addresses that answer at all."""
    opened = set()
    for path in paths:
        answer = client.get(path)
        if answer.status_code < 300:
            opened.add(path)
        answer.close()
    return opened


def newer_draft() -> tuple[str, int]:
    """The address of the published sheet that is written anew, and the id of its open version."""
    row = db.session.execute(
        select(Practice.id, PracticeVersion.id.label("version_id"))
        .join(PracticeVersion, PracticeVersion.practice_id == Practice.id)
        .where(Practice.title == "Une fiche connue", PracticeVersion.state == "draft")
    ).one()
    return f"/apprendre/{row.id}", row.version_id


def blue_key() -> str:
    return db.session.execute(select(Blob.key).where(Blob.original_name.startswith(DRAFTED))).scalar_one()


def test_a_search_counts_nothing_for_an_outsider(app: Flask, cast: Cast) -> None:
    member = sign_in(app.test_client(), cast.bruno).get(f"/recherche?q={MARKER}").text
    stranger = sign_in(app.test_client(), cast.yann).get(f"/recherche?q={MARKER}").text

    assert "/sujets/" in member
    assert "/sujets/" not in stranger.split("<main", 1)[1]
    assert "/personnes/" not in stranger.split("<main", 1)[1].split("</main>")[0]


def test_the_same_walk_finds_it_for_a_member(app: Flask, cast: Cast) -> None:
    found = seen_by(sign_in(app.test_client(), cast.bruno), sorted(set(addresses(app))))

    for start in (
        "/sujets/",
        "/salles/",
        "/messages/",
        "/personnes/",
        "/entreprises/",
        "/demander",
        "/apprendre/",
        "/apprendre?",
        "/journal",
        "/",
    ):
        assert any(path.startswith(start) for path in found), (
            f"{start} shows nothing to a member: {sorted(found)}"
        )


def test_no_socket_joins_a_scope_that_is_not_its_own(app: Flask, cast: Cast) -> None:
    scopes = db.session.execute(select(journal.Scope.id)).scalars().all()
    with app.test_request_context():
        for outsider in (cast.yann, cast.anne):
            user = db.session.get_one(User, outsider.id)
            allowed = journal.allowed(user, scopes)
            assert allowed
            assert MARKER not in str(catch_up_message(dict.fromkeys(allowed, 0)))
        ana = db.session.get_one(User, cast.ana.id)
        assert MARKER in str(catch_up_message(dict.fromkeys(journal.allowed(ana, scopes), 0)))


def test_no_mail_carries_it_out(app: Flask, cast: Cast) -> None:
    inside = (cast.ana, cast.bruno, cast.rita, cast.manon, cast.amir, cast.nadia)
    insiders = {person.email for person in inside}
    mails = db.session.execute(select(Mail.address, Mail.text, Mail.html, Mail.subject)).all()
    told = {mail.address for mail in mails if MARKER in f"{mail.text}{mail.html}{mail.subject}"}
    assert told <= insiders


def test_no_mail_and_no_open_page_says_what_was_said_to_a_few(app: Flask, cast: Cast) -> None:
    told = {
        seeds.CONFIDENTIAL: {cast.ana.email},
        seeds.WORKSHOP: {cast.nadia.email},
        seeds.PROPOSED: {cast.ana.email, cast.manon.email, cast.amir.email},
        seeds.CASE: {cast.manon.email, cast.amir.email, cast.rita.email},
    }
    for mail in db.session.execute(select(Mail.address, Mail.text, Mail.html, Mail.subject, Mail.files)):
        for marker, allowed in told.items():
            if marker in f"{mail.text}{mail.html}{mail.subject}{mail.files}":
                assert mail.address in allowed, (marker, mail.subject)
    scopes = db.session.execute(select(journal.Scope.id)).scalars().all()
    with app.test_request_context():
        bruno = db.session.get_one(User, cast.bruno.id)
        heard = str(catch_up_message(dict.fromkeys(journal.allowed(bruno, scopes), 0)))
    assert "booking.changed" in heard
    assert not [marker for marker in told if marker in heard]


def test_the_photo_of_an_incident_is_opened_by_those_who_read_the_incident(app: Flask, cast: Cast) -> None:
    keys = db.session.execute(select(Blob.key).where(Blob.original_name.startswith(seeds.WORKSHOP))).scalars()
    paths = {f"/blobs/{key}{variant}" for key in keys.all() for variant in ("", "/thumb")}
    assert len(paths) == 2
    for name, opened in (
        ("bruno", set()),
        ("rita", set()),
        ("yann", set()),
        ("ana", paths),
        ("nadia", paths),
    ):
        assert opened_by(sign_in(app.test_client(), getattr(cast, name)), paths) == opened, name


def test_an_export_holds_what_its_person_may_read_and_nothing_said_to_others(app: Flask, cast: Cast) -> None:
    kept = (seeds.CONFIDENTIAL, seeds.WORKSHOP, seeds.PROPOSED, seeds.CASE, DRAFTED)
    for name, own in (
        ("ana", {seeds.CONFIDENTIAL, seeds.WORKSHOP, seeds.PROPOSED, DRAFTED}),
        ("rita", {seeds.CASE}),
        ("bruno", set()),
        ("maelle", set()),
    ):
        answer = sign_in(app.test_client(), getattr(cast, name)).post("/compte/donnees/export")
        assert answer.status_code == 200
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            text = "".join(archive.read(item).decode(errors="replace") for item in archive.namelist())
        assert {marker for marker in kept if marker in text} == own, name
        assert (MARKER in text) == (name in ("ana", "bruno")), "what one wrote oneself"
