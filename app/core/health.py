"""What load balancers and operators ask: is the process alive, can it serve?"""

from __future__ import annotations

from flask import Blueprint, Flask, current_app
from flask.typing import ResponseReturnValue
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import schema
from app.core.doors import public
from app.extensions import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("says that the process answers, nothing more")
def show_health() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}, 200, {"Cache-Control": "no-store"}


@bp.get("/readyz")
@public("says which of the stores answer, by name only")
def show_readiness() -> ResponseReturnValue:
    """The process and everything it leans on answer, and the schema is the one this version expects."""
    checks = {"database": _database_answers(), "migrations": _schema_is_current(), "redis": _redis_answers()}
    ready = all(checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return body, 200 if ready else 503, {"Cache-Control": "no-store"}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.remove()
        return False
    return True


def _schema_is_current() -> bool:
    try:
        return schema.is_current()
    except SQLAlchemyError:
        return False


def _redis_answers() -> bool:
    url = current_app.config["REDIS_URL"]
    if url is None:
        return True
    try:
        with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            return bool(client.ping())
    except RedisError:
        return False
