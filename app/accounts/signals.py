"""What accounts tells the layers above. Receivers are listed in `app/subscribers.py`; all run inside the transaction."""

from __future__ import annotations

from blinker import signal

password_changed = signal("password-changed")
"""A person's password or address is another one. Sender: the user's id (int). Sent inside the transaction: what was
printed to choose a new one serves no more."""

account_closed = signal("account-closed")
"""A person closes their account. Sender: the user's id (int). Sent before the personal data are erased, inside the
transaction: employments end and roles are revoked (a firm may lose its last referent), invitations and mails that name
the person's address are erased, waiting notifications dropped. What was written stays, under « Membre parti »."""

renamed = signal("renamed")
"""The name under which a person is shown changed, also by a closing. Sender: the user's id (int). Sent inside the
transaction, after the change: texts that name the person are written anew."""

profile_changed = signal("profile-changed")
"""Name, trade or other public words of a person changed, the account was opened or closed. Sender: the user's id (int).
Sent inside the transaction, after the change: whoever keeps a copy (search) refreshes it."""
