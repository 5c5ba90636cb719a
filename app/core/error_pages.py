"""Refusals and failures as the person meets them: what is so, why, the one useful next step; nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf
from markupsafe import escape
from sqlalchemy.exc import DataError, IntegrityError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from app.core.database import abandon
from app.core.errors import Refusal
from app.core.redirects import here
from app.core.security import SAFE_METHODS, is_cross_site

log = structlog.get_logger(__name__)

SIGN_IN = "/connexion"

RESEND_LIMIT = 250_000
"""Characters of typed text that an error page carries back; more than any form of the product takes."""

BEGINNING = 300_000
"""Bytes of a form too heavy to be read in which its words are looked for."""

SECRET_FIELD = re.compile(r"password|secret|code|token", re.IGNORECASE)
LONG_TEXT = 80
ANSWERS = ("Allow", "Retry-After", "Content-Range")


@dataclass
class Typed:
    """What a form carried, sorted by how the page gives it back."""

    hidden: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    files_lost: bool = False

    def __bool__(self) -> bool:
        return bool(self.hidden or self.texts or self.secrets)


def wants_json() -> bool:
    """Whether a script asked, and not a person following a link or sending a form."""
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json" or (
        request.is_json and not accepted["text/html"] > accepted["application/json"]
    )


def typed() -> Typed:
    """What the refused form carried. Secrets are asked for again, never written into a page."""
    has_files = any(file.filename for file in request.files.values())
    return _sorted(request.form.items(multi=True), has_files)


def typed_before_files() -> Typed:
    """What a form too heavy to be read carried before its first file, from the beginning of its body."""
    boundary = request.mimetype_params.get("boundary")
    if request.mimetype != "multipart/form-data" or not boundary:
        return Typed()
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"))
    fields: list[tuple[str, bytes]] = []
    try:
        decoder.receive_data(request.environ["wsgi.input"].read(BEGINNING))
        while not isinstance(event := decoder.next_event(), File | NeedData | Epilogue):
            if isinstance(event, Field):
                fields.append((str(event.name), b""))
            elif isinstance(event, Data):
                fields[-1] = (fields[-1][0], fields[-1][1] + event.data)
        words = [(name, value.decode(errors="replace")) for name, value in fields]
    except (HTTPException, ValueError):
        return Typed()
    return _sorted(words, has_files=True)


def _sorted(fields: Iterable[tuple[str, str]], has_files: bool) -> Typed:
    kept = Typed(files_lost=has_files)
    size = 0
    for name, value in fields:
        if name == "csrf_token":
            continue
        size += len(name) + len(value)
        if size > RESEND_LIMIT:
            return Typed(files_lost=kept.files_lost)
        if SECRET_FIELD.search(name):
            if name not in kept.secrets:
                kept.secrets.append(name)
        elif "\n" in value or len(value) > LONG_TEXT:
            kept.texts.append((name, value))
        else:
            kept.hidden.append((name, value))
    return kept


def error_page(
    status: int,
    title: str,
    text: str,
    *,
    reasons: list[str] | None = None,
    action: tuple[str, str] | None = None,
    layout: str = "core/page.html",
    error: str = "refused",
    field: str | None = None,
) -> Response:
    """One error as the asker reads it: JSON for a script, a page for a person."""
    if wants_json():
        body: dict[str, Any] = {"error": error, "sentence": text}
        if reasons:
            body["reasons"] = reasons
        if field:
            body["field"] = field
        return _with_status(jsonify(body), status)
    page = render_template(
        "core/error.html",
        status=status,
        title=title,
        text=text,
        reasons=reasons or [],
        action=action or (_("Revenir à l’accueil"), "/"),
        layout=layout,
    )
    return _with_status(make_response(page), status)


def resend_page(
    status: int,
    title: str,
    text: str,
    *,
    reasons: list[str] | None = None,
    action: tuple[str, str] | None = None,
    error: str = "refused",
    field: str | None = None,
    kept: Typed | None = None,
) -> Response:
    """Like `error_page`, and gives what was typed back with a fresh token and « Envoyer de nouveau »."""
    if kept is None:
        kept = typed() if request.method not in SAFE_METHODS and not is_cross_site() else Typed()
    if wants_json() or not kept:
        return error_page(status, title, text, reasons=reasons, action=action, error=error, field=field)
    query = request.query_string.decode("ascii", "replace")
    page = render_template(
        "core/resend.html",
        status=status,
        title=title,
        text=text,
        reasons=reasons or [],
        action=action,
        typed=kept,
        target=request.path + (f"?{query}" if query else ""),
        enctype="multipart/form-data" if kept.files_lost else None,
    )
    return _with_status(make_response(page), status)


def show_refusal(error: Refusal) -> Response:
    """A sentence of ours, under a title that says how serious it is."""
    abandon()
    title = error.title or (
        _("Ce lien ou ce code ne sert plus") if error.status == 410 else _title(error.status)
    )
    show = error_page if error.status in (403, 404) else resend_page
    response = show(
        error.status,
        title,
        error.sentence,
        reasons=error.reasons,
        action=error.action,
        error=_code(error.status),
        field=error.field,
    )
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def show_csrf(_error: CSRFError) -> Response:
    """The form is older than the session: ask again and keep the text. Another site's form gets nothing to send."""
    text = _("Cette page était ouverte depuis longtemps, ou vous vous êtes connecté entre-temps.")
    if wants_json():
        return _with_status(jsonify(error="csrf", sentence=text, token=generate_csrf()), 400)
    return resend_page(400, _("Vérifiez, puis envoyez de nouveau"), text, error="csrf")


