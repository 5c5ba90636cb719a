"""What arrives from outside, made fit to keep: recognised by its content, pictures decoded and written anew.

All of it is slow or dangerous work, done before any transaction and away from the event loop. Nothing here unpacks an
archive or reads a document: files other than pictures are only recognised, and always downloaded, never shown.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from flask_babel import gettext as _

from app.core.blobs.recognising import image_format, is_program, is_svg, type_of_file
from app.core.errors import Refusal
from app.core.text import clean_line

MAX_BYTES = 20_000_000
_CHUNK = 1 << 16
_IN_MEMORY = 2_000_000
_UNTOLD = re.compile(r'[/\\:*?"<>|]+')


@dataclass(frozen=True)
class PreparedUpload:
    """A picture or file ready to be stored under `key`. `thumb` is the small version of a picture."""

    key: str
    kind: str
    content_type: str
    name: str
    size: int
    sha256: str
    content: IO[bytes]
    width: int | None = None
    height: int | None = None
    thumb: bytes | None = None

    @property
    def url(self) -> str:
        return f"/blobs/{self.key}"

    @property
    def markdown(self) -> str:
        """What to write in a text to show it (or to link to it); the size keeps its place while the page loads."""
        label = re.sub(r"[\[\]]+", " ", PurePosixPath(self.name).stem if self.kind == "image" else self.name)
        if self.kind == "image":
            return f"![{label.strip()}]({self.url}#{self.width}x{self.height})"
        return f"[{label.strip()}]({self.url})"


def prepare_upload(stream: BinaryIO, filename: str | None, max_bytes: int = MAX_BYTES) -> PreparedUpload:
    """Read, recognise and, for a picture, decode and write anew. Raises `Refusal` with what is wrong and what to do."""
    name = clean_name(filename)
    content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (the caller stores, then closes it)
    try:
        return _prepared(content, _copied(stream, content, max_bytes), name)
    except BaseException:
        content.close()
        raise


def _prepared(content: IO[bytes], size: int, name: str) -> PreparedUpload:
    head = content.read(4096)
    content.seek(0)
    _refuse_what_would_run(head, name)
    picture_format = image_format(head)
    if picture_format is not None:
        return _prepared_picture(content, name, picture_format)
    return PreparedUpload(
        key=new_key(),
        kind="file",
        content_type=type_of_file(head, name),
        name=name,
        size=size,
        sha256=_digest(content),
        content=content,
    )


def _refuse_what_would_run(head: bytes, name: str) -> None:
    if is_svg(head, name):
        raise Refusal(
            _(
                "Les dessins SVG ne sont pas acceptés : enregistrez le vôtre en PNG ou en PDF, puis joignez-le."
            ),
            field="file",
        )
    if is_program(head, name):
        raise Refusal(
            _("Les programmes et les pages web ne peuvent pas être joints : envoyez plutôt un PDF."),
            field="file",
        )


def new_key() -> str:
    """A name nobody can guess: 192 random bits in 32 characters."""
    return secrets.token_urlsafe(24)


def _copied(stream: BinaryIO, content: IO[bytes], max_bytes: int) -> int:
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise Refusal(
                _(
                    "Ce fichier dépasse %(limit)s Mo. Réduisez-le, ou indiquez où le trouver.",
                    limit=max_bytes // 1_000_000,
                ),
                status=413,
                field="file",
            )
        content.write(chunk)
    if size == 0:
        raise Refusal(_("Ce fichier est vide. Choisissez-en un autre."), field="file")
    content.seek(0)
    return size


def clean_name(filename: str | None) -> str:
    bare = re.split(r"[/\\]", (filename or "")[-500:])[-1]
    name = clean_line(_UNTOLD.sub(" ", bare), limit=500).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if dot and 0 < len(suffix) <= 10:
        return f"{stem[: 120 - len(suffix)].rstrip()}.{suffix}"
    return name[:120] or _("fichier")


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    content.seek(0)
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def _prepared_picture(content: IO[bytes], name: str, picture_format: str) -> PreparedUpload:
    # Loaded by the first picture, not by the start: decoders weigh, and most processes never see one.
    from app.core.blobs import pictures

    try:
        picture = pictures.written_anew(content, picture_format)
    finally:
        content.close()
    return PreparedUpload(
        key=new_key(),
        kind="image",
        content_type=picture.content_type,
        name=f"{PurePosixPath(name).stem or _('image')}{picture.suffix}",
        size=len(picture.large),
        sha256=hashlib.sha256(picture.large).hexdigest(),
        content=io.BytesIO(picture.large),
        width=picture.width,
        height=picture.height,
        thumb=picture.thumb,
    )
