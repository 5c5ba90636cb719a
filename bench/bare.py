"""The baselines: what Flask, Jinja, SQLAlchemy Core and Flask-SocketIO cost when they do nothing of ours.

`/page/<bytes>` reads twenty ready rows with SQLAlchemy Core and renders a page of as many bytes. `/emit/<bytes>` sends a
message of as many bytes to everybody in one Socket.IO room. Served by the same gunicorn and gevent worker as the real
thing: `python -m bench.bare PORT DATABASE_URL`.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from gunicorn.app.base import BaseApplication

ROWS = 20
TEMPLATE = """<!doctype html><html lang="fr"><head><title>Bare</title></head><body><main>
{% for row in rows %}<article id="m{{ row.number }}"><h2>{{ row.given_name }} {{ row.family_name }}</h2>
<time>{{ row.created_at }}</time><div>{{ row.html|safe }}</div></article>{% endfor %}
</main><p>{{ filler }}</p></body></html>"""


def build(database_url: str) -> Any:
    """The bare application. Imports here: gevent has patched by then."""
    from flask import Flask, jsonify, render_template
    from flask_socketio import SocketIO, join_room
    from jinja2 import DictLoader
    from sqlalchemy import create_engine, text

    app = Flask("bare")
    app.jinja_loader = DictLoader({"page.html": TEMPLATE})
    engine = create_engine(database_url)
    sockets = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")
    rows = text(
        "SELECT post.number, post.html, post.created_at, user_account.given_name, user_account.family_name "
        "FROM post JOIN user_account ON user_account.id = post.author_id "
        "WHERE post.topic_id = :topic AND post.number <= 20 ORDER BY post.number"
    )

    @cache
    def filler(size: int, topic: int) -> str:
        with engine.connect() as connection, app.test_request_context():
            page = render_template(
                "page.html", rows=connection.execute(rows, {"topic": topic}).all(), filler=""
            )
        return "x" * max(0, size - len(page.encode()))

    @app.get("/page/<int:size>/<int:topic>")
    def page(size: int, topic: int) -> str:
        with engine.connect() as connection:
            found = connection.execute(rows, {"topic": topic}).all()
        return render_template("page.html", rows=found, filler=filler(size, topic))

    @sockets.on("join")
    def join(_data: Any = None) -> dict[str, Any]:
        join_room("all")
        return {}

    @app.post("/emit/<int:size>")
    def emit(size: int) -> Any:
        sockets.emit("entry", {"html": "x" * size}, to="all")
        return jsonify(ok=True)

    return app


class Bare(BaseApplication):
    """gunicorn with one gevent worker."""

    def __init__(self, port: int, database_url: str) -> None:
        self.port, self.database_url = port, database_url
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"127.0.0.1:{self.port}",
            "worker_class": "gevent",
            "worker_connections": 20_000,
            "backlog": 2048,
            "keepalive": 20,
            "control_socket_disable": True,
            "loglevel": "warning",
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return build(self.database_url)


if __name__ == "__main__":
    Bare(int(sys.argv[1]), sys.argv[2]).run()
