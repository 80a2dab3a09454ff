"""What the department answers, who answers it and by when; and what officials note among themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Feedback, OfficialKind
from forum.meetings.rules import holidays
from forum.members.models import Member

DAYS_TO_ANSWER = 10  # working days after which who was given a thread is reminded, once
CLOSED_BECAUSE = "The department closed it. Its last official reply says why."


class Said(NamedTuple):
    """A kind of official reply: as whoever writes it selects it, what it does, and what stands above it."""

    words: str
    hint: str
    label: str


OFFICIAL = {
    OfficialKind.ACKNOWLEDGE: Said("An acknowledgement", "The department has read this", "Acknowledged"),
    OfficialKind.ASK: Said("A question", "The department needs to know more", "The department asks for more"),
    OfficialKind.ANSWER: Said("An answer", "What the department does, or why it cannot", "Official answer"),
    OfficialKind.CLOSE: Said("A last answer", "Closes the thread. Give the reason in your reply", "Closed with this answer"),
}  # fmt: skip


def label(kind: OfficialKind | None) -> str:
    """What stands above an official reply; those of before there were kinds have none."""
    return OFFICIAL[kind].label if kind else "Official reply"


# --- who may ---------------------------------------------------------------------------------------------------------


def may_work(actor: Member) -> bool:
    """Give threads to an officer, read and write internal notes, see how far a thread reaches."""
    return actor.is_active and actor.is_official


def check_worker(actor: Member) -> None:
    if not may_work(actor):
        raise NotAllowed("Only officials and the secretariat do this.")


def check_official(actor: Member) -> None:
    if not may_work(actor):
        raise NotAllowed("Only officials and the secretariat answer for the department.")


def check_officer(officer: Member | None, may_read: bool) -> None:
    """Whether a thread can be given to this person."""
    if officer is None or not may_work(officer):
        raise Rejected("Select an official or somebody of the secretariat.", field="officer")
    if not may_read:
        raise Rejected(f"{officer.name} may not read this thread. Select somebody of its group.", field="officer")


def check_assignable(feedback: Feedback) -> None:
    if feedback.is_withdrawn:
        raise Rejected("This thread was withdrawn, so there is nothing to answer.")


def check_note(words: str) -> None:
    if not words:
        raise Rejected("Enter your note.", field="words")


# --- when ------------------------------------------------------------------------------------------------------------


def due_before(today: date) -> date:
    """Threads given to somebody before this day should have been answered by now."""
    return holidays.working_days(today, -DAYS_TO_ANSWER)


def working_days_between(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; 0 on the same day."""
    return sum(holidays.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def median_days(spans: Iterable[tuple[date, date]]) -> int | None:
    """The median of working days between these dates; None where there are none."""
    found = [working_days_between(first, last) for first, last in spans]
    return round(median(found)) if found else None
