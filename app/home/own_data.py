"""What every feature keeps of a person, put into their export: rows of their own, no text of anybody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.accounts import exports
from app.accounts.exports import rows
from app.communities.models import Company, Employment, Node, RoleGrant
from app.core.blobs import Blob
from app.forums.models import Post, PostRevision, Reaction, Topic
from app.home import own_bookings, own_measures
from app.library.models import PracticeApplication, PracticeVersion
from app.notifications.models import Notification


def register() -> None:
    """Add a file to the export for each kind of thing a person made or was given."""
    exports.register("entreprises", _employments)
    exports.register("fonctions", _roles)
    exports.register("messages", _posts)
    exports.register("versions-de-messages", _revisions)
    exports.register("reactions", _reactions)
    exports.register("fiches", _practices)
    exports.register("applications-de-fiches", _applications)
    own_bookings.register()
    exports.register("fichiers", _files)
    exports.register("notifications", _notifications)
    own_measures.register()


def _employments(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            Company.siren,
            Company.name.label("company"),
            Employment.job_title,
            Employment.starts_on,
            Employment.ends_on,
        )
        .join(Company, Company.id == Employment.company_id)
        .where(Employment.user_id == user_id)
        .order_by(Employment.id)
    )


def _roles(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            RoleGrant.role,
            Node.name.label("place"),
            Company.name.label("company"),
            RoleGrant.starts_at,
            RoleGrant.ends_at,
            RoleGrant.revoked_at,
        )
        .outerjoin(Node, Node.id == RoleGrant.node_id)
        .outerjoin(Company, Company.id == RoleGrant.company_id)
        .where(RoleGrant.user_id == user_id)
        .order_by(RoleGrant.id)
    )


def _posts(user_id: int) -> Iterable[dict[str, Any]]:
    # The title of a topic is its author's words: only that of one's own topics is given.
    return [
        {**row, "title": row["title"] if row["topic_author_id"] == user_id else None}
        for row in rows(
            select(
                Post.id,
                Post.topic_id,
                Topic.title,
                Topic.author_id.label("topic_author_id"),
                Post.source.label("text"),
                Post.created_at,
                Post.edited_at,
                Post.deleted_at,
                Post.hidden_at,
            )
            .join(Topic, Topic.id == Post.topic_id)
            .where(Post.author_id == user_id)
            .order_by(Post.id)
        )
    ]


def _revisions(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(PostRevision.post_id, PostRevision.version, PostRevision.source, PostRevision.replaced_at)
        .join(Post, Post.id == PostRevision.post_id)
        .where(Post.author_id == user_id)
        .order_by(PostRevision.id)
    )


def _reactions(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(Reaction.post_id, Reaction.kind, Reaction.at)
        .where(Reaction.user_id == user_id)
        .order_by(Reaction.post_id)
    )


def _practices(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            PracticeVersion.practice_id,
            PracticeVersion.number,
            PracticeVersion.state,
            PracticeVersion.title,
            PracticeVersion.situation,
            PracticeVersion.solution,
            PracticeVersion.effect,
            PracticeVersion.pitfalls,
            PracticeVersion.indicator,
            PracticeVersion.unit,
            PracticeVersion.before_value,
            PracticeVersion.after_value,
            PracticeVersion.figure,
            PracticeVersion.method,
            PracticeVersion.evidence,
            PracticeVersion.source,
            PracticeVersion.cost,
            PracticeVersion.time_spent,
            PracticeVersion.team,
            PracticeVersion.contact_note,
            PracticeVersion.created_at,
            PracticeVersion.proposed_at,
            PracticeVersion.reviewed_at,
        )
        .where(PracticeVersion.author_id == user_id)
        .order_by(PracticeVersion.id)
    )


def _applications(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            PracticeApplication.practice_id,
            PracticeApplication.applied_on,
            PracticeApplication.place,
            PracticeApplication.indicator,
            PracticeApplication.unit,
            PracticeApplication.before_value,
            PracticeApplication.after_value,
            PracticeApplication.method,
            PracticeApplication.note,
            PracticeApplication.state,
            PracticeApplication.created_at,
        )
        .where(PracticeApplication.person_id == user_id)
        .order_by(PracticeApplication.id)
    )


def _files(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            Blob.original_name, Blob.kind, Blob.size, Blob.attached_type, Blob.attached_id, Blob.created_at
        )
        .where(Blob.uploader_id == user_id)
        .order_by(Blob.id)
    )


def _notifications(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            Notification.kind,
            Notification.object_type,
            Notification.object_id,
            Notification.created_at,
            Notification.read_at,
        )
        .where(Notification.user_id == user_id)
        .order_by(Notification.id)
    )
