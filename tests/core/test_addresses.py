"""Absolute addresses are those of PUBLIC_URL, whatever a request claims."""

import pytest
from flask import request, url_for

from tests.support import applications

pytestmark = pytest.mark.once


@pytest.fixture
def published(tmp_path):
    settings = {"DATA_DIR": str(tmp_path), "PUBLIC_URL": "https://convergence.exemple.fr"}
    with applications.built(settings) as app:
        yield app


def test_an_address_built_by_a_job_is_public(published):
    with published.app_context():
        assert url_for("health.show_health", _external=True) == "https://convergence.exemple.fr/healthz"


def test_a_forged_host_is_refused(published):
    with published.app_context():
        answer = published.test_client().get("/healthz", headers={"Host": "malin.exemple.net"})
    assert answer.status_code == 400
    assert b"malin" not in answer.data


def test_a_request_by_another_trusted_name_still_builds_public_addresses(published):
    with published.test_request_context("/", base_url="http://127.0.0.1"):
        assert url_for("health.show_health", _external=True) == "https://convergence.exemple.fr/healthz"


def test_forwarded_headers_count_only_as_far_as_settings_say(tmp_path):
    headers = {"X-Forwarded-For": "203.0.113.9"}
    for proxies, seen in (("0", "127.0.0.1"), ("1", "203.0.113.9")):
        with applications.built({"DATA_DIR": str(tmp_path), "TRUSTED_PROXIES": proxies}) as app:
            found = []
            app.before_request_funcs.setdefault(None, []).insert(
                0, lambda found=found: found.append(request.remote_addr)
            )
            with app.app_context():
                app.test_client().get("/healthz", headers=headers)
            assert found == [seen]
