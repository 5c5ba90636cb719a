"""What happens to a report, in the words of those who moderate: report, take, hand over, hand up, decide, restore, appeal."""

from app.moderation.operations.appeals import answer_appeal, appeal
from app.moderation.operations.cases import hand_up
from app.moderation.operations.decisions import decide, restore
from app.moderation.operations.reports import Notice, report_address, report_thing
from app.moderation.operations.taking import give_back_item, hand_over, take_item
from app.moderation.operations.texts import change_text, remove_text

__all__ = [
    "Notice",
    "answer_appeal",
    "appeal",
    "change_text",
    "decide",
    "give_back_item",
    "hand_over",
    "hand_up",
    "remove_text",
    "report_address",
    "report_thing",
    "restore",
    "take_item",
]
