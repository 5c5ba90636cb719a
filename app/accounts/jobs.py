"""What is forgotten with time."""

from __future__ import annotations

from app.accounts import absences, identities, second_factor, sessions, tokens
from app.core import idempotency, journal
from app.core.database import transaction
from app.core.jobs import every, job


@every("20 3 * * *")
@job("accounts.purge")
def purge() -> None:
    """Delete sessions and proofs long over, sealed identities that are due, and what open pages were told long ago."""
    with transaction():
        identities.erase_due()
        sessions.purge()
        tokens.purge()
        journal.purge()
        idempotency.purge()


# In seconds: it also has its turn when the jobs start, so right after an upgrade.
@every(86_400)
@job("accounts.seal_secrets")
def seal_secrets() -> None:
    """Seal what an earlier version kept in clear."""
    with transaction():
        second_factor.seal_clear_secrets()


@every("40 3 * * *")
@job("accounts.look_after_absences")
def look_after_absences() -> None:
    """Warn people not seen for very long, then close their accounts."""
    absences.look_after()
