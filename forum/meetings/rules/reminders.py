"""Reminders: when one may be set, and what becomes of one that comes late."""

from __future__ import annotations

from datetime import datetime, timedelta

from forum.base.errors import Rejected
from forum.meetings.models import Meeting, Reminder, Segment, Stage

LONGEST = 2_000  # characters of somebody's own words
EARLIEST = 60  # days before the meeting
LATEST = timedelta(hours=36)  # what could not be sent for so long is no reminder any more, but a riddle
USUAL = ((Segment.NO_ANSWER, 7), (Segment.YES, 2))  # offered together, in days before the meeting


def check_reminding(meeting: Meeting, now: datetime) -> None:
    """Reminders may be set and changed before the meeting is opened, but not once there is nothing to be reminded of."""
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so nobody is reminded of it.")
    if meeting.starts_at <= now:
        raise Rejected("This meeting has begun, so nobody can be reminded of it.")


def check_moment(due_at: datetime, meeting: Meeting, now: datetime, field: str) -> None:
    if due_at <= now:
        raise Rejected("That moment has passed. Choose a later one", field)
    if due_at >= meeting.starts_at:
        raise Rejected("A reminder must go out before the meeting starts. Choose an earlier moment", field)


def check_words(words: str) -> None:
    if len(words) > LONGEST:
        raise Rejected(f"Your words must be {LONGEST:,} characters or fewer", "words")


def check_not_settled(reminder: Reminder) -> None:
    if reminder.removed_at is not None:
        raise Rejected("This reminder was removed.")
    if reminder.settled_at is not None or reminder.letters:
        raise Rejected("This reminder has gone out or was left out, so it can no longer be changed.")


def why_left_out(due_at: datetime, starts_at: datetime, now: datetime) -> str | None:
    """Whether a reminder due then comes too late to be of use: "begun" or "late"; None while it may go."""
    if starts_at <= now:
        return "begun"
    return "late" if now - due_at > LATEST else None
