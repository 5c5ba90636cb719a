"""Whoever chooses English reads English: what a page says, it says in their language."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po

from app.core import geography
from tests.support import cast
from tools import messages

TITLE = "Porosités au droit du noyau"
# What people wrote or are called, and names that are the same in every language.
OWN = (
    TITLE,
    "Ana Costa, Rita Moreau, Bruno Leroy, Manon Petit, Amir Haddad, Nadia Roche, AC, RM, BL, MP, AH, NR",
    "Atelier Brenne, Plasturgie du Perche, Vendôme, Technicien",
    "Val de Loire mécanique, Usinage, Annonces, Groupe énergie",
    "rita.moreau@exemple.test, manon.petit@exemple.test",
    "Convergence, Français, English, FreeOTP, Aegis, Google Authenticator",
)

READABLE = ("alt", "aria-label", "data-label", "placeholder", "title")
WORD = re.compile(r"[^\W\d_]{2,}")
VISITOR_PAGES = (
    "/",
    "/connexion",
    "/mot-de-passe-oublie",
    "/rejoindre",
    "/invitation",
    "/charte",
    "/mentions-legales",
    "/donnees-personnelles",
    "/conditions",
    "/accessibilite",
    "/contact-signalement",
    "/signaler",
    "/rien-ici",
)
MEMBER_PAGES = (
    "/",
    "/demander",
    "/reserver",
    "/apprendre",
    "/recherche?q=noyau",
    "/mon-entreprise",
    "/communautes/{node}",
    "/communautes/{node}/personnes",
    "/communautes/{node}/entreprises",
    "/salles/{room}",
    "/sujets/{topic}",
    "/notifications",
    "/notifications/reglages",
    "/compte",
    "/compte/donnees",
    "/compte/fermeture",
)
MANAGER_PAGES = ("/communautes/{node}/admissions", "/communautes/{node}/roles", "/moderation/registre")


class _Texts(HTMLParser):
    """What can be read of a page, text by text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style")
        self._keep(*(value for name, value in attrs if name in READABLE))

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._keep(data)

    def _keep(self, *texts: str | None) -> None:
        self.found |= {" ".join(text.split()) for text in texts if text and WORD.search(text)}


@pytest.fixture(scope="module")
def same_words() -> set[str]:
    """The words that may stand on a page in both languages."""
    with messages.catalogue_of("en").open("rb") as file:
        catalogue = read_po(file, locale="en")
    texts = [
        message.id for message in catalogue if isinstance(message.id, str) and message.id == message.string
    ]
    texts += [region.name for region in geography.REGIONS.values()]
    texts += OWN
    return {word for text in texts for word in WORD.findall(text)}


def _left_in_french(client, path: str, same_words: set[str]) -> list[str]:
    texts = {}
    for language in ("fr", "en"):
        client.post("/langue", data={"locale": language, "next": "/"})
        response = client.get(path, follow_redirects=True)
        assert f'<html lang="{language}"' in response.text, path
        reader = _Texts()
        reader.feed(response.text)
        texts[language] = reader.found
    return sorted(text for text in texts["fr"] & texts["en"] if not set(WORD.findall(text)) <= same_words)


@pytest.mark.parametrize("path", VISITOR_PAGES)
def test_an_open_page_keeps_no_french(client, same_words, path: str):
    assert _left_in_french(client, path, same_words) == []


@pytest.mark.parametrize("name", ["rita", "manon"])
def test_no_page_of_a_member_keeps_french(app, same_words, name: str):
    people = cast.build()
    topic = cast.open_topic(people.ana, people.usinage_loire, TITLE, "Annonces, Usinage.")
    client = cast.sign_in(app.test_client(), getattr(people, name))
    paths = MEMBER_PAGES + (MANAGER_PAGES if name == "manon" else ())
    known = {"node": people.loire.slug, "room": people.usinage_loire.id, "topic": topic.id}
    left = {path: _left_in_french(client, path.format(**known), same_words) for path in paths}
    assert {path: texts for path, texts in left.items() if texts} == {}
