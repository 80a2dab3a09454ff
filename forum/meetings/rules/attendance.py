"""Who keeps the list of who was there, when, and who reads of it what."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import NamedTuple

from forum.base.errors import NotFound, Rejected
from forum.meetings import rules
from forum.meetings.models import Meeting, MeetingKind, Mode, Presence, Stage
from forum.members.models import Member

TICKING_FROM = timedelta(hours=12)  # before the start: the list is ready at breakfast, and nobody ticks a week early
CHECK_IN_FROM = timedelta(hours=1)  # before the start
WRONG_CODES = 10  # a person may enter so many wrong codes ...
WRONG_CODES_WITHIN = timedelta(minutes=10)
CODE_LETTERS = "BCDFGHJKMNPRTVWX"  # none looks like another or like a digit, and without vowels they make no words
CODE_LENGTH = 6
SHOWS_ORGANISATIONS = {MeetingKind.FORUM, MeetingKind.WORKING_GROUP}


class Mark(NamedTuple):
    """One way to mark somebody; `sent` is how forms say it."""

    sent: str
    words: str
    presence: Presence
    mode: Mode | None


IN_PERSON = Mark("in-person", "In person", Presence.PRESENT, Mode.IN_PERSON)
ONLINE = Mark("online", "Online", Presence.PRESENT, Mode.ONLINE)
APOLOGIES = Mark("apologies", "Apologies", Presence.APOLOGIES, None)
ABSENT = Mark("absent", "Absent", Presence.ABSENT, None)
MARKS = (IN_PERSON, ONLINE, APOLOGIES, ABSENT)
_PRESENT = {Mode.IN_PERSON: (IN_PERSON,), Mode.ONLINE: (ONLINE,), Mode.HYBRID: (IN_PERSON, ONLINE)}


def present_marks(mode: Mode) -> tuple[Mark, ...]:
    """How somebody can have been at a meeting of this mode."""
    return _PRESENT[mode]


def marks(mode: Mode) -> tuple[Mark, ...]:
    """How somebody can be marked on the list of a meeting of this mode."""
    return (*present_marks(mode), APOLOGIES, ABSENT)


def in_words(presence: Presence | None, mode: Mode | None) -> str:
    """ "In person"; "" for somebody who is not marked."""
    return next((mark.words for mark in MARKS if (mark.presence, mark.mode) == (presence, mode)), "")


# --- who may, and when -----------------------------------------------------------------------------------------------


def may_keep(actor: Member, meeting: Meeting) -> bool:
    """Tick who is there: the secretariat, and the host of an open meeting."""
    if meeting.stage is not Stage.OPEN:
        return False
    return rules.may_schedule(actor) or actor.id == meeting.host_id


def may_see_counts(actor: Member, meeting: Meeting, now: datetime) -> bool:
    """Members learn how many came, once it is over."""
    return may_keep(actor, meeting) or (rules.may_see(actor, meeting) and meeting.is_open and meeting.ends_at <= now)


def may_see_coverage(actor: Member, meeting: Meeting | None = None) -> bool:
    """Who is missing: for the secretariat, officials, and the host of that meeting."""
    return actor.is_official or (meeting is not None and actor.id == meeting.host_id)


def shows_organisations(meeting: Meeting) -> bool:
    """Whether members are told which organisations were there."""
    return meeting.kind in SHOWS_ORGANISATIONS


def check_keeping(actor: Member, meeting: Meeting) -> None:
    if not (rules.may_schedule(actor) or actor.id == meeting.host_id):
        raise NotFound
    if not may_keep(actor, meeting):
        raise Rejected(f"This meeting is {_state(meeting)}, so nobody can be marked as there.")


def _state(meeting: Meeting) -> str:
    return "a draft" if meeting.stage is Stage.DRAFT else "cancelled"


def is_ticking(meeting: Meeting, now: datetime) -> bool:
    """Whether people can be marked as there: from the day of the meeting on."""
    return now >= meeting.starts_at - TICKING_FROM


def check_marking(actor: Member, meeting: Meeting, mark: Mark, now: datetime) -> None:
    """Apologies come any time; whether somebody is there is known on the day."""
    check_keeping(actor, meeting)
    if mark not in marks(meeting.mode):
        raise Rejected("How this meeting is held has changed. Open the list again.", "mark")
    if mark is not APOLOGIES and not is_ticking(meeting, now):
        raise Rejected("People can be marked as there, or as absent, from the day of the meeting on.", "mark")


def check_visitor(name: str, organisation: str) -> None:
    if not name:
        raise Rejected("Enter the person’s name", "name")
    if not organisation:
        raise Rejected("Enter the organisation. If there is none, enter what brings the person here", "organisation")


def check_stand_in(who: Member, stands_in_for: Member | None) -> None:
    if stands_in_for is not None and who.id == stands_in_for.id:
        raise Rejected("Nobody can come in their own place. Choose somebody else", "name")


# --- checking in ------------------------------------------------------------------------------------------------------


def plain_code(typed: str) -> str:
    """A code as it is stored, however it was typed: small letters, spaces, hyphens."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", typed).upper())[:12]


def check_in_opens(meeting: Meeting) -> datetime:
    return meeting.starts_at - CHECK_IN_FROM


def check_tries(wrong: int) -> None:
    if wrong >= WRONG_CODES:
        raise Rejected("You entered too many wrong codes. Wait 10 minutes, or ask at the desk to be ticked off", "code")


def check_checking_in(actor: Member, meeting: Meeting, opens_at_words: str, now: datetime) -> None:
    if not actor.is_active:
        raise NotFound
    if now < check_in_opens(meeting):
        raise Rejected(f"Checking in opens one hour before the start, on {opens_at_words}.", "code")
    if now > meeting.ends_at:
        raise Rejected("This meeting is over. If you were there, ask the secretariat to tick you off.", "code")
