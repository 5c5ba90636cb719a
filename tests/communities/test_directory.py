"""The directory of a community: found without accents, seen by its members alone, at a constant cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.communities import operations
from app.communities.access import forget_access
from app.communities.models import Company
from app.core import things
from app.core.database import transaction
from app.extensions import db
from tests.communities.conftest import content
from tests.support import cast as casting
from tests.support.cast import Cast

BASE = "/communautes/val-de-loire-mecanique"


@pytest.fixture
def described(cast: Cast) -> Cast:
    """Atelier Brenne with a page worth finding."""
    with transaction():
        firm = db.session.get_one(Company, cast.atelier.id)
        operations.edit_company(
            firm,
            operations.CompanyProfile(
                name="Atelier Brenne",
                size_class="sme",
                headcount=42,
                activity_code="25.62B",
                town="Vendôme",
                summary="Pièces tournées et fraisées en petites séries.",
                skills="Décolletage inox, gammes courtes",
                equipment="Tour bi-broche",
            ),
            by=cast.rita,
            version=firm.version,
        )
    db.session.commit()
    return cast


@pytest.mark.parametrize(
    "words", ["decolletage", "DÉCOLLETAGE inox", "bi-broche", "brenne", "vendome", "mecanique industrielle"]
)
def test_a_firm_is_found_by_what_it_says_without_accents(described: Cast, browser: Any, words: str) -> None:
    page = (
        browser(described.bruno).get(f"{BASE}/entreprises", query_string={"q": words}).get_data(as_text=True)
    )
    assert "Atelier Brenne" in page


def test_filters_narrow_and_say_when_nothing_is_left(described: Cast, browser: Any) -> None:
    client = browser(described.bruno)
    page = client.get(f"{BASE}/entreprises?taille=sme&activite=25").get_data(as_text=True)
    assert page.count("row-title") >= 2
    page = content(client.get(f"{BASE}/entreprises?q=decolletage"))
    assert "Plasturgie du Perche" not in page
    assert "Aucune entreprise ne correspond" in client.get(f"{BASE}/entreprises?q=zinguerie").get_data(
        as_text=True
    )


def test_people_are_found_by_name_trade_or_firm(cast: Cast, browser: Any) -> None:
    client = browser(cast.bruno)
    for words in ("ana", "COSTA", "technicien brenne", "vendome"):
        page = client.get(f"{BASE}/personnes", query_string={"q": words}).get_data(as_text=True)
        assert "Ana Costa" in page, words
    assert "Personne ne correspond" in client.get(f"{BASE}/personnes?q=zzz").get_data(as_text=True)


@pytest.mark.parametrize("path", ["entreprises", "personnes", "bienvenue", "admissions", "roles", "reglages"])
def test_the_inside_of_a_community_does_not_exist_for_others(
    cast: Cast, browser: Any, client: Any, path: str
) -> None:
    assert browser(cast.yann).get(f"{BASE}/{path}").status_code == 404
    assert client.get(f"{BASE}/{path}").status_code == 302, "somebody signed out is asked to sign in"


def test_firms_and_people_do_not_exist_for_strangers(cast: Cast, browser: Any) -> None:
    for url in (f"/entreprises/{cast.atelier.id}", f"/personnes/{cast.ana.id}"):
        assert browser(cast.bruno).get(url).status_code == 200
        assert browser(cast.amir).get(url).status_code == 200
        assert browser(cast.yann).get(url).status_code == 404
        assert browser(cast.anne).get(url).status_code == 404
        assert browser(cast.bruno).get(url.rsplit("/", 1)[0] + "/99999").status_code == 404
        assert browser(cast.bruno).get(url.rsplit("/", 1)[0] + "/99999999999999999999").status_code in (
            400,
            404,
        )


def test_the_face_of_a_community_is_public_and_names_nobody(cast: Cast, client: Any, browser: Any) -> None:
    for reader in (client, browser(cast.yann)):
        page = reader.get(BASE)
        text = content(page)
        assert page.status_code == 200
        assert "Val de Loire mécanique" in text
        for secret in ("Atelier Brenne", "Ana Costa", "Manon Petit", "Usinage"):
            assert secret not in text


def test_a_company_page_names_only_the_communities_its_reader_knows(cast: Cast, browser: Any) -> None:
    with transaction():
        casting.admit(cast.atelier, cast.vitre, by=cast.nadia)
    forget_access()
    page = browser(cast.bruno).get(f"/entreprises/{cast.atelier.id}").get_data(as_text=True)
    assert "Val de Loire mécanique" in page
    assert "Pays de Vitré" not in page
    own = browser(cast.ana).get(f"/entreprises/{cast.atelier.id}").get_data(as_text=True)
    assert "Pays de Vitré" in own


def test_a_person_s_other_firm_is_hidden_from_those_who_do_not_share_it(cast: Cast, browser: Any) -> None:
    with transaction():
        operations.employ(cast.ana, cast.fonderie)
    forget_access()
    page = browser(cast.bruno).get(f"/personnes/{cast.ana.id}").get_data(as_text=True)
    assert "Atelier Brenne" in page
    assert "Fonderie des Ajoncs" not in page
    page = browser(cast.yann).get(f"/personnes/{cast.ana.id}").get_data(as_text=True)
    assert "Atelier Brenne" not in page


def test_roles_are_shown_on_the_page_of_a_person(cast: Cast, browser: Any) -> None:
    page = browser(cast.bruno).get(f"/personnes/{cast.amir.id}").get_data(as_text=True)
    assert "Ambassadeur" in page
    assert "Centre-Val de Loire" in page


def test_lower_layers_are_given_the_same_answers(cast: Cast) -> None:
    assert things.visible_ids(cast.bruno, "company", [cast.atelier.id, cast.fonderie.id]) == {cast.atelier.id}
    assert things.visible_ids(cast.bruno, "person", [cast.ana.id, cast.yann.id]) == {cast.ana.id}
    assert things.visible_ids(None, "person", [cast.ana.id]) == set()
    described = things.describe("company", [cast.atelier.id])[cast.atelier.id]
    assert (described.title, described.url, described.node_id) == (
        "Atelier Brenne",
        f"/entreprises/{cast.atelier.id}",
        cast.loire.id,
    )
    assert things.describe_one("person", cast.ana.id).title == "Ana Costa"
    assert things.describe_one("community", cast.region_loire.id).url == "/regions/centre-val-de-loire"


@pytest.mark.parametrize("path", ["entreprises", "personnes", ""])
def test_a_page_costs_the_same_however_many_firms_and_people(
    cast: Cast, browser: Any, counting: Callable[[], Any], path: str
) -> None:
    client = browser(cast.bruno)
    address = f"{BASE}/{path}".rstrip("/")

    def cost() -> int:
        client.get(address)
        with counting() as statements:
            assert client.get(address).status_code == 200
        return len(statements)

    few = cost()
    with transaction():
        for name in ("Un", "Deux", "Trois", "Quatre"):
            firm = casting.company(f"Firme {name}")
            casting.employ(casting.person(f"{name} Dupont"), firm, referent=True)
            casting.admit(firm, cast.loire, by=cast.nadia)
    forget_access()
    assert cost() == few


def test_a_long_directory_is_read_page_by_page(cast: Cast, browser: Any) -> None:
    with transaction():
        for number in range(60):
            operations.employ(casting.person(f"Zoé Numéro{number:02}"), cast.plasturgie)
    client = browser(cast.bruno)
    first = client.get(f"{BASE}/personnes").get_data(as_text=True)
    assert "Page 1 sur 2" in first
    assert "Numéro59" not in first
    assert "Numéro59" in client.get(f"{BASE}/personnes?page=2").get_data(as_text=True)
    assert client.get(f"{BASE}/personnes?page=-3").status_code == 200
    assert client.get(f"{BASE}/personnes?page=abc").status_code == 200


def test_two_referents_writing_the_same_page_do_not_lose_each_other_s_words(
    described: Cast, browser: Any
) -> None:
    client = browser(described.rita)
    address = f"/mon-entreprise/{described.atelier.id}/fiche"
    data = {
        "name": "Atelier Brenne",
        "town": "Vendôme",
        "size_class": "sme",
        "activity_code": "25.62B",
        "summary": "Un",
        "version": str(db.session.get_one(Company, described.atelier.id).version),
    }
    assert client.post(address, data=data).status_code == 302
    late = client.post(address, data=data | {"summary": "Deux"})
    assert late.status_code == 409
    assert "Quelqu’un a modifié cette fiche" in late.get_data(as_text=True)
    assert ">\r\nDeux</textarea>" in late.get_data(as_text=True)
    db.session.expire_all()
    assert db.session.get_one(Company, described.atelier.id).summary == "Un"


def test_a_site_is_added_with_a_number_of_the_same_firm(cast: Cast, browser: Any) -> None:
    client = browser(cast.rita)
    address = f"/mon-entreprise/{cast.atelier.id}/etablissements"
    stem = cast.atelier.siren + "0002"
    siret = stem + str(casting._luhn_digit(stem))
    data = {"siret": siret, "postcode": "97200", "town": "Fort-de-France", "site_name": "Antilles"}
    assert client.post(address, data=data | {"siret": "73282932000074"}).status_code == 422
    assert client.post(address, data=data).status_code == 302
    assert client.post(address, data=data).status_code == 409
    from app.communities.models import Site

    db.session.rollback()
    assert db.session.query(Site).filter_by(siret=siret).one().time_zone == "America/Martinique"


def test_competitors_are_known_to_their_firm_alone(cast: Cast, browser: Any, app: Flask) -> None:
    from app.communities.queries import rivals_meet_in

    rita = browser(cast.rita)
    assert not rivals_meet_in(cast.loire.id)
    answer = rita.post(
        f"/mon-entreprise/{cast.atelier.id}/concurrents", data={"competitor_id": str(cast.plasturgie.id)}
    )
    assert answer.status_code == 302
    db.session.rollback()
    assert rivals_meet_in(cast.loire.id)
    assert not rivals_meet_in(cast.vitre.id)
    section = '<h2 id="concurrence">'
    assert section in rita.get("/mon-entreprise").get_data(as_text=True)
    for other in (cast.ana, cast.bruno):
        page = content(browser(other).get("/mon-entreprise"))
        assert "Déclarer comme concurrent" not in page or other is cast.bruno
        assert "/retrait" not in page
    assert (
        rita.post(
            f"/mon-entreprise/{cast.atelier.id}/concurrents", data={"competitor_id": str(cast.fonderie.id)}
        ).status_code
        == 404
    ), "a firm met nowhere cannot be named"
    rita.post(f"/mon-entreprise/{cast.atelier.id}/concurrents/{cast.plasturgie.id}/retrait")
    db.session.rollback()
    assert not rivals_meet_in(cast.loire.id)
