"""The end of the play: everybody where a real week would leave them, with the news of the last days told."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from app.accounts.models import User
from app.communities.access import forget_access
from app.core.duties import Duty
from app.core.time import clock
from app.demo.stage import Cue, Stage, chapter, not_in_the_future
from app.extensions import db
from app.forums import queries as forum_queries
from app.forums.models import Post, RoomReading
from app.notifications import fulfilment, letters
from app.notifications.models import Notification

NEWS_DAYS = 5
"""News older than this are not told anew: the demonstration opens on some recent ones."""

VISITS = (1, 1, 1, 2, 2, 3, 4, 6, 8, 13)
"""Days since the last visit of those for whom the script says nothing: most come once or twice a week."""

SOON = timedelta(seconds=40)
"""How long after an act its news are told."""


def settle(stage: Stage) -> None:
    """Tell the recent news, then write everybody's last visit and what they had read by then."""
    _forget_old_news(stage)
    _tell_news()
    visits = _visits(stage)
    with chapter(clock.now()):
        for user_id, visited in visits.items():
            db.session.execute(
                update(User).where(User.id == user_id).values(seen_at=visited, previous_visit_at=visited)
            )
            db.session.execute(
                update(Notification)
                .where(Notification.user_id == user_id, Notification.created_at < visited)
                .values(read_at=visited)
            )
        forget_access()
        for key, user in stage.users.items():
            _catch_up(user, visits[stage.users[key].id])


def _forget_old_news(stage: Stage) -> None:
    with chapter(clock.now()):
        since = stage.script.instant(NEWS_DAYS, "00:00")
        db.session.execute(delete(Duty).where(Duty.created_at < since))


def _tell_news() -> None:
    """Serve what is owed and write its mails, each at the time it would have been."""
    owed = db.session.execute(select(Duty.id, Duty.created_at).order_by(Duty.created_at, Duty.id)).all()
    told = not_in_the_future([Cue(at + SOON, lambda: None) for _duty, at in owed])
    for (duty_id, _at), cue in zip(owed, told, strict=True):
        with clock.frozen(cue.at):
            fulfilment.fulfil(duty_id)
            letters.prepare()


def _visits(stage: Stage) -> dict[int, datetime]:
    """When each person came last: what the script says, or a likely day, and never before their last message."""
    last = select(Post.author_id, func.max(Post.created_at)).group_by(Post.author_id)
    wrote = dict(db.session.execute(last).all())
    cast = {stage.users[line["key"]].id: line for line in stage.script.people}
    visits = {}
    for user_id in db.session.execute(select(User.id).order_by(User.id)).scalars():
        days = stage.chance.choice(VISITS)
        days = cast.get(user_id, {}).get("last_visit", days)
        visited = stage.script.instant(days, "17:30" if days else "07:40")
        if user_id in wrote:
            visited = max(visited, wrote[user_id] + SOON)
        visits[user_id] = min(visited, clock.now())
    return visits


def _catch_up(user: User, visited: datetime) -> None:
    """Whatever was said before the last visit counts as read."""
    rooms = forum_queries.readable_room_ids(user)
    db.session.add_all(
        RoomReading(user_id=user.id, room_id=room_id, caught_up_at=visited) for room_id in rooms
    )
