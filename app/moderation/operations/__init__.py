"""What happens to a report, in the words of those who moderate: report, take, hand up, decide, restore, appeal."""

from app.moderation.operations.appeals import answer_appeal, appeal
from app.moderation.operations.cases import hand_up, put_back, take
from app.moderation.operations.decisions import decide, restore
from app.moderation.operations.reports import Notice, report_address, report_thing

__all__ = [
    "Notice",
    "answer_appeal",
    "appeal",
    "decide",
    "hand_up",
    "put_back",
    "report_address",
    "report_thing",
    "restore",
    "take",
]
