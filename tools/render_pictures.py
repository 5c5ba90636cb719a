"""The drawings of the demonstration, from their SVG sources to the WebP files that topics show.

python -m tools.render_pictures              render those whose source changed since
python -m tools.render_pictures KEY…         render these
python -m tools.render_pictures --check      say which rendering is missing, older than its source, or too heavy

Chromium draws them (Debian: apt-get install chromium), with the product's own letters and a shared style sheet.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "app" / "demo" / "pictures"
LETTERS = ROOT / "node_modules/@fontsource-variable/atkinson-hyperlegible-next/files"
RENDERED = PICTURES / "rendered.json"
"""Which source each rendering was made from: times of files do not survive a checkout."""

SIZE = (1200, 800)
HEAVIEST = 45 * 1024
QUALITIES = (80, 74, 66, 58, 50, 40)
SHARED = ("drawing.css", "shared.svg")


def main() -> int:
    asked = [word for word in sys.argv[1:] if not word.startswith("-")]
    if "--check" in sys.argv[1:]:
        faults = lacks()
        for fault in faults:
            print(fault)
        return 1 if faults else 0
    known = _known()
    for source in sources():
        key = source.stem
        if asked and key not in asked:
            continue
        if not asked and known.get(key) == fingerprint(source) and rendering(key).exists():
            continue
        size = render(source)
        known[key] = fingerprint(source)
        print(f"{key}: {size / 1024:.0f} KB")
    alive = {source.stem for source in sources()}
    lines = {key: known[key] for key in sorted(known) if key in alive}
    RENDERED.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    return 0


def sources() -> list[Path]:
    """The drawings, without what they share."""
    return sorted(path for path in PICTURES.glob("*.svg") if path.name not in SHARED)


def rendering(key: str) -> Path:
    """Where the picture of this key stands."""
    return PICTURES / f"{key}.webp"


def fingerprint(source: Path) -> str:
    """What a rendering depends on: its drawing and what all of them share."""
    digest = hashlib.sha256()
    for path in (source, *(PICTURES / name for name in SHARED)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def lacks() -> list[str]:
    """What stands between the sources and their renderings, in sentences."""
    known = _known()
    faults = []
    for source in sources():
        picture = rendering(source.stem)
        if not picture.exists():
            faults.append(f"{picture.name} is missing: python -m tools.render_pictures")
        elif known.get(source.stem) != fingerprint(source):
            faults.append(f"{picture.name} is older than its source: python -m tools.render_pictures")
        elif picture.stat().st_size > HEAVIEST:
            faults.append(f"{picture.name} weighs more than {HEAVIEST // 1024} KB: simplify the drawing")
    return faults


def render(source: Path) -> int:
    """Draw one picture; its weight in bytes. Raises `RuntimeError` when it cannot be made light enough."""
    with tempfile.TemporaryDirectory() as place:
        page, shot = Path(place) / "page.html", Path(place) / "shot.png"
        page.write_text(_page(source), encoding="utf-8")
        subprocess.run(
            [
                _browser(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--allow-file-access-from-files",
                f"--user-data-dir={place}/profile",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                f"--screenshot={shot}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        with Image.open(shot) as image:
            picture = image.convert("RGB").crop((0, 0, *SIZE))
    for quality in QUALITIES:
        data = io.BytesIO()
        picture.save(data, "WEBP", quality=quality, method=6)
        if data.tell() <= HEAVIEST:
            rendering(source.stem).write_bytes(data.getvalue())
            return data.tell()
    raise RuntimeError(f"{source.name} is too detailed: {data.tell()} bytes at quality {QUALITIES[-1]}")


def _page(source: Path) -> str:
    faces = "".join(
        f"@font-face{{font-family:Atkinson;font-weight:200 800;src:url({path.as_uri()});unicode-range:{extent}}}"
        for path, extent in (
            (LETTERS / "atkinson-hyperlegible-next-latin-ext-wght-normal.woff2", "U+0100-02FF,U+2200-22FF"),
            (LETTERS / "atkinson-hyperlegible-next-latin-wght-normal.woff2", "U+0000-00FF,U+2000-21FF"),
        )
    )
    style = (PICTURES / "drawing.css").read_text(encoding="utf-8")
    shared = (PICTURES / "shared.svg").read_text(encoding="utf-8")
    drawing = source.read_text(encoding="utf-8")
    return (
        "<!doctype html><meta charset=utf-8><style>"
        f"{faces}html,body{{margin:0;overflow:hidden}}svg{{display:block}}svg:first-of-type{{position:absolute}}{style}"
        f"</style>{shared}{drawing}"
    )


def _browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    raise RuntimeError("Chromium is missing (Debian: apt-get install chromium).")


def _known() -> dict[str, str]:
    if not RENDERED.exists():
        return {}
    known: dict[str, str] = json.loads(RENDERED.read_text(encoding="utf-8"))
    return known


if __name__ == "__main__":
    sys.exit(main())
