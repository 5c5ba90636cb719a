"""The tree nation > region > community, its companies and people, and the rights that follow from them.

Vocabulary: a **node** is a place of the tree; a **company** is a member of communities (`CompanyMembership`, admitted by
a human); a **person** reaches communities through an **employment**; a **role grant** gives a role at a node, inherited
downwards, or in a company. `access.py` turns all of it into one value that every predicate reads.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages, the types that lower layers know, and the words that templates use."""
    from app.communities import activities, adapters, jobs, vocabulary
    from app.communities.views import (
        bp,
        desk,
        directory,
        invitations,
        joining,
        own_company,
        places,
        returns,
        roles,
    )
    from app.core import identifiers

    assert (
        jobs
        and desk
        and directory
        and invitations
        and joining
        and own_company
        and places
        and returns
        and roles
    )
    adapters.register()
    app.register_blueprint(bp)
    app.jinja_env.filters.update(
        activity=activities.label,
        role_called=vocabulary.role_called,
        role_name=vocabulary.role_name,
        state_name=vocabulary.state_name,
        size_name=vocabulary.size_name,
        membership_name=vocabulary.membership_name,
        refusal_name=vocabulary.refusal_name,
        spaced=identifiers.spaced,
    )
