"""Work done later for communities."""

from __future__ import annotations

from app.communities import operations
from app.core.database import transaction
from app.core.jobs import every, job


@every("20 4 * * *")
@job("communities.purge_join_requests")
def purge_join_requests() -> None:
    """Forget newcomers who never proved their address, and printed codes long over."""
    with transaction():
        operations.purge_join_requests()
        operations.purge_returns()
