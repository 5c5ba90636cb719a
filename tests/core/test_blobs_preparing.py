"""What people send, made fit to keep: real pictures, and files that pretend."""

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageDraw
from pillow_heif import from_pillow

from app.core.blobs import prepare_upload
from app.core.blobs.pictures import LARGE_SIDE, MAX_PIXELS
from app.core.blobs.preparing import PreparedUpload
from app.core.errors import Refusal

ORIENTATION, GPS, DEVICE = 0x0112, 0x8825, 0x0110


def photo(width: int = 800, height: int = 600) -> Image.Image:
    """Noise with a red corner at top left: as a photograph compresses, and one sees which way it stands."""
    image = Image.effect_noise((width, height), 60).convert("RGB")
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(230, 20, 20))
    return image


def phone_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[DEVICE] = "Téléphone de Marc"
    gps = exif.get_ifd(GPS)
    gps[1], gps[2], gps[3], gps[4] = "N", (47.0, 35.0, 10.0), "E", (1.0, 20.0, 5.0)
    return exif


def encoded(image: Image.Image, picture_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, picture_format, **options)
    return buffer.getvalue()


_opened: list[PreparedUpload] = []


@pytest.fixture(autouse=True)
def closed_afterwards():
    yield
    while _opened:
        _opened.pop().content.close()


def prepared(content: bytes, name: str | None = "piece.jpg", **options) -> PreparedUpload:
    upload = prepare_upload(io.BytesIO(content), name, **options)
    _opened.append(upload)
    return upload


def shown(upload: PreparedUpload) -> Image.Image:
    upload.content.seek(0)
    image = Image.open(io.BytesIO(upload.content.read()))
    image.load()
    return image


def refusal(content: bytes, name: str, **options) -> str:
    with pytest.raises(Refusal) as refused:
        prepared(content, name, **options)
    assert 400 <= refused.value.status < 500
    return refused.value.sentence


def test_a_photo_keeps_neither_its_place_nor_its_device():
    sent = encoded(photo(), "JPEG", exif=phone_exif(), comment=b"atelier secret", icc_profile=b"profil" * 40)
    assert b"Marc" in sent
    upload = prepared(sent, "IMG_2041.JPG")
    kept = shown(upload)
    assert (upload.kind, upload.content_type, upload.name) == ("image", "image/jpeg", "IMG_2041.jpg")
    assert dict(kept.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(kept.info)
    upload.content.seek(0)
    written = upload.content.read()
    for word in (b"Exif", b"Marc", b"secret", b"profil"):
        assert word in sent or word == b"Exif"
        assert word not in written
        assert word not in upload.thumb


def test_a_photo_taken_upright_stands_upright():
    upload = prepared(encoded(photo(800, 600), "JPEG", exif=phone_exif(orientation=6)))
    kept = shown(upload)
    assert (upload.width, upload.height) == kept.size == (600, 800)
    red, green, _ = kept.getpixel((590, 10))
    assert red > 180
    assert green < 80


def test_a_photo_from_an_iphone_becomes_one_every_browser_shows():
    buffer = io.BytesIO()
    from_pillow(photo()).save(buffer, exif=phone_exif().tobytes())
    assert buffer.getvalue()[4:8] == b"ftyp"
    upload = prepared(buffer.getvalue(), "IMG_0007.HEIC")
    kept = shown(upload)
    assert (upload.content_type, upload.name, kept.format) == ("image/jpeg", "IMG_0007.jpg", "JPEG")
    assert kept.size == (800, 600)
    assert dict(kept.getexif()) == {}


def test_a_large_photo_is_made_smaller_and_gets_a_small_version():
    upload = prepared(encoded(photo(3000, 1500), "JPEG"))
    assert (upload.width, upload.height) == (LARGE_SIDE, 1000)
    assert upload.markdown == f"![piece](/blobs/{upload.key}#2000x1000)"
    thumb = Image.open(io.BytesIO(upload.thumb))
    assert (thumb.format, thumb.size) == ("WEBP", (640, 320))
    assert len(upload.thumb) < upload.size


def test_a_diagram_keeps_its_exact_colours_and_its_transparency():
    drawing = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).line((0, 0, 299, 199), fill=(10, 60, 120, 255), width=4)
    upload = prepared(encoded(drawing, "PNG"), "schéma.png")
    kept = shown(upload)
    assert (upload.content_type, upload.name, kept.mode) == ("image/webp", "schéma.webp", "RGBA")
    assert kept.getpixel((150, 100)) == (10, 60, 120, 255)
    assert kept.getpixel((5, 190))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_pictures_of_every_kind_are_taken(mode):
    picture_format = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("L", (50, 40), 128)
    image = Image.new("I;16", (50, 40), 30000) if mode == "I;16" else image.convert(mode)
    assert shown(prepared(encoded(image, picture_format), "x.png")).size == (50, 40)


def test_the_first_frame_of_an_animation_is_kept():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    sent = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(shown(prepared(sent, "x.webp")), "n_frames", 1) == 1


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that announces as many pixels as one likes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\x00" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (9000, 9000), (2_000_000_000, 1), (MAX_PIXELS + 1, 1)])
def test_a_picture_bomb_is_refused_before_it_is_decoded(size):
    assert "50 millions" in refusal(bomb(*size), "bombe.png")


