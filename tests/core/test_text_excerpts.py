"""Words without marks, and mentions that bear the right name."""

from app.core.text import mention_token, plain_excerpt, render, with_current_names


def test_an_excerpt_is_cut_between_two_words():
    text = plain_excerpt("<p>La bride se déforme après la découpe, surtout en 3 mm.</p>", 30)
    assert text == "La bride se déforme après la…"
    assert len(text) <= 30


def test_an_excerpt_keeps_blocks_apart_and_reads_entities():
    assert (
        plain_excerpt("<h3>Jeu</h3><ul><li>a &lt; b</li><li>c</li></ul><p>x<br>y</p>", 99)
        == "Jeu a < b c x y"
    )


def test_a_word_without_end_is_cut_all_the_same():
    assert plain_excerpt("<p>" + "x" * 500 + "</p>", 20) == "x" * 19 + "…"


def test_the_excerpt_of_a_long_text_is_ready_with_it():
    text = render("mot " * 2000)
    assert 200 < len(text.excerpt) <= 240


def test_a_mention_cannot_bear_a_chosen_name():
    source = "@{12|Le directeur} et @{99|Inconnue} et @{13|Marc}"
    assert with_current_names(source, {12: "Élodie Marchand", 13: "Marc"}) == (
        "@{12|Élodie Marchand} et @Inconnue et @{13|Marc}"
    )


def test_a_name_cannot_break_its_token():
    assert render(mention_token(3, "A}|{[b]")).mentions == (3,)
