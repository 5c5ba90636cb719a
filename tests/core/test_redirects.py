"""A `next` leads nowhere but here."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.redirects import here, is_local, safe_next

pytestmark = pytest.mark.once

ELSEWHERE = [
    None,
    "",
    "ailleurs",
    "//ailleurs.test",
    "///ailleurs.test",
    "/\\ailleurs.test",
    "\\/ailleurs.test",
    "https://ailleurs.test",
    "HTTPS:ailleurs.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\tailleurs",
    "/\n/ailleurs.test",
    "/a b",
    "/a\x7f",
    " /compte",
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_leads_elsewhere_is_refused(target: str | None) -> None:
    assert not is_local(target)


@pytest.mark.parametrize(
    "target", ["/", "/compte", "/sujets/7?page=2#message-3", "/recherche?q=%C3%A9t%C3%A9", "/a:b"]
)
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert is_local(target)


def test_the_form_counts_before_the_address(app: Flask) -> None:
    with app.test_request_context("/x?next=/adresse", method="POST", data={"next": "/formulaire"}):
        assert safe_next() == "/formulaire"
    with app.test_request_context("/x?next=//ailleurs.test"):
        assert safe_next("/compte") == "/compte"
    with app.test_request_context("/sujets/7?page=2"):
        assert here() == "/sujets/7?page=2"
    with app.test_request_context("/sujets/7", method="POST"):
        assert here() == "/"
