"""A catalogue that lacks a sentence, or mangles its placeholders, does not pass."""

import pytest
from babel.messages.catalog import Catalog

from tools import messages

pytestmark = pytest.mark.once


@pytest.fixture
def lacks(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    path = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)

    def check(*lines):
        path.write_text(
            "\n".join(['msgid ""', 'msgstr "Content-Type: text/plain; charset=utf-8\\n"', "", *lines])
        )
        template = Catalog()
        template.add("Bonjour %(name)s", flags=["python-format"])
        return messages.lacks(path, template)

    return check


def test_a_complete_catalogue_passes(lacks):
    assert lacks("#, python-format", 'msgid "Bonjour %(name)s"', 'msgstr "Hello %(name)s"') == []


def test_a_missing_sentence_is_told(lacks):
    assert len(lacks('msgid "Autre"', 'msgstr "Other"')) == 1


def test_an_empty_or_doubtful_translation_is_told(lacks):
    assert len(lacks('msgid "Bonjour %(name)s"', 'msgstr ""')) == 1
    assert len(lacks("#, fuzzy", 'msgid "Bonjour %(name)s"', 'msgstr "Hello %(name)s"')) == 1


def test_a_translation_that_loses_a_placeholder_is_told(lacks):
    assert len(lacks("#, python-format", 'msgid "Bonjour %(name)s"', 'msgstr "Hello %(nom)s"')) == 1


def test_a_translation_that_drops_a_placeholder_is_told(lacks):
    assert len(lacks("#, python-format", 'msgid "Bonjour %(name)s"', 'msgstr "Hello"')) == 1


def test_the_catalogues_of_the_interface_are_complete():
    template = messages.gather()
    for language in messages.LANGUAGES:
        assert messages.lacks(messages.catalogue_of(language), template) == []
