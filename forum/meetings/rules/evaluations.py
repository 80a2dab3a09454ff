"""Who says what they thought of a meeting, until when, and who reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.models import Meeting
from forum.members.models import Member

LASTS = timedelta(days=30)  # after the end
SHOWN_FROM = 5  # answers: averages of fewer tell who said what
LONGEST = 2_000  # characters of somebody's words
GIVEN = "You have given your evaluation already. It is kept without your name, so it cannot be changed."
GRADES = {1: "1, not at all", 2: "2", 3: "3", 4: "4", 5: "5, very much"}


def is_asking(meeting: Meeting, now: datetime) -> bool:
    """Whether evaluations can be given."""
    return meeting.is_open and meeting.ends_at <= now <= meeting.ends_at + LASTS


def may_read(actor: Member, meeting: Meeting) -> bool:
    """Results are for the secretariat, officials and whoever hosted the meeting."""
    return meeting.is_open and (actor.is_official or actor.id == meeting.host_id)


def may_ask(actor: Member, meeting: Meeting, now: datetime) -> bool:
    """Whether this person may have letters ask for evaluations, once."""
    return rules.may_schedule(actor) and is_asking(meeting, now) and meeting.evaluation_asked_at is None


def check_asking(actor: Member, meeting: Meeting, now: datetime) -> None:
    rules.check_scheduler(actor)
    if not is_asking(meeting, now):
        raise Rejected("People can be asked from the end of an open meeting on, for 30 days.")


def check_entering(actor: Member, meeting: Meeting, now: datetime) -> None:
    """What was written on paper can be entered at any time after the meeting."""
    rules.check_scheduler(actor)
    if not meeting.is_open or meeting.ends_at > now:
        raise Rejected("Evaluations can be entered once the meeting is over.")


def check_giving(meeting: Meeting, *, takes_part: bool, was_given: bool, now: datetime) -> None:
    if not is_asking(meeting, now):
        raise Rejected("Evaluations of this meeting can be given from its end on, for 30 days.")
    if not takes_part:
        raise Rejected("Evaluations are for those who were at the meeting or had said they would come.")
    if was_given:
        raise Rejected(GIVEN)


def check_grades(usefulness: int, heard: int, words: str) -> None:
    if usefulness not in GRADES:
        raise Rejected("Select how useful the meeting was", "usefulness")
    if heard not in GRADES:
        raise Rejected("Select whether you felt heard", "heard")
    if len(words) > LONGEST:
        raise Rejected("What would make the next one better must be 2,000 characters or fewer", "words")


def is_shown(answers: int) -> bool:
    """Whether there are enough answers to show an average."""
    return answers >= SHOWN_FROM
