"""Who may do what with sheets, as one table: each role tries each act through the real door."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core import things
from app.core.database import transaction
from app.extensions import db
from app.library import operations, queries
from app.library.models import Practice, PracticeApplication, PracticeVersion
from app.library.telling import told_of
from tests.library.conftest import decide, draft, proposed, published, words
from tests.support.cast import Cast, sign_in

TABLE = """
                 ana rita bruno manon amir nadia yann anne
read             y   y    y     y     y    y     .    .
history          y   y    y     y     y    y     .    .
read_draft       y   .    .     .     .    .     .    .
write_draft      y   .    .     .     .    .     .    .
propose          y   .    .     .     .    .     .    .
read_proposed    y   .    .     y     y    y     .    .
take_back        y   .    .     .     .    .     .    .
publish          .   .    .     y     y    y     .    .
return           .   .    .     y     y    y     .    .
write_anew       y   y    .     .     .    .     .    .
confirm          .   .    .     y     y    y     .    .
withdraw         y   y    .     y     y    y     .    .
reinstate        .   .    .     y     y    y     .    .
read_withdrawn   y   y    .     y     y    y     .    .
apply            .   .    y     .     .    .     .    .
verify           .   .    .     y     y    y     .    .
remove           .   .    y     .     .    .     .    .
link             y   y    .     y     y    y     .    .
"""
"""Author, her referent, another member, manager, ambassador, national team; a stranger and the ambassador elsewhere."""


def expectations() -> list[tuple[str, str, bool]]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    return [(role, row[0], mark == "y") for row in rows for role, mark in zip(names, row[1:], strict=True)]


class Scene:
    """What an act begins with, made anew for each person who tries it."""

    def __init__(self, cast: Cast, act: str) -> None:
        self.cast = cast
        self.id = 0
        self.application = 0
        if act in ("read_draft", "write_draft", "propose"):
            self.id = draft(cast.ana, cast.loire)
        elif act in ("read_proposed", "take_back", "publish", "return"):
            self.id = proposed(cast.ana, cast.loire)
        else:
            self.id = published(cast.ana, cast.loire, cast.manon).id
        if act in ("reinstate", "read_withdrawn"):
            with transaction():
                practice = queries.practice_to_change(cast.manon, self.id)
                operations.withdraw(practice, by=cast.manon, reason="Elle n’est plus juste.")
        if act in ("verify", "remove"):
            self.application = applied(cast, self.id)


def applied(cast: Cast, practice_id: int) -> int:
    told = told_of({"place": "Nogent", "before_value": "45", "after_value": "30", "unit": "min"})
    with transaction():
        practice = queries.practice_to_change(cast.bruno, practice_id)
        made = operations.apply(
            practice,
            told,
            person=cast.bruno,
            company_id=cast.plasturgie.id,
            applied_on=practice.verified_on,
            request_id=str(uuid.uuid4()),
        )
        return made.id


def revision(practice_id: int) -> int:
    version = queries.open_version(practice_id)
    return version.revision if version else 0


def telling() -> dict[str, Any]:
    return {"place": "Vendôme", "applied_on": "2026-03-01", "request_id": uuid.uuid4()}


ACTS: dict[str, Callable[[Any, Scene], Any]] = {
    "read": lambda c, s: c.get(f"/apprendre/{s.id}-x"),
    "history": lambda c, s: c.get(f"/apprendre/{s.id}/historique"),
    "read_draft": lambda c, s: c.get(f"/apprendre/{s.id}/ecrire"),
    "write_draft": lambda c, s: c.put("/apprendre/brouillons", json={**words(), "id": s.id, "revision": 1}),
    "propose": lambda c, s: c.post(f"/apprendre/{s.id}/ecrire", data=words(revision=1, propose="1")),
    "read_proposed": lambda c, s: c.get(f"/apprendre/{s.id}/relecture"),
    "take_back": lambda c, s: c.post(f"/apprendre/{s.id}/reprise"),
    "publish": lambda c, s: c.post(f"/apprendre/{s.id}/publication", data={"revision": revision(s.id)}),
    "return": lambda c, s: c.post(
        f"/apprendre/{s.id}/renvoi",
        data={"revision": revision(s.id), "remarks": "Dites quelle presse, et quand."},
    ),
    "write_anew": lambda c, s: c.post(f"/apprendre/{s.id}/version"),
    "confirm": lambda c, s: c.post(f"/apprendre/{s.id}/verification"),
    "withdraw": lambda c, s: c.post(f"/apprendre/{s.id}/retrait", data={"reason": "Elle n’est plus juste."}),
    "reinstate": lambda c, s: c.post(f"/apprendre/{s.id}/retour"),
    "read_withdrawn": lambda c, s: c.get(f"/apprendre/{s.id}-x"),
    "apply": lambda c, s: c.post(f"/apprendre/{s.id}/application", data=telling()),
    "verify": lambda c, s: c.post(f"/apprendre/applications/{s.application}/verification"),
    "remove": lambda c, s: c.post(f"/apprendre/applications/{s.application}/suppression"),
    "link": lambda c, s: c.get(f"/liens/practice/{s.id}"),
}


@pytest.mark.parametrize("act", list(ACTS))
def test_each_act_is_open_to_whom_the_table_says_and_to_nobody_else(app: Flask, cast: Cast, act: str) -> None:
    for role, name, allowed in expectations():
        if name != act:
            continue
        scene = Scene(cast, act)
        client = sign_in(app.test_client(), getattr(cast, role))
        status = ACTS[act](client, scene).status_code
        assert (status < 400) is allowed, f"{role} {act}: {status}"
    assert ACTS[act](app.test_client(), scene).status_code in (302, 303, 401)


def test_every_line_of_the_table_is_tried() -> None:
    assert {name for _role, name, _allowed in expectations()} == set(ACTS)


def test_nobody_judges_their_own_sheet_nor_their_firm_s(app: Flask, cast: Cast) -> None:
    from app.communities import operations as communities
    from app.communities.access import forget_access

    own = proposed(cast.manon, cast.loire)
    manon = sign_in(app.test_client(), cast.manon)
    assert manon.post(f"/apprendre/{own}/publication", data={"revision": 1}).status_code == 403
    assert "Publier la fiche" not in manon.get(f"/apprendre/{own}/relecture").text
    with transaction():
        communities.employ(cast.amir, cast.atelier, job_title="Conseil")
    forget_access()
    firm_s = proposed(cast.ana, cast.loire)
    amir = sign_in(app.test_client(), cast.amir)
    assert amir.post(f"/apprendre/{firm_s}/publication", data={"revision": 1}).status_code == 403
    nadia = sign_in(app.test_client(), cast.nadia)
    for waiting in (own, firm_s):
        assert f"/apprendre/{waiting}/relecture" in nadia.get("/apprendre/mes-fiches").text
        assert nadia.post(f"/apprendre/{waiting}/publication", data={"revision": 1}).status_code == 302
    assert f"/apprendre/{firm_s}/relecture" not in amir.get("/apprendre/mes-fiches").text


def test_a_hidden_sheet_is_read_by_its_author_and_moderators_alone(
    app: Flask, cast: Cast, sheet: Practice
) -> None:
    with transaction():
        operations.hide_practice(sheet.id)
    address = f"/apprendre/{sheet.id}"
    assert "masquée par la modération" in sign_in(app.test_client(), cast.ana).get(address).text
    assert sign_in(app.test_client(), cast.manon).get(address).status_code == 200
    bruno = sign_in(app.test_client(), cast.bruno)
    assert bruno.get(address).status_code == 404
    assert "Préparer un changement" not in bruno.get("/apprendre").text
    assert address not in bruno.get("/recherche?q=changement").text
    with transaction():
        operations.restore_practice(sheet.id)
    assert bruno.get(address).status_code == 200
    assert address in bruno.get("/recherche?q=changement").text


def test_somebody_else_s_firm_is_not_spoken_for(app: Flask, cast: Cast, sheet: Practice) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    told = {**telling(), "company_id": cast.atelier.id}
    assert bruno.post(f"/apprendre/{sheet.id}/application", data=told).status_code == 422
    assert db.session.query(PracticeApplication).count() == 0
    written = bruno.post("/apprendre/nouvelle", data=words(node_id=cast.loire.id, company_id=cast.atelier.id))
    assert written.status_code == 422
    elsewhere = bruno.post("/apprendre/nouvelle", data=words(node_id=cast.vitre.id))
    assert elsewhere.status_code in (403, 404, 422)
    assert db.session.query(Practice).count() == 1


def test_a_decided_sheet_leaves_the_desk(app: Flask, cast: Cast) -> None:
    practice_id = proposed(cast.ana, cast.loire)
    manon = sign_in(app.test_client(), cast.manon)
    assert manon.get("/moderation/attente").json == {"pending": 1}
    decide(practice_id, cast.amir)
    assert manon.get("/moderation/attente").json == {"pending": 0}


def test_each_version_is_seen_as_far_as_its_state_says(app: Flask, cast: Cast) -> None:
    sheet = published(cast.ana, cast.loire, cast.manon)
    assert sign_in(app.test_client(), cast.ana).post(f"/apprendre/{sheet.id}/version").status_code == 302
    waiting = proposed(cast.ana, cast.loire, title="Une autre fiche")
    rows = db.session.query(PracticeVersion.id, PracticeVersion.state, PracticeVersion.practice_id)
    ids = {("published" if of == sheet.id else "other", state): key for key, state, of in rows}
    assert waiting and ids.keys() == {
        ("published", "published"),
        ("published", "draft"),
        ("other", "proposed"),
    }
    sees = {
        ("published", "published"): ("ana", "rita", "bruno", "manon"),
        ("published", "draft"): ("ana", "rita"),
        ("other", "proposed"): ("ana", "manon"),
    }
    with app.test_request_context():
        for version, readers in sees.items():
            for name in ("ana", "rita", "bruno", "manon", "yann"):
                seen = things.is_visible(getattr(cast, name), "practice_version", ids[version])
                assert seen is (name in readers), (name, version)
