"""Structured logs: one line per fact, readable on a terminal, JSON where a machine collects them."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from app.config import Settings


def configure(settings: Settings) -> None:
    """Send our logs and those of the libraries through one formatter, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log_format == "json":
        last: list[Any] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        # Plain: the richer tracebacks print every local variable, the secret key and people's words among them.
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    root = logging.getLogger()
    for handler in [known for known in root.handlers if getattr(known, "is_convergence", False)]:
        root.removeHandler(handler)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    vars(handler)["is_convergence"] = True
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # Each of these says every message or task; ours already say what matters.
    for chatty in ("huey", "engineio", "socketio", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("engineio.server").addFilter(_calmed)


REFUSED = "(further occurrences of this error will be logged with level INFO)"


def _calmed(record: logging.LogRecord) -> bool:
    """A refused origin or transport is the asker's doing, any scanner's, and no failure of ours: a warning."""
    if record.levelno == logging.ERROR and record.getMessage().endswith(REFUSED):
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return True
