"""Sweeping, in the job process."""

from __future__ import annotations

from app.core import jobs
from app.core.blobs import operations


@jobs.every(3600)
@jobs.job("blobs.sweep")
def sweep() -> None:
    """Remove what nobody attached within a day."""
    operations.sweep()


@jobs.every("40 3 * * *")
@jobs.job("blobs.sweep_store")
def sweep_store() -> None:
    """Remove bytes left behind by a process that died at a bad moment."""
    operations.sweep_store()
