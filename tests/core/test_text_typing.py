"""What a person types comes out as that person meant it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.text import render


def html(source: str) -> str:
    return render(source).html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Bonjour à tous", "<p>Bonjour à tous</p>"),
        ("une ligne\nune autre", "<p>une ligne<br>une autre</p>"),
        ("un\n\ndeux", "<p>un</p><p>deux</p>"),
        (
            "**gras**, *penché*, ~~barré~~ et `M6 x 20`",
            "<p><strong>gras</strong>, <em>penché</em>, <del>barré</del> et <code>M6 x 20</code></p>",
        ),
        ("la pièce A_12_B reste telle quelle", "<p>la pièce A_12_B reste telle quelle</p>"),
        ("3 * 4 * 5", "<p>3 * 4 * 5</p>"),
        ("étage 5 < étage 6 & plus", "<p>étage 5 &lt; étage 6 &amp; plus</p>"),
        ("    une ligne en retrait", "<p>une ligne en retrait</p>"),
        ("du texte\n-----", "<p>du texte</p><hr>"),
        (r"\*pas penché\*", "<p>*pas penché*</p>"),
        ("", ""),
        (" \n\n ", ""),
    ],
)
def test_words_and_marks_show_as_meant(typed, shown):
    assert html(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (
            "Il faut :\n- un tour\n- une fraise",
            "<p>Il faut :</p><ul><li>un tour</li><li>une fraise</li></ul>",
        ),
        (
            "- un\n  - deux\n    - trois\n- quatre",
            "<ul><li>un<ul><li>deux<ul><li>trois</li></ul></li></ul></li><li>quatre</li></ul>",
        ),
        ("- un\n    - deux", "<ul><li>un<ul><li>deux</li></ul></li></ul>"),
        ("- un\n\t- deux", "<ul><li>un<ul><li>deux</li></ul></li></ul>"),
        (
            "1. poser\n   - serrer\n2. usiner",
            "<ol><li>poser<ul><li>serrer</li></ul></li><li>usiner</li></ol>",
        ),
        ("1) poser\n2) usiner", "<ol><li>poser</li><li>usiner</li></ol>"),
        ("3. reprendre ici", '<ol start="3"><li>reprendre ici</li></ol>'),
        (
            "• collé depuis\n• un traitement de texte",
            "<ul><li>collé depuis</li><li>un traitement de texte</li></ul>",
        ),
        ("- un\n\n- deux", "<ul><li>un</li><li>deux</li></ul>"),
        ("- un\n\n  suite de un", "<ul><li><p>un</p><p>suite de un</p></li></ul>"),
        ("- un\nMerci", "<ul><li>un</li></ul><p>Merci</p>"),
        ("- un\n1. autre", "<ul><li>un</li></ul><ol><li>autre</li></ol>"),
        ("2026. Une année", "<p>2026. Une année</p>"),
        ("depuis\n12. Nous", "<p>depuis<br>12. Nous</p>"),
        ("-5 °C au lieu de +3 °C", "<p>-5 °C au lieu de +3 °C</p>"),
    ],
)
def test_lists_need_no_manual(typed, shown):
    assert html(typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("> cité\n> encore\nma réponse", "<blockquote><p>cité<br>encore</p></blockquote><p>ma réponse</p>"),
        ("> avant\n> - a\n> - b", "<blockquote><p>avant</p><ul><li>a</li><li>b</li></ul></blockquote>"),
        ("> un\n>> deux", "<blockquote><p>un</p><blockquote><p>deux</p></blockquote></blockquote>"),
        ("# Titre", "<h3>Titre</h3>"),
        ("## Réglage ##", "<h4>Réglage</h4>"),
        ("###### Très bas", "<h6>Très bas</h6>"),
        ("#fraisage", "<p>#fraisage</p>"),
        ("# Langage C#", "<h3>Langage C#</h3>"),
        ("avant\n# Titre\naprès", "<p>avant</p><h3>Titre</h3><p>après</p>"),
        (
            "```gcode\nG1 X10 <F200>\n\n  M30 *a*\n```\naprès",
            "<pre><code>G1 X10 &lt;F200&gt;\n\n  M30 *a*</code></pre><p>après</p>",
        ),
        ("```\nsans fin", "<pre><code>sans fin</code></pre>"),
        ("~~~\n```\n~~~", "<pre><code>```</code></pre>"),
        ("- un\n  ```\n  G0\n  ```", "<ul><li>un<pre><code>G0</code></pre></li></ul>"),
    ],
)
def test_quotes_titles_and_code(typed, shown):
    assert html(typed) == shown


def test_a_table_right_after_a_sentence_keeps_its_alignment_without_style():
    shown = html("Mesures :\n| Pièce | Jeu | Note |\n|:--|--:|:-:|\n| A | **0,2** | `a\\|b` |\n| B |\nFin")
    assert shown == (
        '<p>Mesures :</p><table><thead><tr><th class="align-left">Pièce</th><th class="align-right">Jeu</th>'
        '<th class="align-center">Note</th></tr></thead><tbody><tr><td class="align-left">A</td>'
        '<td class="align-right"><strong>0,2</strong></td><td class="align-center"><code>a\\|b</code></td></tr>'
        '<tr><td class="align-left">B</td></tr></tbody></table><p>Fin</p>'
    )


@pytest.mark.parametrize("typed", ["a | b", "| a |\n| b |", "a | b\n---", "|a|b|\n|-|"])
def test_bars_alone_do_not_make_a_table(typed):
    assert "<table" not in html(typed)


REL = 'rel="nofollow noopener ugc"'


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (
            "voir https://exemple.fr/a_b_c.",
            f'voir <a href="https://exemple.fr/a_b_c" {REL}>exemple.fr/a_b_c</a>.',
        ),
        (
            "(https://fr.wikipedia.org/wiki/Acier_(m))",
            f'(<a href="https://fr.wikipedia.org/wiki/Acier_(m)" {REL}>fr.wikipedia.org/wiki/Acier_(m)</a>)',
        ),
        ("www.exemple.fr !", f'<a href="https://www.exemple.fr" {REL}>www.exemple.fr</a> !'),
        (
            "<https://exemple.fr/?a=1&b=2>",
            f'<a href="https://exemple.fr/?a=1&amp;b=2" {REL}>exemple.fr/?a=1&amp;b=2</a>',
        ),
        ("**https://exemple.fr**", f'<strong><a href="https://exemple.fr" {REL}>exemple.fr</a></strong>'),
        (
            "jean.dupont@exemple.fr,",
            f'<a href="mailto:jean.dupont@exemple.fr" {REL}>jean.dupont@exemple.fr</a>,',
        ),
        ("[la *fiche*](/topics/3)", f'<a href="/topics/3" {REL}>la <em>fiche</em></a>'),
        ('[doc](exemple.fr/doc "titre")', f'<a href="https://exemple.fr/doc" {REL}>doc</a>'),
        ("[a](<https://exemple.fr/x y>)", "[a](&lt;<a href="),
        ("[appeler](tel:+33243000000)", f'<a href="tel:+33243000000" {REL}>appeler</a>'),
        ("[https://a.fr](https://b.fr)", f'<a href="https://b.fr" {REL}>https://a.fr</a>'),
        ("[](https://b.fr)", f'<a href="https://b.fr" {REL}>https://b.fr</a>'),
        ("[1] et [x]: y", "[1] et [x]: y"),
        ("`https://exemple.fr`", "<code>https://exemple.fr</code>"),
    ],
)
def test_addresses_become_links(typed, shown):
    assert shown in html(typed)


KEY = "k" * 30 + "_-"


def test_own_pictures_are_shown_and_keep_their_place_while_they_load():
    text = render(f"![La bride cintrée](/blobs/{KEY}#1600x1200)")
    assert text.html == (
        f'<p><a class="picture" href="/blobs/{KEY}"><img alt="La bride cintrée" height="480" loading="lazy" '
        f'src="/blobs/{KEY}/thumb" width="640"></a></p>'
    )
    assert text.images == (KEY,)
    assert text.excerpt == "La bride cintrée"


def test_pictures_from_elsewhere_become_links():
    text = render("![photo](https://ailleurs.example/p.png) ![x](data:image/png;base64,AAAA)")
    assert "<img" not in text.html
    assert f'<a href="https://ailleurs.example/p.png" {REL}>photo</a>' in text.html
    assert text.images == ()


def test_a_file_sent_here_is_known_to_belong_to_the_text():
    text = render(f"[plan.pdf](/blobs/{KEY})")
    assert text.html == f'<p><a class="file" href="/blobs/{KEY}">plan.pdf</a></p>'
    assert text.images == (KEY,)


def test_a_picture_inside_a_link_leads_where_the_link_says():
    shown = html(f"[![i](/blobs/{KEY})](https://exemple.fr)")
    assert shown.count("<a ") == 1
    assert f'<a href="https://exemple.fr" {REL}><img' in shown


def test_people_are_named_by_a_token_and_shown_as_a_link():
    text = render(
        "Merci @{12|Élodie Marchand}, et @{7|Marc *Le* Goff} ; `@{9|Personne}` ; @{12|Élodie Marchand}"
    )
    assert text.mentions == (12, 7)
    assert '<a class="mention" href="/personnes/12">@Élodie Marchand</a>' in text.html
    assert '<a class="mention" href="/personnes/7">@Marc *Le* Goff</a>' in text.html
    assert text.excerpt.startswith("Merci @Élodie Marchand, et @Marc *Le* Goff")


def test_a_mention_inside_a_link_does_not_nest_links():
    shown = html("[@{12|Ana}](https://exemple.fr)")
    assert '<a class="mention" href="/personnes/12">@Ana</a>' in shown
    assert re.search(r"<a [^>]*>(?:(?!</a>).)*<a ", shown) is None


def test_rendering_the_stored_source_again_changes_nothing():
    source = "Bonjour\r\n- a\r\n  - b\r\n\r\n@{3|Ana} e\u0301tau\u0000 **x**\r\n"
    first = render(source)
    again = render(first.source)
    assert first.source == "Bonjour\n- a\n  - b\n\n@{3|Ana} étau **x**"
    assert again == first


def test_one_text_leaves_nothing_behind_for_the_next():
    typed = [
        "@{7|Ana Petit} et ![Pièce](/blobs/abcdefghijklmnopqrstuv)",
        "3. **trois**\n4. quatre\n\n> cité\n\n`code` [lien](https://exemple.test)",
        "a|b\n-|-\nc|d",
        "[x" * 300,
        "*" * 2_000 + "a " * 3_000,
        "- x\n" * 3_000,
        "Des mots, rien que des mots",
    ]
    first = [render(text) for text in typed]
    again = [render(text) for text in [*reversed(typed)]]

    assert first == again[::-1]
    assert first[0].mentions == (7,)
    assert first[-1].mentions == first[-1].images == ()


def test_several_threads_render_at_once():
    typed = [
        f"@{{{number}|Ana}} **{number}** [lien](https://exemple.test/{number})" for number in range(1, 200)
    ]
    alone = [render(text) for text in typed]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(render, typed)) == alone
