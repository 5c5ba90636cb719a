"""The card that hangs beside a machine, as a PDF of one page made from what the script says of it."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, NamedTuple

SUPERVISION = {
    "free": "On y travaille seul quand le lab est ouvert.",
    "manager_present": "Une personne du lab reste à côté.",
    "two_people": "On y travaille à deux.",
}
LEFT, TOP = 56, 780
WIDTH = 84
"""Characters of a line of 11 points that fit between the margins of an A4 page."""

WITHOUT_SIGN = {ord("\N{NARROW NO-BREAK SPACE}"): "\N{NO-BREAK SPACE}", ord("\N{MINUS SIGN}"): "\N{EN DASH}"}
"""What the Western encoding lacks, and what stands for it."""


class Line(NamedTuple):
    """A line of the card: regular or bold, in points, with so much room above it."""

    text: str
    bold: bool = False
    size: int = 11
    above: int = 17


def card(machine: dict[str, Any], lab: str) -> bytes:
    """The « fiche de poste » of a machine of the script: what to know, what to wear, who stays, what it does."""
    lines = [Line(machine["name"], bold=True, size=22), Line(f"{lab} · fiche de poste", above=22)]
    lines += _part("À savoir", [f"{n}. {said}" for n, said in enumerate(machine["to_know"], 1)])
    lines += _part("À porter", [machine["protective_equipment"]])
    lines += _part("Présence", [SUPERVISION[machine["supervision"]]])
    lines += _part("Caractéristiques", [f"{name} : {value}" for name, value in machine["specification"]])
    return _pdf(lines)


def _part(title: str, texts: list[str]) -> list[Line]:
    said = [Line(row) for text in texts for row in wrap(text, WIDTH)]
    return [Line(title, bold=True, size=13, above=32), *said]


def _pdf(lines: list[Line]) -> bytes:
    """A page of text in the fonts that every reader of PDF has, in their Western encoding."""
    drawn, height = [], TOP
    for line in lines:
        height -= line.above
        face = b"B" if line.bold else b"R"
        drawn.append(b"BT /%b %d Tf %d %d Td (%b) Tj ET" % (face, line.size, LEFT, height, _text(line.text)))
    content = b"\n".join(drawn)
    fonts = b"/Resources << /Font << /R 5 0 R /B 6 0 R >> >>"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /Encoding /WinAnsiEncoding >>"
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %b >>" % fonts,
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
            font % b"Helvetica",
            font % b"Helvetica-Bold",
        ]
    )


def _text(words: str) -> bytes:
    plain = words.translate(WITHOUT_SIGN).encode("cp1252")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: list[bytes]) -> bytes:
    made, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return made + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(made))
    )
