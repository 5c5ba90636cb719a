"""The `convergence` command."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Convergence, the platform where industrial companies learn from one another."""
