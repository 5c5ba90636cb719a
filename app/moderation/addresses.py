"""Content pointed at by its address: ours when it leads here, and the thing when it leads to one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import current_app, request

from app.core import things
from app.moderation import registry

_REPORTING = re.compile(r"/signaler/([a-z_]{1,40})/(\d{1,18})/?")


def find(address: str) -> tuple[str, int] | None:
    """The thing an address points at, or None for an address that is not ours or leads to nothing that is reported."""
    try:
        parts = urlsplit(address.strip())
        hostname = parts.hostname
    except ValueError:
        return None
    if hostname is not None and hostname not in _own_hosts():
        return None
    if reported := _REPORTING.fullmatch(parts.path):
        name, thing_id = reported[1], int(reported[2])
        return (name, thing_id) if things.describe_one(name, thing_id) is not None else None
    return registry.resolve(parts.path, parts.fragment)


def _own_hosts() -> set[str]:
    hosts = set(current_app.config["ALLOWED_HOSTS"])
    hosts.add(request.host.partition(":")[0])
    return hosts
