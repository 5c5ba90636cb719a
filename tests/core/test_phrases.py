"""Words and kept parts of templates: the same as going the long way, and never somebody else's."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale


@pytest.fixture
def draw(app: Flask):
    with app.test_request_context("/"):
        yield render_template_string


def test_what_is_put_into_a_phrase_is_escaped(draw):
    assert draw("{{ _('Menu de %(name)s', name='<b>Ana</b>') }}") == "Menu de &lt;b&gt;Ana&lt;/b&gt;"


def test_a_phrase_follows_the_language_of_its_reader(draw):
    template = "{{ _('Accueil') }}"
    assert draw(template) == "Accueil"
    with force_locale("en"):
        assert draw(template) in ("Accueil", "Home")
    assert draw(template) == "Accueil"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 réponse"), (1, "1 réponse"), (2, "2 réponses"), (4321, "4321 réponses")]
)
def test_a_count_chooses_its_form(draw, number: int, words: str):
    template = "{{ ngettext('%(num)s réponse', '%(num)s réponses', n) }}"
    assert draw(template, n=number) == words


def test_a_literal_per_cent_is_doubled(draw):
    assert draw("{{ _('100 %% mesuré') }}") == "100 % mesuré"


def test_an_icon_is_silent_unless_it_is_named(draw):
    silent, named = draw("{{ icon_markup('bell') }}|{{ icon_markup('bell', 'L\"alerte', 24) }}").split("|")
    assert 'aria-hidden="true"' in silent
    assert 'role="img" aria-label="L&#34;alerte"' in named
    assert 'class="icon icon-24"' in named


def test_a_kept_part_depends_on_what_it_is_given(draw):
    template = "{{ kept('core/_doors.html', current=current) }}"
    home, search = draw(template, current="home"), draw(template, current="search")
    assert home != search
    assert draw(template, current="home") == home
    assert 'href="/" aria-current="page"' in home
    assert 'href="/recherche" aria-current="page"' in search


def test_french_keeps_its_double_signs_with_the_word_before(draw):
    assert draw("{{ _('Où ? « Ici » : là !') }}") == "Où\xa0? «\xa0Ici\xa0»\xa0: là\xa0!"
    assert draw("{{ ngettext('%(num)s sujet : lu', '%(num)s sujets : lus', 2) }}") == "2 sujets\xa0: lus"


def test_french_elides_before_a_vowel_and_a_silent_h(draw):
    template = "{{ _('Message de %(name)s', name=name) }}"
    assert draw(template, name="Catherine") == "Message de Catherine"
    assert draw(template, name="Élodie") == "Message d’Élodie"
    assert draw(template, name="Hélène") == "Message d’Hélène"
    assert draw(template, name="Haute Précision") == "Message de Haute Précision"
    assert draw(template, name="Yann") == "Message de Yann"
    assert draw(template, name="Yves") == "Message d’Yves"
    assert draw(template, name="") == "Message de "


def test_what_comes_before_a_vowel_is_escaped_all_the_same(draw):
    assert draw("{{ _('Message de %(name)s', name='<b>') }}") == "Message de &lt;b&gt;"
    assert draw("{{ _('Message de %(name)s', name='a<b>') }}") == "Message d’a&lt;b&gt;"
