"""Commands that run the product and keep its database in shape."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import click

from app import config
from app.serving import launcher, lifeline, state

DESCRIPTION_FILE = "demo.json"


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), help="Processus web (WEB_WORKERS).")
@click.option("--host", help="Adresse d’écoute (HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port d’écoute (PORT).")
@click.option("--reload", is_flag=True, help="Redémarrer quand une source change.")
def serve(workers: int | None, host: str | None, port: int | None, reload: bool) -> None:
    """Servir les pages et exécuter les travaux, jusqu’à Ctrl-C."""
    settings = _settings(workers, host, port)
    found = state.look(settings)
    if not found.is_current:
        raise click.ClickException(
            "La base n’est pas au niveau de cette version : lancez « convergence migrate »."
        )
    if found.is_unfinished:
        raise click.ClickException(
            "Le chargement de la démonstration n’est pas allé à son terme : lancez « convergence demo », qui le "
            "recommence."
        )
    _serve(settings, found, reload=reload)


@click.command()
@click.option("--host", help="Adresse d’écoute (HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port d’écoute (PORT).")
@click.option("--reload", is_flag=True, help="Redémarrer quand une source change.")
def run(host: str | None, port: int | None, reload: bool) -> None:
    """Préparer ce qui manque (base, démonstration si elle est vide), puis servir."""
    settings = _settings(None, host, port)
    # Before anything slow: a port that is taken is said at once.
    try:
        launcher.listen(settings.host, settings.port).close()
    except launcher.CannotServe as error:
        raise click.ClickException(str(error)) from error
    _prepare(settings)
    _serve(settings, state.look(settings), reload=reload)


@click.command()
def worker() -> None:
    """Exécuter les travaux seuls, sur cette machine ou une autre."""
    config.load()
    launcher.work()


@click.command()
def migrate() -> None:
    """Mettre la base au niveau de cette version."""
    from app import create_app
    from app.core import schema

    with create_app().app_context():
        schema.upgrade()


@click.command()
@click.option("-m", "--message", required=True, help="Ce que change la migration, en anglais.")
def revision(message: str) -> None:
    """Écrire une migration d’après les modèles (développement)."""
    from app import create_app
    from app.core import schema

    with create_app().app_context():
        schema.write_revision(message)


def _settings(workers: int | None, host: str | None, port: int | None) -> config.Settings:
    given = {"WEB_WORKERS": workers, "HOST": host, "PORT": port}
    return config.load(
        {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}}
    )


def _prepare(settings: config.Settings) -> None:
    if settings.is_sqlite and not settings.sqlite_path.exists():
        # Made aside: a first start that is interrupted must not leave half a demonstration behind.
        aside = settings.sqlite_path.with_suffix(".loading")
        for left in aside.parent.glob(f"{aside.name}*"):
            left.unlink()
        _fill(settings, f"sqlite:///{aside}")
        with closing(sqlite3.connect(aside)) as connection:
            # What still stands in the log beside the file would stay behind.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        aside.replace(settings.sqlite_path)
        return
    if not state.look(settings).is_current:
        _call("migrate")
    found = state.look(settings)
    if found.is_unfinished:
        click.echo("Le chargement de la démonstration n’était pas allé à son terme : il recommence.")
    if not found.is_filled:
        _fill(settings, settings.database_url)


def _fill(settings: config.Settings, database_url: str) -> None:
    click.echo("La base est vide : chargement de la démonstration…")
    _call("migrate", DATABASE_URL=database_url)
    _call("demo", "--size", "small", DATABASE_URL=database_url)
    (settings.data_dir / DESCRIPTION_FILE).unlink(missing_ok=True)


def _serve(settings: config.Settings, found: state.State, *, reload: bool) -> None:
    try:
        launcher.check_exposure(settings, is_demo=found.is_demo)
        status = launcher.serve(settings, reload=reload, when_ready=lambda: _greet(settings, found))
    except launcher.CannotServe as error:
        raise click.ClickException(str(error)) from error
    sys.exit(status)


def _greet(settings: config.Settings, found: state.State) -> None:
    click.echo(f"\nConvergence est prête : {settings.public_url}")
    accounts = _demo_accounts(settings.data_dir / DESCRIPTION_FILE) if found.is_demo else []
    if accounts:
        click.echo("Comptes de démonstration :")
        titles, addresses = (max(len(account[key]) for account in accounts) for key in ("title", "email"))
        for account in accounts:
            title, address = account["title"].ljust(titles), account["email"].ljust(addresses)
            click.echo(f"  {title}  {address}  {account['password']}")
    click.echo("Ctrl-C pour arrêter.\n")


def _demo_accounts(kept: Path) -> list[dict[str, str]]:
    """Who may sign in; asked of the database once, since asking takes loading the whole application."""
    try:
        accounts: list[dict[str, str]] = json.loads(kept.read_text(encoding="utf-8"))["accounts"]
        return accounts
    except (OSError, ValueError, KeyError):
        return _describe(kept)


def _describe(kept: Path) -> list[dict[str, str]]:
    command = [sys.executable, "-m", "app.cli", "demo", "--describe"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return []
    kept.write_text(done.stdout, encoding="utf-8")
    accounts: list[dict[str, str]] = json.loads(done.stdout)["accounts"]
    return accounts


def _call(*arguments: str, **variables: str) -> None:
    """Run another command in a process of its own, so that this one stays light; it ends when this one does."""
    reading, writing = os.pipe()
    try:
        status = subprocess.call(
            [sys.executable, "-m", "app.cli", *arguments],
            env={**os.environ, **variables, lifeline.VARIABLE: str(reading)},
            pass_fds=(reading,),
        )
    finally:
        os.close(reading)
        os.close(writing)
    if status != 0:
        sys.exit(status)
