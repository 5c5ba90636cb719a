"""Words as the index knows them."""

import pytest

from app.core.stemming import query_terms, stem, terms


def test_endings_capitals_and_elisions_are_set_aside():
    assert terms("L’usinage des Fraiseuses d'Atelier, qu'elles soient usinées") == (
        "usinag de fraiseux ateli ell soient usin"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fraiseuse", "fraiseuses"),
        ("découpe", "découper"),
        ("usinée", "usinees"),
        ("dégraissée", "degraissee"),
        ("Œuvre", "oeuvre"),
        ("MOULE", "moules"),
    ],
)
def test_spellings_of_one_word_meet(one, other):
    assert set(terms(one).split()) & set(terms(other).split())


@pytest.mark.parametrize(
    "word", ["sécurité", "matière", "électricité", "journées", "qualité", "réglage", "procédés"]
)
def test_a_word_is_found_with_and_without_its_accents(word):
    import unicodedata

    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    indexed = terms(f"la {word} du poste").split()
    for typed in (word, bare):
        assert query_terms(f"{typed} ")[0] in indexed


def test_codes_are_kept_whole():
    assert terms("Inox 316L, S235JR et 42CrMo4 en M8") == "inox 316l s235jr et 42crmo4 en m8"
    assert query_terms("s235") == ["s235*"]


def test_long_words_are_cut_and_marks_ignored():
    assert all(len(term) <= 40 for term in terms("x" * 500 + " " + "9" * 500).split())
    assert terms('*:* "a" OR (b) -c\x00 NEAR/2 _d_') == "a or b c near 2 d"
    assert terms("") == ""


def test_the_last_word_may_still_be_on_its_way():
    assert query_terms("") == []
    assert query_terms("?!") == []
    assert query_terms("découpe las") == ["decoup", "las*"]
    assert query_terms("découpe las ") == ["decoup", "las"]
    assert query_terms("fraiseuses") == ["fraiseu*"]
    assert query_terms("tôle de") == ["tol", "de"]


def test_what_is_typed_so_far_begins_what_is_indexed():
    for whole in ("soudure", "fraiseuses", "découpage", "tolérance"):
        indexed = terms(whole).split()
        for length in range(4, len(whole) + 1):
            last = query_terms(whole[:length])[-1].rstrip("*")
            assert any(term.startswith(last) for term in indexed) or length >= len(indexed[0])


def test_a_stem_is_a_stem_of_itself_often_enough_to_cache():
    assert stem("aciers") == "acier"
