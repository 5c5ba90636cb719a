"""What communities tell the layers above. Receivers are listed in `app/subscribers.py`; all run inside the transaction."""

from __future__ import annotations

from blinker import signal

employment_ended = signal("employment-ended")
"""Somebody works for a firm no more. Sender: the user's id (int); `company_id`, and `by_id` of whoever ended it. Sent
inside the transaction, after the change: what was promised to them as people of that firm is taken back."""
