"""Places in the room: who may have one, who is next in line, and until when an offer stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from forum.base.errors import Rejected
from forum.base.words import plural
from forum.meetings.models import Answer, Invitation, Meeting, Mode, Place

LONGEST_WAIT = 24 * 365  # hours
SHORTEST_OFFER = timedelta(hours=1)  # nobody is offered a place for less time than this


class Places(NamedTuple):
    """How many places there are, how many of them are kept for a sector, how many people of each sector hold one.

    Somebody offered a place holds it. Who of a sector holds which place is not kept: people use those kept for their
    sector first. So a place somebody gives up goes to whoever it helps.
    """

    capacity: int
    reserved: Mapping[int, int]  # by sector
    held: Mapping[int | None, int]  # by sector; None: sector not known

    @property
    def free(self) -> int:
        """Places nobody holds, whoever they are kept for; never below 0."""
        return max(0, self.capacity - sum(self.held.values()))

    def free_for(self, sector: int | None) -> int:
        """Places that somebody of this sector may have now."""
        kept = self.reserved.get(sector, 0) if sector is not None else 0
        own = max(0, kept - self.held.get(sector, 0))
        return min(self.free, own + max(0, self._open_to_all))

    @property
    def _open_to_all(self) -> int:
        beyond = sum(max(0, people - self.reserved.get(sector or 0, 0)) for sector, people in self.held.items())
        return self.capacity - sum(self.reserved.values()) - beyond

    def with_one_more(self, sector: int | None) -> Places:
        return self._replace(held={**self.held, sector: self.held.get(sector, 0) + 1})


def served(places: Places, line: Sequence[int | None]) -> list[int]:
    """Who of this line, given as their sectors in order, may have a place now: their indices, in order."""
    found = []
    for index, sector in enumerate(line):
        if places.free_for(sector):
            places = places.with_one_more(sector)
            found.append(index)
    return found


# --- whose answer takes a place ----------------------------------------------------------------------------------------


def mode_with_places(meeting: Meeting) -> Mode:
    """Which way of taking part is limited: in the room, or online when there is no room."""
    return Mode.ONLINE if meeting.mode is Mode.ONLINE else Mode.IN_PERSON


def takes_place(meeting: Meeting, answer: Answer | None, mode: Mode | None) -> bool:
    """Whether this answer needs one of the meeting's places."""
    return meeting.capacity is not None and answer is Answer.YES and mode is mode_with_places(meeting)


def is_in_line(invitation: Invitation) -> bool:
    """Waits for a place. Who let an offer lapse waits too, but is offered nothing before saying yes again."""
    return invitation.place is Place.WAITING and invitation.offered_until is None


def has_let_lapse(invitation: Invitation) -> bool:
    return invitation.place is Place.WAITING and invitation.offered_until is not None


# --- time --------------------------------------------------------------------------------------------------------------


def frozen_from(meeting: Meeting) -> datetime:
    """From when on nothing is offered any more, and the secretariat gives away what is free."""
    return meeting.starts_at - timedelta(hours=meeting.freeze_hours)


def offer_until(meeting: Meeting, now: datetime) -> datetime | None:
    """Until when a place that is offered now can be confirmed; None: nothing is offered any more."""
    end = frozen_from(meeting)
    if not meeting.is_open or end - now < SHORTEST_OFFER:
        return None
    return min(now + timedelta(hours=meeting.confirm_within_hours), end)


# --- arranging ---------------------------------------------------------------------------------------------------------


def check_capacity(capacity: int | None, accepted: int) -> None:
    """Nobody who has a place, or was offered one, loses it."""
    if capacity is not None and capacity < accepted:
        raise Rejected(
            f"{plural(accepted, 'person has', 'people have')} a place or an offer of one already. "
            f"Enter {accepted} or more",
            "capacity",
        )


def check_reserves(capacity: int | None, reserved: Mapping[int, int]) -> None:
    kept = sum(reserved.values())
    if kept and capacity is None:
        raise Rejected("Enter how many places there are before you keep some of them for a sector", "capacity")
    if capacity is not None and kept > capacity:
        raise Rejected(f"You keep {kept} places for sectors, but there are only {capacity}", "capacity")


def check_hours(confirm_within: int, freeze: int) -> None:
    if not 1 <= confirm_within <= LONGEST_WAIT:
        raise Rejected(f"Enter between 1 and {LONGEST_WAIT:,} hours", "confirm_within_hours")
    if not 0 <= freeze <= LONGEST_WAIT:
        raise Rejected(f"Enter between 0 and {LONGEST_WAIT:,} hours", "freeze_hours")


def check_giving(meeting: Meeting, invitation: Invitation, places: Places, now: datetime) -> None:
    """The secretariat may give any free place to anybody who waits, whatever it is kept for."""
    if not meeting.is_open or meeting.ends_at <= now:
        raise Rejected("This meeting is over or was cancelled, so there are no places to give.")
    if invitation.place not in {Place.WAITING, Place.OFFERED}:
        raise Rejected("This person does not wait for a place any more.")
    if invitation.place is Place.WAITING and not places.free:
        raise Rejected("Every place is taken or offered. Raise the number of places first.")