@pytest.mark.parametrize(
    "content",
    [
        encoded(photo(), "JPEG")[:3000],
        b"\xff\xd8\xff" + b"\x00" * 500,
        b"\x89PNG\r\n\x1a\n" + b"pas une image",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypheic" + b"\x00" * 300,
        bomb(0, 0),
        encoded(photo(), "PNG")[:5000],
    ],
)
def test_a_damaged_picture_is_refused_with_a_way_out(content):
    assert "abîmée" in refusal(content, "photo.jpg")


def test_what_hides_behind_a_picture_does_not_survive():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("run.exe", "MZ" + "x" * 100)
    sent = encoded(photo(), "JPEG", comment=b"<script>alert(1)</script>") + archive.getvalue()
    upload = prepared(sent, "photo.jpg.html.jpg")
    upload.content.seek(0)
    written = upload.content.read()
    for trace in (b"PK\x03\x04", b"<script", b"run.exe"):
        assert trace in sent
        assert trace not in written


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "schema.svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><svg onload="alert(1)"></svg>', "schema.png"),
        (b"  <SVG/onload=alert(1)>", "x.txt"),
        (b'<!DOCTYPE svg><x:svg xmlns:x="http://www.w3.org/2000/svg">', "x"),
        (b"\x1f\x8b\x08\x00", "schema.svgz"),
    ],
)
def test_svg_is_refused_with_what_to_do_instead(content, name):
    sentence = refusal(content, name)
    assert "SVG" in sentence
    assert "PNG" in sentence


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00\x03\x00\x00\x00", "plan.pdf"),
        (b"\x7fELF\x02\x01\x01", "outil"),
        (b"#!/bin/sh\nrm -rf /", "notes.txt"),
        (b"alert(1)", "outil.js"),
        (b"<html><script>alert(1)</script>", "rapport.html"),
        (b"[InternetShortcut]", "lien.URL"),
        (b"PK\x03\x04", "outil.jar"),
    ],
)
def test_programs_are_refused(content, name):
    assert "programmes" in refusal(content, name)


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (b"%PDF-1.7\n%", "plan.pdf", "application/pdf"),
        (b"%PDF-1.7\n%", "plan.txt", "application/pdf"),
        (b"PK\x03\x04...", "gamme.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"PK\x03\x04...", "gamme.odt", "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04...", "dossier.zip", "application/zip"),
        (b"PK\x03\x04...", "dossier.pdf", "application/octet-stream"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "ancien.xls", "application/vnd.ms-excel"),
        (b"ISO-10303-21;\nHEADER;", "bride.step", "model/step"),
        (b"  0\nSECTION\n", "bride.dxf", "image/vnd.dxf"),
        (b"solid bride\n", "bride.stl", "model/stl"),
        (b"\x00" * 84, "bride.STL", "model/stl"),
        ("Pièce;Jeu\nA;0,2".encode("cp1252"), "mesures.csv", "text/csv"),
        (b"G1 X10 F200", "prog.nc", "text/plain"),
        (b"<html><body>x", "rapport.pdf", "application/octet-stream"),
        (b"<html><body>x", "rapport.txt", "text/plain"),
        (b"\x00\x01\x02", "mesures.csv", "application/octet-stream"),
        (b"MZ;12", "mesures.csv", "text/csv"),
        (b"GIF89a\x01", "anim.gif", "application/octet-stream"),
        (b"?", "sans-suffixe", "application/octet-stream"),
    ],
)
def test_a_file_is_known_by_its_content(content, name, content_type):
    upload = prepared(content, name)
    assert (upload.kind, upload.content_type, upload.name) == ("file", content_type, name)
    assert upload.size == len(content)
    assert upload.content.read() == content
    assert upload.markdown == f"[{name}](/blobs/{upload.key})"


def test_an_archive_is_never_opened():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", b"\x00" * 30_000_000)
    sent = archive.getvalue()
    assert prepared(sent, "archive.zip").size == len(sent) < 100_000


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Marc\\plan final.pdf", "plan final.pdf"),
        ("plan\u202efdp.exe.pdf", "planfdp.exe.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie x=1.pdf"),
        ("x" * 400 + ".pdf", "x" * 117 + ".pdf"),
        (" . ", "fichier"),
        ("", "fichier"),
        (None, "fichier"),
        ("plan [v2].pdf", "plan [v2].pdf"),
    ],
)
def test_names_are_cleaned(sent, kept):
    upload = prepared(b"%PDF-1.7", sent)
    assert upload.name == kept
    assert "[" not in upload.markdown[1:].partition("](")[0]


def test_too_much_is_refused_while_it_is_read():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(Refusal) as refused:
        prepare_upload(stream, "gros.step", 1_000_000)
    assert refused.value.status == 413
    assert "1 Mo" in refused.value.sentence
    assert stream.given < 1_200_000


def test_an_empty_file_is_refused():
    assert "vide" in refusal(b"", "vide.pdf")


def test_keys_cannot_be_guessed():
    keys = {prepared(b"x", "x").key for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) == 32 for key in keys)
