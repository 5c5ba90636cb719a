"""The `convergence` command.

A command is imported when it is called: `serve` starts other processes, and must not load the application for that.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import Any

import click

from app.config import SettingsError
from app.serving import lifeline
from app.serving.state import Unreachable

COMMANDS = {
    "serve": "app.serving.commands:serve",
    "worker": "app.serving.commands:worker",
    "run": "app.serving.commands:run",
    "migrate": "app.serving.commands:migrate",
    "revision": "app.serving.commands:revision",
    "init": "app.operating.commands:init",
    "user": "app.operating.commands:user",
    "identity": "app.operating.commands:identity",
    "backup": "app.operating.commands:backup",
    "restore": "app.operating.commands:restore",
    "check": "app.operating.commands:check",
    "demo": "app.operating.commands:demo",
}


class Commands(click.Group):
    """A group whose commands are found by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(COMMANDS[name])) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo("Les réglages ne permettent pas de démarrer :", err=True)
            for fault in error.faults:
                click.echo(f"  • {fault}", err=True)
        except Unreachable as error:
            click.echo(f"La base de données ne répond pas. {error}", err=True)
        sys.exit(1)


def _summary(place: str) -> str:
    """The first line a command says of itself, read from its source: listing commands loads none of them."""
    module, _, name = place.partition(":")
    source = Path(__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    raise LookupError(place)


@click.command(cls=Commands)
@click.version_option(package_name="convergence", prog_name="convergence")
def main() -> None:
    """Convergence : là où les entreprises d’une même communauté apprennent les unes des autres."""
    lifeline.hold_on()


if __name__ == "__main__":
    main()
