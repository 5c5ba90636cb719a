"""A reader that keeps its connection, and what its requests cost the server."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from bench.processes import Server


@dataclass
class Cost:
    """What one kind of request costs: server CPU and time until answered, in milliseconds, and bytes of the answer."""

    cpu_ms: float
    median_ms: float
    p95_ms: float
    size: int


class Reader:
    """One signed-in browser: cookies, keep-alive, no JavaScript."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes, dict[str, str]]:
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(headers or {})}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
        return answer.status, content, {name.lower(): value for name, value in answer.getheaders()}

    def form(self, path: str, fields: dict[str, str], **headers: str) -> tuple[int, bytes, dict[str, str]]:
        from urllib.parse import urlencode

        return self.request(
            path,
            method="POST",
            body=urlencode({**fields, "csrf_token": self.token}),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.server.url,
                **headers,
            },
        )

    def sign_in(self, email: str, password: str) -> None:
        """Sign in through the page, as a person would. Raises RuntimeError when refused."""
        self.learn_token("/connexion")
        status, _content, headers = self.form(
            "/connexion", {"email": email, "password": password, "identifier": email}
        )
        if status not in (302, 303):
            raise RuntimeError(f"signing in as {email} was answered {status} {headers.get('location', '')}")
        self.learn_token("/")

    def learn_token(self, path: str) -> None:
        page = self.request(path)[1].decode()
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError(f"{path} carries no token")
        self.token = found[1]


def cost_of(reader: Reader, path: str, times: int) -> Cost:
    """Ask a page `times` times and read what the worker used for it."""
    status, content, _headers = reader.request(path)
    if status != 200:
        raise RuntimeError(f"{path} was answered {status}")
    waits = []
    before = reader.server.cpu()
    for _n in range(times):
        start = time.perf_counter()
        reader.request(path)
        waits.append((time.perf_counter() - start) * 1000)
    used = (reader.server.cpu() - before) * 1000 / times
    waits.sort()
    return Cost(used, median(waits), waits[int(len(waits) * 0.95)], len(content))


def costs_of(reader: Reader, paths: list[str]) -> tuple[float, int]:
    """Ask each of these once: the median server CPU in milliseconds, and the middle size in bytes."""
    used, sizes = [], []
    for path in paths:
        before = reader.server.cpu()
        sizes.append(len(reader.request(path)[1]))
        used.append((reader.server.cpu() - before) * 1000)
    return median(used), sum(sizes) // len(sizes)
