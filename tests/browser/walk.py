"""Every page of the product, each in a state worth looking at, grouped by who sees it.

A walk asks the application under test for its pages one after the other, also those that only a form, a mailed link or
a refusal leads to, and hands each answer on: to a browser that shows it, or to a list of the templates that were used.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyotp
from flask import Flask

from app.accounts import second_factor
from app.accounts.models import User
from app.communities import operations as communities
from app.communities import tokens
from app.communities.access import forget_access
from app.communities.models import (
    Company,
    CompanyMembership,
    Employment,
    Invitation,
    JoinRequest,
    ReturnCode,
    RoleGrant,
    Site,
)
from app.core import demo, jobs
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Appeal, Decision, Report
from app.notifications.letters import stop_token
from app.notifications.models import Mail
from app.resources.slots import next_free
from tests.library.conftest import draft, proposed, published
from tests.support.accounts import PASSWORD, link_in, open_account
from tests.support.cast import Cast, company, employ, open_topic, person, reply, sign_in
from tests.support.labs import add_machine, name_staff, open_lab, qualify, reserve
from tests.support.mail import Mailbox, text_of

Pages = Iterator[tuple[Any, Any]]
"""Clients with the answer each was given."""


class Scene:
    """A community where something is written, reported and asked, and browsers of its people."""

    def __init__(self, app: Flask, cast: Cast, mailbox: Mailbox, locale: str = "fr") -> None:
        self.app, self.cast, self.mailbox, self.locale = app, cast, mailbox, locale
        long = "Texte | long\n\n| a | b |\n|---|---|\n| 1 | 2 |"
        topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", long)
        answer = reply(cast.bruno, topic, "Des pinces **trempées** et un tableau :\n\n1. un\n2. deux")
        self.topic, self.answer = topic.id, answer.id
        self.post = db.session.query(Post.id).filter_by(topic_id=topic.id, number=1).scalar()
        self.slug, self.region = cast.loire.slug, cast.region_loire.slug
        db.session.rollback()

    def visitor(self) -> Any:
        client = self.app.test_client()
        client.set_cookie("locale", self.locale)
        return client

    def browser_of(self, who: User, **options: Any) -> Any:
        return sign_in(self.visitor(), who, **options)

    def visit(self, client: Any, *paths: str) -> Pages:
        for path in paths:
            assert path, "what should lead there led nowhere"
            answer = client.get(path)
            assert answer.status_code == 200, f"{path} {answer.status_code}"
            yield client, answer

    def refused(self, client: Any, *paths: str) -> Pages:
        for path in paths:
            answer = client.get(path)
            assert answer.status_code >= 400, f"{path} {answer.status_code}"
            yield client, answer

    def letter(self, address: str) -> str:
        jobs.drain()
        return text_of(self.mailbox.to(address)[-1])


def visitor(scene: Scene) -> Pages:
    client = scene.visitor()
    yield from scene.visit(
        client, "/", "/connexion", "/mot-de-passe-oublie", "/rejoindre", f"/rejoindre/{scene.slug}",
        f"/rejoindre/{scene.slug}/envoye", f"/communautes/{scene.slug}", f"/regions/{scene.region}", "/chiffres",
        "/signaler", "/contact-signalement", "/mentions-legales", "/conditions", "/donnees-personnelles",
        "/accessibilite", "/charte", "/invitation",
    )  # fmt: skip
    yield from scene.refused(client, "/n-existe-pas")


def member(scene: Scene) -> Pages:
    cast, client = scene.cast, scene.browser_of(scene.cast.ana)
    yield from scene.visit(
        client, "/", "/demander", "/demander?vue=sans-reponse", "/lieux", f"/salles/{cast.usinage_loire.id}",
        f"/sujets/{scene.topic}", "/sujets/nouveau", f"/messages/{scene.answer}", f"/messages/{scene.post}/historique",
        f"/messages/{scene.post}/modifier", f"/messages/{scene.post}/suppression", "/recherche?q=pinces",
        "/recherche?q=introuvable", "/notifications", "/notifications/reglages", f"/communautes/{scene.slug}",
        f"/communautes/{scene.slug}/entreprises", f"/communautes/{scene.slug}/personnes",
        f"/communautes/{scene.slug}/bienvenue", f"/entreprises/{cast.atelier.id}", f"/personnes/{cast.bruno.id}",
        "/reserver", "/apprendre", f"/signaler/post/{scene.answer}",
    )  # fmt: skip
    yield from scene.refused(client, "/n-existe-pas")


def account(scene: Scene) -> Pages:
    client = scene.browser_of(scene.cast.ana)
    paths = ("", "/adresse", "/mot-de-passe", "/verification", "/sessions", "/donnees", "/fermeture")
    yield from scene.visit(client, *(f"/compte{path}" for path in paths))
    client.post("/compte/verification/cle")
    yield from scene.visit(client, "/compte/verification")
    yield client, client.post("/compte/verification", data={"code": _code_of(scene.cast.ana)})
    yield from scene.visit(client, "/compte/verification")
    yield client, client.post("/compte/profil", data={"given_name": ""})


def doors(scene: Scene) -> Pages:
    """The ways in, with what is wrong on them."""
    lea = open_account("lea@atelier.test", password=PASSWORD)
    client = scene.visitor()
    wrong = {"identifier": lea.email, "password": "faux"}
    yield client, client.post("/connexion", data=wrong)
    client.post("/connexion/lien", data={"identifier": lea.email})
    yield from scene.visit(client, "/connexion/courriel")
    yield from scene.visit(client, link_in(scene.letter("lea@atelier.test")))
    yield from scene.refused(client, "/connexion/lien/mort")
    client.post("/mot-de-passe-oublie", data={"email": "lea@atelier.test"})
    yield from scene.visit(client, "/mot-de-passe-oublie/envoye", link_in(scene.letter("lea@atelier.test")))

    inside = scene.visitor()
    inside.post("/connexion", data={"identifier": "lea@atelier.test", "password": PASSWORD})
    inside.post("/compte/adresse", data={"password": PASSWORD, "email": "lea@nouvelle.test"})
    yield from scene.visit(inside, link_in(scene.letter("lea@nouvelle.test")))
    inside.post("/compte/verification/cle")
    inside.post("/compte/verification", data={"code": _code_of(lea)})
    half = scene.visitor()
    half.post("/connexion", data={"identifier": "lea@atelier.test", "password": PASSWORD})
    yield from scene.visit(half, "/connexion/verification")
    closing = {"password": PASSWORD, "understood": "y", "confirm": "y"}
    inside.post("/compte/fermeture", data=closing)
    yield from scene.visit(inside, "/compte-ferme")


def invited(scene: Scene) -> Pages:
    """By mail, by a sheet of paper, by a code for a forgotten password."""
    cast, rita = scene.cast, scene.browser_of(scene.cast.rita)
    with transaction():
        communities.invite(db.session.get_one(Company, cast.atelier.id), ["paul@atelier.test"], by=cast.rita)
    nonce = db.session.query(Invitation.nonce).filter_by(email="paul@atelier.test").scalar()
    guest = scene.visitor()
    yield from scene.visit(guest, f"/invitation/{tokens.link_token(nonce)}")
    yield from scene.refused(guest, "/invitation/inconnue")
    yield guest, guest.post("/invitation", data={"code": "FAUX"})
    form = {"label": "Sam Petit", "request_id": str(uuid.uuid4())}
    sheet = rita.post(f"/mon-entreprise/{cast.atelier.id}/codes", data=form)
    yield from scene.visit(rita, sheet.location)

    sam = open_account(None, password=PASSWORD, given_name="Sam", sign_in_name="sam-4k2pz")
    with transaction():
        employ(db.session.get_one(User, sam.id), db.session.get_one(Company, cast.atelier.id))
    forget_access()
    path = f"/mon-entreprise/{cast.atelier.id}/personnes/{sam.id}/code"
    yield from scene.visit(rita, path)
    rita.post(path, data={"request_id": str(uuid.uuid4())})
    page = rita.get(f"/codes/{db.session.query(ReturnCode.id).scalar()}/feuille")
    yield rita, page
    code = re.search(r'sheet-code">([0-9A-Z-]+)<', page.text)
    assert code is not None
    yield from scene.visit(guest, f"/retour/{code[1]}")


def joining(scene: Scene) -> Pages:
    """A colleague of a firm that is known already asks in, and its referent reads it."""
    cast, guest = scene.cast, scene.visitor()
    form = {
        "siret": db.session.query(Site.siret).filter_by(company_id=cast.atelier.id).scalar(),
        "company_name": "Atelier Brenne", "size_class": "sme", "activity_code": "2562B", "postcode": "41100",
        "town": "Vendôme", "given_name": "Léa", "family_name": "Arnaud", "trade": "Tourneuse",
        "email": "lea@brenne.test", "message": "", "charter": "y", "request_id": str(uuid.uuid4()),
    }  # fmt: skip
    yield guest, guest.post(f"/rejoindre/{scene.slug}", data={**form, "email": ""})
    asked = guest.post(f"/rejoindre/{scene.slug}", data=form)
    assert asked.status_code == 302, asked.text
    found = re.search(r"/rejoindre/confirmation/[\w-]+", scene.letter("lea@brenne.test"))
    assert found is not None
    yield from scene.visit(guest, found[0])
    yield guest, guest.post(found[0])
    join_id = db.session.query(JoinRequest.id).scalar()
    yield from scene.visit(scene.browser_of(cast.rita), f"/demandes-de-collegues/{join_id}")


def referent(scene: Scene) -> Pages:
    cast, client = scene.cast, scene.browser_of(scene.cast.rita)
    firm = f"/mon-entreprise/{cast.atelier.id}"
    employment = db.session.query(Employment.id).filter_by(user_id=cast.ana.id).scalar()
    membership = db.session.query(CompanyMembership.id).filter_by(company_id=cast.atelier.id).scalar()
    yield from scene.visit(
        client, firm, f"{firm}/fiche", f"{firm}/communautes", f"{firm}/communautes/{cast.vitre.slug}",
        f"/emplois/{employment}/fin", f"/adhesions/{membership}/depart",
    )  # fmt: skip
    yield client, client.post(f"{firm}/invitations", data={"addresses": "personne, paul@atelier.test"})


def manager(scene: Scene) -> Pages:
    cast, client = scene.cast, scene.browser_of(scene.cast.manon)
    with transaction():
        newcomer, louise = company("Tôlerie du Cher"), person("Louise Arnaud")
        employ(louise, newcomer, referent=True)
        communities.ask_for(newcomer, cast.loire, requested_by=louise, message="Bonjour.")
        db.session.get_one(Company, cast.atelier.id).without_referent_since = clock.now()
    forget_access()
    place = f"/communautes/{scene.slug}"
    yield from scene.visit(
        client, "/", f"{place}/admissions", f"{place}/roles", f"{place}/reglages",
        f"{place}/entreprises/{cast.atelier.id}/referent", f"/salles/{cast.secrete.id}/membres",
        f"/sujets/{scene.topic}/deplacement", f"/lieux/{cast.loire.id}/salles/nouvelle",
    )  # fmt: skip


def ambassador(scene: Scene) -> Pages:
    led = scene.browser_of(scene.cast.amir, second_factor=False)
    yield from scene.visit(led, "/compte/verification")
    client = scene.browser_of(scene.cast.amir)
    region = f"/regions/{scene.region}"
    yield from scene.visit(
        client, "/", "/lieux", region, f"{region}/roles", f"{region}/communautes/nouvelle",
        f"/communautes/{scene.slug}", f"/communautes/{scene.slug}/admissions",
        f"/communautes/{scene.slug}/fermeture", "/moderation", "/moderation/actes", "/moderation/textes",
        "/moderation/textes/nouveau", f"{region}/annonces", f"{region}/annonces/nouvelle",
    )  # fmt: skip


def learning(scene: Scene) -> Pages:
    """A sheet from draft to history, as its author, a reviewer and another firm read it."""
    cast, author = scene.cast, scene.browser_of(scene.cast.ana)
    made = published(cast.ana, cast.loire, cast.manon).id
    waiting, unfinished = proposed(cast.ana, cast.loire), draft(cast.ana, cast.loire)
    yield from scene.visit(
        author, "/apprendre", "/apprendre/mes-fiches", "/apprendre/nouvelle", f"/apprendre/{unfinished}/ecrire",
        f"/apprendre/{unfinished}/suppression", f"/apprendre/{made}", f"/apprendre/{made}/historique",
    )  # fmt: skip
    yield from scene.visit(
        scene.browser_of(cast.bruno), f"/apprendre/{made}", f"/apprendre/{made}/application"
    )
    yield from scene.visit(
        scene.browser_of(cast.manon), f"/apprendre/{waiting}/relecture", f"/apprendre/{made}/retrait"
    )


def machines(scene: Scene) -> Pages:
    """A lab as those it serves book there, and as its people look after it."""
    cast = scene.cast
    lab = open_lab(cast.loire)
    name_staff(lab, cast.manon)
    machine = add_machine(
        lab, name="Découpe laser CO2", needs=["training_laser_cutting"], to_know=["Capot fermé."]
    )
    free = add_machine(lab, name="Tour à commande numérique", units=2)
    slot = next_free(free.id, cast.ana, None, 60, 0, 1)[0]
    booking = reserve(cast.ana, free, *slot).id
    there, one = f"/labs/{lab.id}", f"/machines/{machine.id}"
    yield from scene.visit(
        scene.browser_of(cast.ana), "/", "/reserver?tous", there, f"{there}?machine={free.id}&debut={slot.end}",
        f"{there}?machine={machine.id}&debut={slot.start}", one, f"{one}/signalement", "/reservations",
        f"/reservations/{booking}", "/reservations/habilitations", "/reservations/agenda", f"/liens/topic/{scene.topic}",
    )  # fmt: skip
    qualify(cast.bruno, "training_laser_cutting", lab=lab, until=clock.now().date() + timedelta(days=20))
    yield from scene.visit(scene.browser_of(cast.bruno), "/reservations/habilitations")
    yield from scene.visit(scene.browser_of(cast.rita), "/mon-entreprise/autorisations")
    yield from scene.visit(
        scene.browser_of(cast.manon),
        *(f"{there}/gestion{page}" for page in ("", *PAGES_OF_A_LAB)),
        *(f"{one}/gestion{page}" for page in ("", "/fiche", "/regles", "/conditions", "/arrets/nouveau")),
    )
    yield from outage(scene, free.id)
    yield from scene.visit(scene.browser_of(cast.amir), f"/lieux/{cast.region_loire.id}/labs/nouveau")


def outage(scene: Scene, machine_id: int) -> Pages:
    client, where = scene.browser_of(scene.cast.manon), f"/machines/{machine_id}/gestion/arrets/nouveau"
    form = {"kind": "outage", "unit_id": 0, "reason": "Tube à changer", "treatment": "suspend"}
    read = client.post(where, data={**form, "request_id": str(uuid.uuid4())})
    yield client, read
    shown = re.findall(r'name="vue" value="(\d+)"', read.text)
    there = client.post(where, data={**form, "lue": "1", "vue": shown, "request_id": str(uuid.uuid4())})
    yield from scene.visit(client, there.headers["Location"], there.headers["Location"] + "/echeance")


PAGES_OF_A_LAB = (
    "/fiche", "/horaires", "/jours", "/lieux", "/equipe", "/qualifications", "/qualifications/nouvelle",
    "/machines/nouvelle", "/demandes",
)  # fmt: skip


def national(scene: Scene) -> Pages:
    client = scene.browser_of(scene.cast.nadia)
    grant = db.session.query(RoleGrant.id).filter_by(user_id=scene.cast.amir.id).scalar()
    yield from scene.visit(
        client, "/", "/lieux", "/national", "/national/roles", f"/roles/{grant}/fin", f"/regions/{scene.region}",
        f"/regions/{scene.region}/roles", "/moderation", "/moderation/registre",
    )  # fmt: skip


def moderation(scene: Scene) -> Pages:
    """A report, the decision, its appeal, the answer: as each of the people concerned reads them."""
    cast = scene.cast
    rita, manon, bruno, amir = (
        scene.browser_of(who) for who in (cast.rita, cast.manon, cast.bruno, cast.amir)
    )
    form = {"reason": "abuse", "details": "Le ton est déplacé.", "request_id": str(uuid.uuid4())}
    yield rita, rita.post(f"/signaler/post/{scene.answer}", data={**form, "reason": ""})
    receipt = rita.post(f"/signaler/post/{scene.answer}", data=form).location
    yield from scene.visit(rita, receipt)
    case = f"/moderation/cas/{db.session.query(Report.id).scalar()}"
    page = manon.get(case)
    yield manon, page
    passing = case.replace("/cas/", "/attente/report/") + "/passage"
    yield from scene.visit(manon, "/moderation", "/moderation/registre", passing)
    prefilled = re.search(r'name="prefilled" value="(.*?)">', page.text, re.DOTALL)
    assert prefilled is not None
    decided = {
        "measure": "hide", "ground": "competition_charter", "ground_detail": "", "facts": "Il donne un prix de vente.",
        "statement": "Votre message est masqué.", "prefilled": prefilled[1],
    }  # fmt: skip
    yield manon, manon.post(f"{case}/decision", data={**decided, "facts": ""})
    assert manon.post(f"{case}/decision", data=decided).status_code == 302
    decision = db.session.query(Decision.id).scalar()
    yield from scene.visit(
        bruno, f"/decisions/{decision}", f"/recours/{decision}", f"/sujets/{scene.topic}", "/notifications"
    )
    yield from scene.visit(manon, f"/decisions/{decision}", f"/sujets/{scene.topic}")
    bruno.post(f"/recours/{decision}", data={"text": "C’était un prix public."})
    yield from scene.visit(amir, f"/moderation/recours/{db.session.query(Appeal.id).scalar()}")
    visitor = scene.visitor()
    yield visitor, visitor.post("/signaler", data={"address": "https://ailleurs.test/x"})


def refusals(scene: Scene) -> Pages:
    """What went wrong, said to somebody inside and to somebody outside."""
    inside, outside = scene.browser_of(scene.cast.ana), scene.visitor()
    yield from scene.refused(inside, "/moderation/registre", "/blobs/rien", "/journal?scope=1")
    yield inside, inside.post(f"/sujets/{scene.topic}/epingle", data={"pinned": "1"})
    answer = {"body": "Une réponse écrite longtemps après.", "request_id": str(uuid.uuid4())}
    yield inside, inside.post(f"/sujets/{scene.topic}/messages", data=answer, csrf=False)
    yield inside, inside.post(f"/sujets/{scene.topic}/messages", data={**answer, "body": ""})
    yield inside, inside.put("/demander")
    yield outside, outside.post("/rejoindre", data={"q": "x"})
    yield from scene.refused(outside, "/notifications/arret/faux")


def mails(scene: Scene) -> Pages:
    """The switch at the foot of mails, and the mailbox that only a demonstration has."""
    cast, client = scene.cast, scene.visitor()
    path = f"/notifications/arret/{stop_token(cast.ana.id, 'post_added')}"
    yield from scene.visit(client, path)
    yield client, client.post(path)
    with transaction():
        communities.invite(db.session.get_one(Company, cast.atelier.id), ["paul@atelier.test"], by=cast.rita)
    jobs.drain()
    with transaction():
        demo.mark(is_demo=True, today=clock.now().date())
    yield from scene.visit(client, "/design", "/demo/courrier")
    yield from scene.visit(client, f"/demo/courrier/{db.session.query(Mail.id).first()[0]}")


WALKS: dict[str, Callable[[Scene], Pages]] = {
    walk.__name__: walk
    for walk in (
        visitor, member, account, doors, invited, joining, referent, manager, ambassador, learning, machines, national,
        moderation,
        refusals, mails,
    )
}  # fmt: skip


def _code_of(user: User) -> str:
    secret = second_factor.secret_of(db.session.get_one(User, user.id))
    assert secret is not None
    db.session.rollback()
    return pyotp.TOTP(secret).at(clock.now())
