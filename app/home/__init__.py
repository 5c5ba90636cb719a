"""The front doors that draw on several features: home, the public landing page, what is not open yet."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.home import conventions, landing, legal, own_data, teaching, views
    from app.home.linking import views as linking

    app.register_blueprint(views.bp)
    app.register_blueprint(landing.bp)
    app.register_blueprint(conventions.bp)
    app.register_blueprint(linking.bp)
    legal.init_app(app)
    own_data.register()
    teaching.register()
