"""How often: rates per (account, address) before sign-in, per person after it.

A rate is spent by whoever acts, so trying a stranger's account from one's own address uses up one's own tries and
never the stranger's. Kept in memory by one worker, in Redis by several.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass

import structlog
from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.core.errors import Refusal

log = structlog.get_logger(__name__)


class TooMany(Refusal):
    """A rate is spent; `retry_after` says in how many seconds it is worth trying again."""

    status = 429

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Rate:
    """So many acts of one name in so many seconds, for each key."""

    name: str
    amount: int
    seconds: int

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace="convergence")

    def spend(self, *key: object) -> None:
        """Count one act for `key`. Raises `TooMany` (429, with the time to wait in words) when it is one too many."""
        limiter = _limiter()
        if limiter is None:
            return
        names = self._names(key)
        try:
            if limiter.hit(self.item, *names):
                return
            reset = limiter.get_window_stats(self.item, *names).reset_time
        except Exception:
            # Better to serve without counting than to turn everybody away because Redis is.
            log.exception("rate_not_counted", rate=self.name)
            return
        raise too_many(max(1, math.ceil(reset - time.time())))

    def forget(self, *key: object) -> None:
        """Give the tries of `key` back, once it has proved to be who it says."""
        limiter = _limiter()
        if limiter is not None:
            limiter.clear(self.item, *self._names(key))

    def _names(self, key: tuple[object, ...]) -> tuple[str, str]:
        # Hashed: the store of rates holds neither addresses nor e-mail.
        digest = hashlib.sha256("\x00".join(str(part) for part in key).encode(errors="replace")).hexdigest()
        return self.name, digest[:32]


def too_many(seconds: int) -> TooMany:
    """The refusal that tells how long to wait."""
    if seconds < 90:
        wait = ngettext("%(num)d seconde", "%(num)d secondes", seconds)
    else:
        wait = ngettext("%(num)d minute", "%(num)d minutes", math.ceil(seconds / 60))
    return TooMany(
        _("Il y a eu beaucoup d’essais en peu de temps. Réessayez dans %(wait)s.", wait=wait), seconds
    )


def client_address() -> str:
    """The address of the reader, an IPv6 one cut to the /64 that a single subscriber holds."""
    raw = request.remote_addr or "unknown"
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        return raw
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


WRITES_SIGNED_IN = Rate("writes_person", 240, 120)
WRITES_SIGNED_OUT = Rate("writes_address", 240, 120)


def pace_writing() -> None:
    """Every unsafe request spends one: of the person's own when signed in, since a firm sits behind one address."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None:
        return
    if current_user.is_authenticated:
        WRITES_SIGNED_IN.spend(current_user.id)
    else:
        WRITES_SIGNED_OUT.spend(client_address())


def _limiter() -> MovingWindowRateLimiter | None:
    return current_app.extensions.get("rates")


def open_store(uri: str) -> MovingWindowRateLimiter:
    """Count in the store at `uri`: `memory://` for one worker, Redis for several."""
    # limits names Redis over a local socket by another scheme than redis-py does.
    return MovingWindowRateLimiter(storage_from_string(f"redis+{uri}" if uri.startswith("unix://") else uri))


def init_app(app: Flask) -> None:
    """Open the store of rates, unless the settings switch rates off."""
    settings = app.extensions["settings"]
    app.extensions["rates"] = open_store(settings.redis_url or "memory://") if settings.rate_limits else None
    app.before_request(pace_writing)
