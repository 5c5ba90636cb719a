"""Whoever reported: told of what becomes of it, with an account or without."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import jobs
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report
from tests.moderation.deciding import hide
from tests.moderation.test_reporting import report
from tests.support.cast import Cast, sign_in
from tests.support.mail import Mailbox


def test_whoever_reported_without_an_account_is_written_to(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox
) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    notice = Notice("illegal", "Entente", "Paul Public", "paul@public.test", good_faith=True)
    with transaction():
        operations.report_address(f"/messages/{prix.id}", notice, found=("post", prix.id))
    page = sign_in(app.test_client(), cast.manon).get(f"/moderation/cas/{case}")
    assert "Signalé sans compte par Paul Public" in page.text

    # The moderator reads English; whoever reported does not.
    manon = sign_in(app.test_client(), cast.manon)
    manon.set_cookie("locale", "en")
    assert "Reported without an account by Paul Public" in manon.get(f"/moderation/cas/{case}").text
    hide(manon, case)
    jobs.drain()

    subjects = [str(message["Subject"]) for message in mailbox.to("paul@public.test")]
    assert any("décision prise" in subject for subject in subjects)
    assert any("est reçu" in subject for subject in subjects)


def test_two_tabs_make_one_report(
    app: Flask, cast: Cast, prix: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.moderation import queries

    monkeypatch.setattr(queries, "open_report_of", lambda *_given: None)

    answer = report(sign_in(app.test_client(), cast.ana), prix, "abuse")

    assert answer.status_code == 409
    db.session.rollback()
    assert len(db.session.execute(select(Report.id)).all()) == 1


def test_whoever_reported_sees_that_somebody_looks_after_it(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    receipt = db.session.execute(select(Report.receipt)).scalar_one()
    assert "Attend un modérateur" in app.test_client().get(f"/signalement/{receipt}").text

    sign_in(app.test_client(), cast.manon).post(f"/moderation/attente/report/{case}/prise")

    page = app.test_client().get(f"/signalement/{receipt}").text
    assert "Un modérateur s’en occupe" in page
    assert "Manon" not in page
