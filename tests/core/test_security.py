"""What every answer carries, and what no request gets past."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.security import CONTENT_SECURITY_POLICY
from tests.support import applications
from tests.support.accounts import PASSWORD, is_signed_in, open_account, sign_in
from tests.support.client import Client


def test_every_answer_carries_the_headers_also_an_error(client: Client, app: Flask) -> None:
    for path in ("/", "/connexion", "/n-existe-pas", "/healthz", "/compte"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Strict-Transport-Security" not in headers
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_private_pages_are_kept_by_nobody(client: Client, app: Flask) -> None:
    assert client.get("/mentions-legales").headers["Cache-Control"] == "no-cache, private"
    open_account("lea@atelier.test", password=PASSWORD)
    sign_in(client)
    for path in ("/compte", "/mentions-legales", "/n-existe-pas"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client, app: Flask) -> None:
    cookie = client.get("/connexion").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_under_tls_the_cookie_is_secure_and_the_browser_told_to_stay(
    environ: dict[str, str], app: Flask
) -> None:
    with applications.built({**environ, "PUBLIC_URL": "https://convergence.example"}) as built:
        answer = built.test_client().get("/connexion", base_url="https://convergence.example")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Set-Cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("host", ["ailleurs.test", "127.0.0.1.ailleurs.test", "", "a b", "é.test"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_host_is_refused(client: Client, app: Flask, host: str, method: str) -> None:
    answer = client.open(
        "/connexion", method=method, headers={"Host": host, "Origin": "https://ailleurs.test"}
    )
    assert answer.status_code == 400
    assert "ailleurs" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://ailleurs.test"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_sites_form_does_nothing_and_signs_nobody_out(
    client: Client, app: Flask, headers: dict[str, str]
) -> None:
    open_account("lea@atelier.test", password=PASSWORD)
    sign_in(client)
    answer = client.post("/deconnexion", headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert is_signed_in(client)
    assert client.post("/deconnexion", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302


def test_a_form_without_its_token_is_given_back_with_a_fresh_one(client: Client, app: Flask) -> None:
    open_account("lea@atelier.test", password=PASSWORD)
    sign_in(client)
    typed = {"given_name": "Léa", "family_name": "B.", "about": "Deux lignes\nécrites à la main", "trade": ""}
    answer = client.post("/compte/profil?de=page", data=typed, csrf=False)
    assert answer.status_code == 400
    page = answer.text.replace("\r", "")
    assert "Deux lignes\nécrites à la main" in page
    assert 'action="/compte/profil?de=page"' in page
    assert "Envoyer de nouveau" in page
    token = page.split('name="csrf_token" value="')[-1].split('"')[0]
    again = client.post("/compte/profil", data={**typed, "locale": "fr", "csrf_token": token}, csrf=False)
    assert again.location == "/compte"


def test_a_script_without_its_token_is_given_a_fresh_one(client: Client, app: Flask) -> None:
    open_account("lea@atelier.test", password=PASSWORD)
    sign_in(client)
    answer = client.post("/compte/profil", data={}, csrf=False, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "csrf"
    assert answer.json["token"]


def test_a_secret_is_asked_again_and_never_written_back(client: Client, app: Flask) -> None:
    answer = client.post("/connexion", data={"identifier": "a@b.fr", "password": "tres-secret"}, csrf=False)
    assert answer.status_code == 400
    assert "tres-secret" not in answer.text
    assert 'type="password"' in answer.text


MALFORMED = [
    ("GET", "/connexion?next=%00", {}),
    ("GET", "/%00", {}),
    ("GET", "/connexion/lien/%ff%fe", {}),
    ("GET", "/compte/sessions/99999999999999999999999999/fin", {}),
    ("GET", "/" + "a" * 5000, {}),
    (
        "POST",
        "/connexion",
        {"data": b"\xff\xfe&identifier=\xff", "content_type": "application/x-www-form-urlencoded"},
    ),
    ("POST", "/connexion", {"data": b"identifier=a%00b&password=x"}),
    ("POST", "/connexion", {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"}),
    ("POST", "/connexion", {"data": b"", "content_type": "multipart/form-data"}),
    ("POST", "/connexion", {"data": b"[" * 100_000, "content_type": "application/json"}),
    ("POST", "/connexion", {"data": b"{}", "content_type": "text/plain; charset=no-such"}),
    ("PUT", "/connexion", {}),
    ("DELETE", "/", {}),
    ("POST", "/journal", {}),
    ("GET", "/journal?scope=" + "9" * 40 + "&after=0", {}),
    ("GET", "/journal?scope=-1&after=x", {}),
    ("OPTIONS", "/compte", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), MALFORMED)
@pytest.mark.parametrize("signed", [False, True])
def test_malformed_requests_get_a_clear_answer_and_never_a_failure(
    client: Client, app: Flask, method: str, path: str, body: dict[str, object], signed: bool
) -> None:
    if signed:
        open_account("lea@atelier.test", password=PASSWORD)
        sign_in(client)
    content = {"content_type": "application/x-www-form-urlencoded", **body} if body else {}
    answer = client.open(path, method=method, **content)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text


def test_a_body_too_heavy_is_refused_before_it_is_read(client: Client, app: Flask) -> None:
    answer = client.post("/connexion", data={"identifier": "x" * 1_200_000})
    assert answer.status_code == 413
    assert "trop lourd" in answer.text
    heavy = client.post("/connexion", data=b"x" * 2_000_000, content_type="application/json")
    assert heavy.status_code in (400, 413)