def show_http(error: HTTPException) -> ResponseReturnValue:
    """What Flask itself refuses."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    abandon()
    if status == 413 and request.method not in SAFE_METHODS and not is_cross_site():
        kept = typed_before_files()
        response = resend_page(status, _title(status), _sentence(status), error=_code(status), kept=kept)
    else:
        response = error_page(status, _title(status), _sentence(status), error=_code(status))
    own = error.get_response()
    for name in ANSWERS:
        if name in own.headers:
            response.headers[name] = own.headers[name]
    return response


def show_forged_host(_error: SecurityError) -> ResponseReturnValue:
    """No address can be built for a host that is not ours, so no template either."""
    return "400 Bad Request\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def show_conflict(error: IntegrityError) -> ResponseReturnValue:
    """Somebody wrote the same thing at the same instant and the schema kept one: nothing typed is lost.

    Operations turn the conflicts they expect into sentences of their own; what comes here is worth a look in the log.
    """
    log.error("unexpected_conflict", path=request.path, exc_info=error)
    abandon()
    title = _("Cela vient de changer")
    sentence = _(
        "Quelqu’un, ou un autre de vos onglets, a écrit la même chose au même instant. Vérifiez, puis envoyez de nouveau."
    )
    return resend_page(409, title, sentence, error="conflict")


def show_malformed(error: Exception) -> ResponseReturnValue:
    """Numbers no database holds, text no encoding carries, JSON nested without end: the asker's doing."""
    log.info("malformed_request", path=request.path, error=type(error).__name__)
    abandon()
    return error_page(400, _title(400), _sentence(400), error=_code(400))


def show_failure(_error: Exception) -> ResponseReturnValue:
    """Ours. The shell may be what failed, so the page stands on the barest layout, or on none."""
    try:
        abandon()
        return error_page(500, _title(500), _sentence(500), error=_code(500), layout="core/bare.html")
    except Exception:
        log.exception("error_page_failed")
        title, sentence = escape(_title(500)), escape(_sentence(500))
        page = (
            f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{sentence}</p>"
        )
        return page, 500


def signed_out() -> ResponseReturnValue:
    """Somebody who is not signed in knocked: a page leads to sign-in and back, a form keeps its text."""
    if wants_json():
        sentence = _("Votre session est terminée ou n’a pas commencé. Connectez-vous pour continuer.")
        return _with_status(jsonify(error="signed_out", sentence=sentence), 401)
    if request.method in SAFE_METHODS:
        target = here()
        query = f"?{urlencode({'next': target})}" if target != "/" else ""
        return redirect(SIGN_IN + query)
    return resend_page(
        401,
        _("Connectez-vous, puis envoyez de nouveau"),
        _(
            "Votre session est terminée. Connectez-vous dans un autre onglet, puis revenez envoyer ce formulaire."
        ),
        action=(_("Se connecter"), SIGN_IN),
        error="signed_out",
    )


def init_app(app: Flask) -> None:
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(CSRFError, show_csrf)
    app.register_error_handler(SecurityError, show_forged_host)
    app.register_error_handler(HTTPException, show_http)
    for malformed in (OverflowError, UnicodeError, RecursionError, DataError):
        app.register_error_handler(malformed, show_malformed)
    app.register_error_handler(IntegrityError, show_conflict)
    app.register_error_handler(500, show_failure)


def _with_status(response: Response, status: int) -> Response:
    response.status_code = status
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if status >= 500:
        session.modified = False
    return response


def _code(status: int) -> str:
    return {
        400: "malformed",
        403: "forbidden",
        404: "not_found",
        405: "method",
        409: "repeated",
        413: "too_large",
        429: "too_many",
        500: "failure",
        503: "busy",
    }.get(status, "refused")


def _title(status: int) -> str:
    titles = {
        400: _("Cette demande est incomplète"),
        403: _("Ce n’est pas possible ici"),
        404: _("Cette page n’existe pas"),
        405: _("Cette page ne se demande pas ainsi"),
        409: _("Cela a déjà été envoyé"),
        410: _("Cette page n’existe plus"),
        413: _("C’est trop lourd"),
        429: _("Un peu de patience"),
        500: _("Quelque chose a cédé chez nous"),
        503: _("Un instant"),
    }
    return titles.get(status, _("Ce n’est pas fait") if status < 500 else titles[500])


def _sentence(status: int) -> str:
    sentences = {
        400: _("Il manque un élément, ou il est abîmé. Revenez à la page précédente et recommencez."),
        403: _("Votre compte ne permet pas de faire cela ici."),
        404: _("L’adresse est peut-être incomplète, ou la page n’est pas ouverte à votre compte."),
        405: _("Revenez à la page précédente et utilisez son bouton."),
        410: _("Elle a été retirée."),
        413: _("Envoyez un fichier plus petit, moins de fichiers à la fois, ou un texte plus court."),
        429: _("Il y a eu beaucoup d’essais en peu de temps. Réessayez dans quelques minutes."),
        500: _(
            "L’erreur est enregistrée. Ce que vous avez envoyé n’a peut-être pas été gardé : vérifiez-le."
        ),
        503: _("Le service est occupé. Réessayez dans un instant."),
    }
    return sentences.get(status, sentences[400] if status < 500 else sentences[500])
