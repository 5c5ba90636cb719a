"""Pictures decoded and written anew: cut to size, upright, without what their camera told of itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO

from flask_babel import gettext as _
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from app.core.errors import Refusal

MAX_PIXELS = 50_000_000
"""What a phone of today takes (48 million); a picture is refused above it from its header, before it is decoded."""

LARGE_SIDE = 2000
THUMB_SIDE = 640
_FEW_COLOURS = 256

# Without the thumbnails that phones embed: only the picture itself is read.
register_heif_opener(thumbnails=False)


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept, with its small version."""

    large: bytes
    thumb: bytes
    content_type: str
    suffix: str
    width: int
    height: int


def written_anew(content: IO[bytes], picture_format: str) -> Picture:
    """Decode a picture of the format recognised, and write it anew. Raises `Refusal`."""
    try:
        with Image.open(content, formats=(picture_format,)) as original:
            _check_pixels(original.size)
            # A JPEG is decoded at the nearest size above the one kept; other formats ignore this.
            original.draft("RGB", (LARGE_SIDE, LARGE_SIDE))
            large = _upright(original, LARGE_SIDE)
        written, content_type, suffix = _written(large, picture_format)
        return Picture(written, _thumb(large), content_type, suffix, large.width, large.height)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Refusal:
        raise
    except Exception as error:
        # Decoders fail in many ways on what is cut short or forged.
        raise Refusal(
            _(
                "Cette image est abîmée ou incomplète. Ouvrez-la sur votre appareil, enregistrez-la de nouveau et réessayez."
            ),
            field="file",
        ) from error


def _check_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> Refusal:
    return Refusal(
        _(
            "Cette image compte plus de %(limit)s millions de points. Réduisez ses dimensions, puis joignez-la.",
            limit=MAX_PIXELS // 1_000_000,
        ),
        field="file",
    )


def _upright(original: Image.Image, side: int) -> Image.Image:
    """The picture at most `side` wide and high, as it was held, and nothing of what it carried besides."""
    original.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    turned = ImageOps.exif_transpose(original)
    plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    # A fresh picture: place, device, comments and profile stay with the old one.
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _written(image: Image.Image, picture_format: str) -> tuple[bytes, str, str]:
    if picture_format in {"JPEG", "HEIF"} and image.mode == "RGB":
        return _saved(image, "JPEG", quality=84, optimize=True, progressive=True), "image/jpeg", ".jpg"
    # Screenshots and diagrams keep their edges; what has many colours is a photograph whatever its format.
    is_drawing = image.getcolors(_FEW_COLOURS) is not None
    written = _saved(image, "WEBP", quality=75 if is_drawing else 84, lossless=is_drawing, method=3)
    return written, "image/webp", ".webp"


def _thumb(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _saved(small, "WEBP", quality=78, method=3)


def _saved(image: Image.Image, picture_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, picture_format, **options)
    return buffer.getvalue()
