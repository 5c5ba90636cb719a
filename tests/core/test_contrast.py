"""Every text colour reads on the surfaces it stands on: OKLCH → linear sRGB → WCAG contrast, in both themes."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "app/core/static/core/tokens.css"
COLOUR = re.compile(r"--([\w-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\);")
ROW = re.compile(r"^ \* \| ([\w-]+)\s*\| ([\w\s-]+?)\s*\| ([\d.]+)\s*\|$", re.MULTILINE)

SOURCE = TOKENS.read_text(encoding="utf-8")


def _colours(theme: int) -> dict[str, tuple[float, float, float]]:
    found = {}
    for name, *values in COLOUR.findall(SOURCE):
        lightness, chroma, hue = (float(part) for part in values[theme].split())
        found[name] = (lightness, chroma, hue)
    return found


THEMES = {"light": _colours(0), "dark": _colours(1)}
PAIRS = [
    (theme, ink, surface, float(minimum))
    for theme in THEMES
    for ink, surfaces, minimum in ROW.findall(SOURCE)
    for surface in surfaces.split()
]


def linear_srgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Björn Ottosson's matrices, as CSS Color 4 gives them."""
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def luminance(colour: tuple[float, float, float]) -> float:
    red, green, blue = (min(max(part, 0.0), 1.0) for part in linear_srgb(*colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_black_on_white_is_the_known_ratio():
    assert contrast((0, 0, 0), (1, 0, 0)) == pytest.approx(21, abs=0.01)


def test_the_table_of_pairs_names_every_ink_and_both_themes():
    assert {ink for _, ink, _, _ in PAIRS} >= {
        "encre-1",
        "encre-2",
        "encre-3",
        "acier",
        "sur-plein",
        "vert",
        "ambre",
        "rouge",
    }
    assert len(THEMES["light"]) == len(THEMES["dark"]) > 20


@pytest.mark.parametrize(("theme", "ink", "surface", "minimum"), PAIRS)
def test_an_ink_reads_on_its_surface(theme: str, ink: str, surface: str, minimum: float):
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[surface]) >= minimum


@pytest.mark.parametrize("theme", THEMES)
def test_tokens_stay_within_what_an_ordinary_screen_shows(theme: str):
    outside = {
        name: [round(part, 3) for part in linear_srgb(*colour)]
        for name, colour in THEMES[theme].items()
        if not all(-0.004 <= part <= 1.004 for part in linear_srgb(*colour))
    }
    assert outside == {}


def test_every_region_has_its_own_hue():
    hues = re.findall(r"\.hue-(\d\d) \{ --region-hue: (\d+); \}", SOURCE)
    assert len(hues) == len(dict(hues)) == 18
    assert len({hue for _, hue in hues}) == 18


@pytest.mark.parametrize("hue", re.findall(r"--region-hue: (\d+)", SOURCE))
def test_a_region_mark_shows_on_every_surface(hue: str):
    for theme, lightness in (("light", 0.58), ("dark", 0.70)):
        for surface in ("papier", "feuille", "rainure"):
            assert contrast((lightness, 0.09, float(hue)), THEMES[theme][surface]) >= 3
