"""Closing an account, seen from every feature: the person goes, the work stays."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from app.accounts import operations as accounts
from app.accounts import passwords
from app.accounts.models import User
from app.communities.access import forget_access, load_access
from app.communities.models import Company
from app.core import jobs
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report
from tests.moderation.deciding import form_of
from tests.moderation.test_reporting import report
from tests.support import cast as casting
from tests.support import labs
from tests.support.accounts import PASSWORD, sign_in
from tests.support.cast import Cast
from tests.support.client import Client


@pytest.fixture
def cast(app: Flask) -> Cast:
    return casting.build()


def close(user: User) -> None:
    with transaction():
        accounts.close_account(db.session.get_one(User, user.id))
    forget_access()
    jobs.drain()


def test_somebody_who_leaves_keeps_no_right_and_their_words_stay_unnamed(cast: Cast) -> None:
    ana = cast.ana
    topic = casting.open_topic(
        ana, cast.usinage_loire, title="Buse bouchée", body="La buse se bouche après vingt perçages."
    )
    ana_id, topic_id = ana.id, topic.id
    close(ana)
    access = load_access(ana_id)
    assert not access.places
    assert not access.companies
    post = db.session.execute(select(Post).where(Post.topic_id == topic_id)).scalar_one()
    assert "vingt perçages" in post.html
    assert db.session.get_one(User, ana_id).name == "Membre parti"


def test_no_table_says_the_name_or_the_address_of_somebody_who_left(cast: Cast) -> None:
    casting.open_topic(cast.ana, cast.usinage_loire, title="Buse bouchée", body="La buse se bouche.")
    jobs.drain()
    before = _everything()
    assert "ana.costa@exemple.test" in before
    close(cast.ana)
    left = _everything(except_tables={"mail"})
    assert "ana.costa@exemple.test" not in left
    assert "Costa" not in left


def test_the_last_referent_leaves_a_firm_that_others_are_told_about(cast: Cast) -> None:
    firm_id = cast.atelier.id
    close(cast.rita)
    assert db.session.get_one(Company, firm_id).without_referent_since is not None


def test_an_export_holds_every_feature_and_only_ones_own_words(client: Client, cast: Cast) -> None:
    topic = casting.open_topic(
        cast.bruno, cast.usinage_loire, title="Question de Bruno", body="Le texte de Bruno."
    )
    casting.reply(cast.ana, topic, "La réponse d’Ana.")
    hashed = passwords.hash_password(PASSWORD)
    with transaction():
        db.session.get_one(User, cast.ana.id).password_hash = hashed
    sign_in(client, "ana.costa@exemple.test")
    archive = zipfile.ZipFile(io.BytesIO(client.post("/compte/donnees/export").data))
    posts = json.loads(archive.read("messages.json"))
    assert [post["text"] for post in posts] == ["La réponse d’Ana."]
    assert json.loads(archive.read("entreprises.json"))[0]["company"] == "Atelier Brenne"
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "Le texte de Bruno" not in everything
    assert "Question de Bruno" not in everything


def test_an_export_tells_what_was_decided_about_the_person_and_what_they_hold(
    app: Flask, client: Client, cast: Cast
) -> None:
    topic = casting.open_topic(cast.ana, cast.usinage_loire, title="Une offre", body="Achetez chez nous.")
    post = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(casting.sign_in(app.test_client(), cast.bruno), post, "advertising")
    manon = casting.sign_in(app.test_client(), cast.manon)
    case = db.session.execute(select(Report.id)).scalar_one()
    page = manon.get(f"/moderation/cas/{case}")
    sent = {**form_of(page), "measure": "hide", "sanction": "suspend", "duration": "7"}
    assert manon.post(f"/moderation/cas/{case}/decision", data=sent).status_code == 302
    labs.qualify(cast.ana, "laser_safety", lab=labs.open_lab(cast.loire))
    with transaction():
        db.session.get_one(User, cast.ana.id).password_hash = passwords.hash_password(PASSWORD)
    sign_in(client, "ana.costa@exemple.test")
    archive = zipfile.ZipFile(io.BytesIO(client.post("/compte/donnees/export").data))
    suspended = json.loads(archive.read("suspensions.json"))
    assert [(row["place"], row["lifted_at"]) for row in suspended] == [(cast.loire.name, None)]
    assert "suspendue" in json.loads(archive.read("exposes-des-motifs.json"))[0]["text"]
    assert len(json.loads(archive.read("habilitations.json"))) == 1
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "Manon" not in everything and "Bruno" not in everything, "who reported and who decided is not told"


def test_an_ambassador_is_led_to_the_second_factor_and_a_member_is_not(client: Client, cast: Cast) -> None:
    hashed = passwords.hash_password(PASSWORD)
    with transaction():
        for user in (cast.amir, cast.manon):
            db.session.get_one(User, user.id).password_hash = hashed
    sign_in(client, "amir.haddad@exemple.test")
    for path in ("/", "/compte", "/recherche?q=buse"):
        assert client.get(path).location.startswith("/compte/verification"), path
    assert client.get("/mentions-legales").status_code == 200
    client.post("/deconnexion")
    sign_in(client, "manon.petit@exemple.test")
    assert client.get("/compte").status_code == 200


def _everything(except_tables: set[str] | None = None) -> str:
    names = [name for name in inspect(db.engine).get_table_names() if name not in (except_tables or set())]
    return "\n".join(
        str(row) for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))
    )
