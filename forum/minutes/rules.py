"""Who may write and read minutes, and when."""

from __future__ import annotations

from datetime import datetime

from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.meetings.models import Meeting, Stage
from forum.members.models import Member
from forum.minutes.models import MinuteItem, Minutes, MinutesStage


def may_write(actor: Member) -> bool:
    """Minutes are written by whoever runs the Forum."""
    return actor.runs_the_forum


def may_read(actor: Member, minutes: Minutes) -> bool:
    """Published minutes are for everybody; drafts for whoever writes them."""
    return minutes.stage is MinutesStage.PUBLISHED or may_write(actor)


def check_writer(actor: Member) -> None:
    if not may_write(actor):
        raise NotAllowed("Only the secretariat writes minutes.")


def check_beginning(actor: Member, meeting: Meeting, items: int) -> None:
    check_writer(actor)
    if meeting.stage is Stage.DRAFT:
        raise Rejected("This meeting is a draft. Open it before you write its minutes.")
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so there is nothing to minute.")
    if not items:
        raise Rejected("This meeting has no agenda yet. Minutes are written item by item: add the items first.")


def check_saving(actor: Member, minutes: Minutes, item: MinuteItem, version: int | None) -> None:
    check_writer(actor)
    if minutes.stage is MinutesStage.PUBLISHED:
        raise Rejected("These minutes are published. Take them back to draft before you change them.")
    if item.minutes_id != minutes.id:
        raise NotFound
    if version != item.version:
        raise Rejected(
            "Somebody else saved this item while you were writing. Their words are shown below yours: "
            "bring the two together and save again.",
            field="source",
        )


def check_publishing(actor: Member, minutes: Minutes, meeting: Meeting, now: datetime) -> None:
    check_writer(actor)
    if minutes.stage is MinutesStage.PUBLISHED:
        raise Rejected("These minutes are published already.")
    if meeting.starts_at > now:
        raise Rejected("The meeting has not begun. Publish its minutes after it.")
    if not any(item.source for item in minutes.items):
        raise Rejected("Nothing has been written yet. Write at least one item before you publish.")


def check_taking_back(actor: Member, minutes: Minutes, reason: str) -> None:
    check_writer(actor)
    if not reason:
        raise Rejected("Give a reason: it is kept in the history.", field="reason")
    if minutes.stage is not MinutesStage.PUBLISHED:
        raise Rejected("These minutes are a draft already.")
