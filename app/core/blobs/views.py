"""Sending pictures and files, and getting them back."""

from __future__ import annotations

import os
from typing import BinaryIO, cast
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import dump_options_header
from werkzeug.wsgi import wrap_file

from app.core.blobs import operations, queries
from app.core.blobs.models import Blob
from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.errors import NotFound, Refusal
from app.core.text import clean_line
from app.core.threads import run_off_hub

bp = Blueprint("blobs", __name__, url_prefix="/blobs")

THUMB_TYPE = "image/webp"
# A file of ours opened as a page of its own can do nothing: no script, no form, no frame, no request.
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


@bp.post("")
@signed_in
def create_blob() -> ResponseReturnValue:
    """Take one file (field `file`, description in `alt`) and answer what a text needs to show it."""
    operations.UPLOADS.spend(current_user.id)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refusal(_("Choisissez une photo ou un fichier à joindre."), field="file")
    alt = clean_line(request.form.get("alt", ""), limit=300, field="alt")
    uploader_id = current_user.id
    prepared = operations.receive(cast(BinaryIO, file.stream), file.filename)
    with transaction():
        blob = operations.keep(prepared, uploader_id, alt=alt)
        body = {
            "key": blob.key,
            "url": blob.url,
            "thumb": blob.thumb_url,
            "name": blob.original_name,
            "kind": blob.kind,
            "size": blob.size,
            "width": blob.width,
            "height": blob.height,
            "markdown": prepared.markdown,
        }
    response = jsonify(body)
    response.headers["Location"] = prepared.url
    return response, 201


@bp.get("/<key>", defaults={"variant": None})
@bp.get("/<key>/<variant>")
@permission("those who see the thing it belongs to; while it belongs to none, its uploader")
def show_blob(key: str, variant: str | None) -> ResponseReturnValue:
    """The bytes, never trusted: a picture we wrote ourselves is shown, anything else is downloaded."""
    blob = queries.blob_for(current_user, key)
    if variant is not None and not (variant == "thumb" and blob.is_image):
        raise NotFound
    response = _unchanged(blob, variant) or _bytes_of(blob, variant)
    # Asked again each time, and answered in a few bytes: a right that ends, ends here too.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _etag(blob: Blob, variant: str | None) -> str:
    return f"{blob.sha256[:32]}{'-' + variant if variant else ''}"


def _unchanged(blob: Blob, variant: str | None) -> Response | None:
    etag = _etag(blob, variant)
    if not request.if_none_match.contains_weak(etag):
        return None
    response = Response(status=304)
    response.set_etag(etag)
    return response


def _bytes_of(blob: Blob, variant: str | None) -> Response:
    try:
        name = blob.key if variant is None else f"{blob.key}.{variant}"
        # Off the event loop: a bucket answers over the network.
        handle = run_off_hub(operations.store().open, name)
    except FileNotFoundError as error:
        raise NotFound from error
    size = _size_of(handle)
    response = Response(
        wrap_file(request.environ, handle),
        content_type=blob.content_type if variant is None else THUMB_TYPE,
        direct_passthrough=True,
    )
    response.content_length = size
    response.set_etag(_etag(blob, variant))
    if not blob.is_image:
        response.headers["Content-Disposition"] = _attachment(blob.original_name)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def _size_of(handle: BinaryIO) -> int:
    size = handle.seek(0, os.SEEK_END)
    handle.seek(0)
    return size


def _attachment(name: str) -> str:
    # The plain name for old programs, the true one (RFC 8187) for the others.
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return dump_options_header(
        "attachment", {"filename": plain, "filename*": f"UTF-8''{_percent_encoded(name)}"}
    )


def _percent_encoded(name: str) -> str:
    return quote(name, safe="!#$&+^`|~")
