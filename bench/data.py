"""The data that is measured: the demonstration, loaded once and kept in `var/bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

TODAY = "2026-11-23"
SEED = "7"
FOLDER = Path("var/bench")
PASSWORD = "demo-convergence"


def settings_for(size: str, port: int, database: str | None = None) -> tuple[Path, dict[str, str]]:
    """The folder of one size of data, and what a server of it is told."""
    folder = FOLDER.resolve() / (size if database is None else f"{size}-elsewhere")
    environ = {"DATA_DIR": str(folder), "RATE_LIMITS": "non", "LOG_LEVEL": "warning", "PORT": str(port)}
    # PostgreSQL asks for a key that several processes could share; nothing but this measurement lives under it.
    environ["SECRET_KEY"] = "measured-on-this-machine-and-nowhere-else"
    environ["DATABASE_URL"] = database or f"sqlite:///{folder}/convergence.sqlite3"
    return folder, environ


def prepare(folder: Path, environ: dict[str, str], size: str) -> dict[str, Any]:
    """Load the demonstration once, and find what is measured in it."""
    if not (folder / "demo.json").exists():
        print(f"loading the {size} data set…", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "app.cli", "demo", "--size", size, "--seed", SEED, "--today", TODAY],
            env={**os.environ, **environ},
            check=True,
        )
    # Data kept from an earlier version is brought to this one.
    migrate = [sys.executable, "-m", "app.cli", "migrate"]
    subprocess.run(migrate, env={**os.environ, **environ}, check=True, capture_output=True)
    code = (
        "import json\nfrom app import create_app\nfrom bench.facts import facts\n"
        "app = create_app()\nwith app.app_context(): print('FACTS' + json.dumps(facts()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return dict(json.loads(told.rsplit("FACTS", 1)[1]))


def measured_pages(facts: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """The pages measured: name, address, cost at most (times a bare page) and bytes at most."""
    return [
        ("topic page, 20 posts", f"/sujets/{facts['topic']}-x", 1.5, 60_000),
        ("room list", f"/salles/{facts['room']}-x", 2.0, 60_000),
        ("home", "/", 2.0, 40_000),
        ("search, common word", "/recherche?q=machine", 2.0, 60_000),
        ("search, rare word", "/recherche?q=planage", 2.0, 60_000),
        *(
            (
                f"week of a lab, {lab['machines']} machines",
                f"/labs/{lab['id']}-x",
                lab["most"],
                60_000 * lab["most"] / 2,
            )
            for lab in facts["labs"]
        ),
        ("list of sheets", "/apprendre", 2.0, 60_000),
        *([("sheet", f"/apprendre/{facts['sheet']}-x", 2.0, 60_000)] if facts["sheet"] else []),
    ]


def days_of(lab: dict[str, Any]) -> list[str]:
    """Addresses of sixty working days of a lab, from two weeks ahead on."""
    days = (date.today() + timedelta(days=ahead) for ahead in range(14, 98))
    return [f"/labs/{lab['id']}-x?jour={day.isoformat()}" for day in days if day.weekday() < 5]
