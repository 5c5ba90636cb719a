"""Texts written to hurt: those who read them, or the server that renders them."""

import html
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Refusal
from app.core.text import RENDERER_VERSION, clean_line, clean_text, render
from app.core.text.sanitizing import TAGS, sanitize

KEY = "k" * 32
ATTRIBUTES = {
    "a": {"href", "rel", "class"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"class"},
    "th": {"class"},
}


class Inspector(HTMLParser):
    """Reads markup as a browser would and complains about whatever should not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.faults.append(f"{tag} {name}")
            if name in {"href", "src"}:
                # Browsers drop these characters before they look for the scheme.
                address = re.sub(r"[\x00-\x20]", "", value or "")
                if not re.match(r"(?i)https?://[^/]|mailto:.|tel:.|/(?![/\\])|#", address):
                    self.faults.append(f"{tag} {name}={value}")
            if name == "src" and not re.fullmatch(r"/blobs/[\w-]{32}(/thumb)?", value or ""):
                self.faults.append(f"src={value}")

    def handle_comment(self, data):
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl):
        self.faults.append(f"declaration {decl}")

    def handle_pi(self, data):
        self.faults.append(f"instruction {data}")


def faults(markup: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(markup)
    inspector.close()
    return inspector.faults


SCRIPTS = [
    "javascript:alert(1)",
    "javascript:123",
    "JaVaScRiPt:123",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript&#58;alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;&#x61;vascript:alert(1)",
    "javascript\\:alert(1)",
    "java\\script:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "blob:https://exemple.fr/1",
    "file:///etc/passwd",
    "feed:javascript:1",
    "view-source:javascript:1",
    "//ailleurs.example/x",
    "/\\ailleurs.example/x",
    "\\\\ailleurs.example",
    "https:ailleurs.example",
    "http:///ailleurs.example",
    "https://banque.fr@ailleurs.example/",
    "https://[::1",
    "mailto:",
    "\u200bjavascript:1",
    "javascript\u2028:1",
    "ｊavascript:1",
]


@pytest.mark.parametrize("address", SCRIPTS)
@pytest.mark.parametrize(
    "shape",
    ["[x]({})", "[x](<{}>)", "![x]({})", "<{}>", "{}", "[x]: {}\n\n[x]", '[x]({} "t")', "![x](/blobs/{})"],
)
def test_no_address_runs_anything_or_leaves_by_a_trick(shape, address):
    assert faults(render(shape.format(address)).html) == []


@pytest.mark.parametrize("address", SCRIPTS)
@pytest.mark.parametrize(
    "shape", ['<a href="{}">x</a>', '<img src="{}">', "<a href='{}'>x", '<a href="{}" rel="x">x</a>']
)
def test_the_last_gate_checks_schemes_by_itself(shape, address):
    assert faults(sanitize(shape.format(html.escape(address)))) == []
    assert faults(sanitize(shape.format(address.replace('"', "")))) == []


MARKUP = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//ailleurs.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="/blobs/' + KEY + '" onload=alert(1)>',
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href='javascript:1'>x</mi></math>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<a href='javascript:1'>x</a>",
    "<div style='background:url(//ailleurs.example)'>x</div>",
    "<style>@import '//ailleurs.example'</style>",
    "<link rel=stylesheet href=//ailleurs.example>",
    "<base href=//ailleurs.example>",
    "<meta http-equiv=refresh content='0;url=//ailleurs.example'>",
    "<form action=//ailleurs.example><input name=password><button>ok",
    "<object data=x></object><embed src=x>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>1</script></template>",
    "</p></div></article><script>1</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\x02wzxhzdk:0\x03 \x02klzzwxh:0000\x03 \x0260\x03script\x0262\x03",
    "&#2;60&#3;script",
    '[x](https://exemple.fr/"onmouseover=alert(1)//)',
    '[x](https://exemple.fr "title\\" onclick=alert(1)")',
    '![" onerror=alert(1) x="](/blobs/' + KEY + ")",
    "![<script>](/blobs/" + KEY + ")",
    "[<img src=x onerror=alert(1)>](https://exemple.fr)",
    "`<script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '```"onclick=alert(1)\nx\n```',
    "@{1|<script>alert(1)</script>}",
    '@{1|" onclick="alert(1)}',
    "| <script> |\n|---|\n| <img src=x onerror=1> |",
    "# <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "**<script>**alert(1)**</script>**",
    '<a.b@exemple.fr"onclick=alert(1)>',
    "https://exemple.fr/<script>alert(1)</script>",
    'https://exemple.fr/"onmouseover="alert(1)',
    "{% raw %}{{ 7*7 }}",
]


@pytest.mark.parametrize("typed", MARKUP)
def test_markup_is_shown_as_typed_and_never_obeyed(typed):
    text = render(typed)
    assert faults(text.html) == []
    assert "\x02" not in text.html
    assert "\x03" not in text.html


@pytest.mark.parametrize("typed", MARKUP)
def test_the_last_gate_stops_the_same_markup_by_itself(typed):
    assert faults(sanitize(typed)) == []


def test_raw_markup_is_readable_as_text():
    assert render("<b>gras</b> <script>").html == "<p>&lt;b&gt;gras&lt;/b&gt; &lt;script&gt;</p>"


PIECES = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "!",
        "<",
        ">",
        "`",
        "*",
        "_",
        "~~",
        "\\",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "> ",
        "# ",
        "|",
        "|-|\n",
        "```\n",
        "javascript:1",
        "https://a.fr",
        "www.a.fr",
        "a@b.fr",
        "@{1|Ana}",
        f"![x](/blobs/{KEY})",
        '"',
        "'",
        "&",
        "&#58;",
        "onclick=1",
        "<script>",
        "</",
        "=",
        " ",
        "é",
        "x",
        "\u202e",
        "\x00",
        "\x02",
        "0\x03",
        "klzzwxh:0000",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_mixture_of_marks_gets_past(typed):
    text = render(typed)
    assert faults(text.html) == []
    assert render(text.source) == text


SHAPES = [
    "[", "![", "[](", "[a](", "![a](", "<a ", "<![CDATA[", "<div>", "```\n", "> ", ">", "*_", "**a ", "*a**b*a\n",
    "``a`", "`a", "`", "\\", "&", "~~a ", "_a ", "http://a", "www.", "a@", "a@b.", "@{1|", "- ", "- a\n", "- - ",
    "1. a\n", "  - a\n", "> - a\n", "|", "|-|\n", "a|b\n", "---\n", "# a\n", "a\n", "a\n\n", ">\n\n", "\n", "\t", "(",
    "[a](b(", "[x](<", "<http://a>", "<a@b.fr>", "[@{1|a}](http://a)", "\u0301", "[" + "x" * 99, ">```\n- a\n\n",
    "<!--", "<?", "{", "![](/blobs/", "*a* ", "**a*b&", "x" * 500 + "*",
]  # fmt: skip


def seconds_to_render(typed: str, **options) -> float:
    start = time.process_time()
    render(typed, **options)
    return time.process_time() - start


@pytest.fixture(scope="module")
def half_a_second() -> float:
    """Half a second of a quiet machine, told by an honest text of 20 KB: it takes a tenth of that.

    A tracer or a busy neighbour slows both alike.
    """
    honest = (
        "La **bride** tient sur `M8`, voir [la fiche](https://exemple.fr).\n\n- un\n- deux\n\n> cité\n\n"
        * 220
    )
    seconds_to_render("", limit_bytes=1)
    return max(0.5, 10 * seconds_to_render(honest[:20_000]))


@pytest.mark.parametrize("shape", SHAPES)
def test_no_text_of_an_accepted_size_is_slow(shape, half_a_second):
    typed = (shape * 20_000).encode()[:20_000].decode(errors="ignore")
    assert seconds_to_render(typed) < half_a_second
    assert faults(render(typed).html) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_nor_is_a_long_sheet(shape, half_a_second):
    typed = (shape * 100_000).encode()[:100_000].decode(errors="ignore")
    assert seconds_to_render(typed, limit_bytes=100_000) < half_a_second


def test_brackets_without_end_are_kept_as_plain_text():
    text = render("[" * 3000 + "\n<b>\n\n**fin**")
    assert text.html == "<p>" + "[" * 3000 + "<br>&lt;b&gt;</p>\n<p>**fin**</p>"
    assert text.renderer_version == RENDERER_VERSION


def test_an_honest_article_of_100_kb_is_interpreted():
    prose = "La bride tient mieux une fois la pièce dégraissée. " * 11
    section = f"## Réglage\n\n{prose}\n\n- [un](https://exemple.fr)\n- **deux** et `M8`\n\n"
    typed = (section * 200)[:100_000].rsplit("\n", 1)[0]
    assert len(typed.encode()) > 90_000
    assert render(typed, limit_bytes=110_000).html.count("<h4>") > 100


def test_a_text_too_long_is_refused_with_both_sizes():
    with pytest.raises(Refusal) as refused:
        render("é" * 12_000)
    assert "24 Ko" in refused.value.sentence
    assert "20 Ko" in refused.value.sentence
    assert refused.value.status == 422


def test_invisible_characters_that_act_are_removed():
    assert clean_text("a\x00b\x1b[1m\u202egnp.exe\ufeff\r\nc\u2028d\ud800") == "ab[1mgnp.exe\nc\nd\ufffd"
    assert clean_text("e\u0301") == "é"
    assert clean_text("👩\u200d🔧") == "👩\u200d🔧"
    assert len(clean_text("a" + "\u0321" * 500)) < 10


def test_a_title_is_one_line_of_limited_length():
    assert clean_line("  Bride\n cintrée\t ") == "Bride cintrée"
    with pytest.raises(Refusal) as refused:
        clean_line("x" * 201, field="title")
    assert refused.value.field == "title"
    assert "201" in refused.value.sentence
    assert "200" in refused.value.sentence
