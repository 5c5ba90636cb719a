"""The template check sees what the content policy would refuse and what nobody could translate."""

import pytest

from tools import templates

pytestmark = pytest.mark.once


@pytest.fixture
def faults(tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "ROOT", tmp_path)

    def check(source, name="page.html"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return templates.check(path)

    return check


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red"></p>',
        "<style>p { color: red }</style>",
        '<button onclick="go()"></button>',
        '<a href="javascript:go()"></a>',
        "<script>go()</script>",
        '<div hx-on:click="go()"></div>',
        '<div hx-vals="js:{a: 1}"></div>',
        '<div hx-trigger="click[ctrlKey]"></div>',
        '<svg><rect style="fill: red"/></svg>',
    ],
)
def test_what_the_content_policy_would_refuse_is_refused(faults, source):
    assert len(faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "<p>Bonjour</p>",
        '<img alt="La bride">',
        '<input placeholder="Cherchez">',
        '<input type="submit" value="Envoyer">',
        "{% if a %}Oui{% endif %}",
        "<p>{{ _('Bonjour') }} madame</p>",
        "{% trans %}Bonjour{% endtrans %} madame",
    ],
)
def test_words_outside_gettext_are_refused(faults, source):
    assert len(faults(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Bonjour') }} — {{ name }} · 12</p>",
        "{% trans count=n %}Un message{% pluralize %}{{ count }} messages{% endtrans %}",
        "{# Une remarque #}<p></p>",
        '<input type="hidden" value="topic"><a class="tag" href="/ici" data-kind="mot"></a>',
        "<{{ 'a' if url else 'span' }} class=\"tag\">{{ name }}</{{ 'a' if url else 'span' }}>",
        "{% block main_attrs %}data-topic-page{% endblock %}",
        '<script type="module" src="/x.js"></script>',
        "<code>convergence serve</code>",
    ],
)
def test_what_is_fine_passes(faults, source):
    assert faults(source) == []


def test_a_fault_is_told_with_its_line(faults):
    assert faults("<p>\n\n{{ a }}\n<b>Ici</b></p>") == ["page.html:4: text outside gettext: Ici"]


def test_a_mail_may_carry_styles_but_its_words_are_translated_too(faults):
    assert faults('<p style="margin: 0">{{ _("Bonjour") }}</p>', "mail/letter.html") == []
    assert len(faults("<p>Bonjour</p>", "mail/letter.html")) == 1
