"""Who may do what with meetings, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.meetings.models import Answer, Invitation, Meeting, MeetingKind, Mode, Stage
from forum.members.models import Member
from forum.reference.models import Theme

LINK_OUTLIVES = timedelta(days=1)  # how long after the meeting a reply link still shows it
LONGEST_MEETING = 12 * 60  # minutes
MOST_PLACES = 10_000
INVITE_ONLY = frozenset({MeetingKind.ROUNDTABLE, MeetingKind.MINISTERS})  # only those invited know of them
ASKING = frozenset({MeetingKind.FORUM, MeetingKind.WORKING_GROUP})  # ask for an answer unless told otherwise


class Way(NamedTuple):
    """One way to answer an invitation; `sent` is how forms say it."""

    sent: str
    words: str
    answer: Answer
    mode: Mode | None


IN_PERSON = Way("yes-in-person", "Yes, in person", Answer.YES, Mode.IN_PERSON)
ONLINE = Way("yes-online", "Yes, online", Answer.YES, Mode.ONLINE)
MAYBE = Way("maybe", "Maybe", Answer.MAYBE, None)
NO = Way("no", "No", Answer.NO, None)
WAYS = (IN_PERSON, ONLINE, MAYBE, NO)
_COMING = {Mode.IN_PERSON: (IN_PERSON,), Mode.ONLINE: (ONLINE,), Mode.HYBRID: (IN_PERSON, ONLINE)}


def ways(mode: Mode) -> tuple[Way, ...]:
    """How an invitation to a meeting of this mode can be answered."""
    return (*_COMING[mode], MAYBE, NO)


def answer_in_words(answer: Answer | None, mode: Mode | None) -> str:
    """ "Yes, in person"; "No answer" when there is none."""
    known = (way.words for way in WAYS if (way.answer, way.mode) == (answer, mode))
    return next(known, "No answer" if answer is None else answer.value.capitalize())


# --- who may ---------------------------------------------------------------------------------------------------------


def may_schedule(actor: Member) -> bool:
    """Keep meetings, their agendas and their invitations."""
    return actor.runs_the_forum


def may_see(actor: Member, meeting: Meeting, *, is_invited: bool = False) -> bool:
    """Drafts are there for whoever runs the Forum and the host alone; meetings by invitation for those invited too.

    `queries.readable_by` asks the same of the database.
    """
    if may_schedule(actor) or is_host(actor, meeting):
        return True
    return meeting.stage is not Stage.DRAFT and (is_invited or meeting.kind not in INVITE_ONLY)


def is_host(actor: Member, meeting: Meeting) -> bool:
    return meeting.host_id is not None and meeting.host_id == actor.id


def may_see_who_comes(actor: Member, meeting: Meeting, *, is_invited: bool) -> bool:
    """Those invited see who else comes, except where the meeting is by invitation: then whoever holds it alone."""
    if may_schedule(actor) or is_host(actor, meeting):
        return True
    return is_invited and meeting.is_open and meeting.kind not in INVITE_ONLY


def may_see_joining_link(actor: Member, invitation: Invitation | None) -> bool:
    """The link to join online is for those invited, and for whoever invites them."""
    return may_schedule(actor) or (invitation is not None and invitation.removed_at is None)


def check_scheduler(actor: Member) -> None:
    if not may_schedule(actor):
        raise NotAllowed("Only the secretariat can change meetings.")


# --- details ---------------------------------------------------------------------------------------------------------


def check_where(mode: Mode, place: str, joining_link: str) -> None:
    """People must learn where to go; the link may follow later."""
    if mode is not Mode.ONLINE and not place:
        raise Rejected("Enter where the meeting is. If you do not know yet, enter “To be confirmed”", "place")
    if joining_link and not _is_web_address(joining_link):
        raise Rejected("The joining link must be a web address that starts with https://", "joining_link")


def _is_web_address(words: str) -> bool:
    try:
        address = urlsplit(words)
    except ValueError:
        return False
    return address.scheme == "https" and bool(address.hostname) and not any(c.isspace() for c in words)


def check_length(starts_at: datetime, ends_at: datetime) -> None:
    """The end is later than the start: where the clock shows less, it is on the next day."""
    if not timedelta() < ends_at - starts_at <= timedelta(minutes=LONGEST_MEETING):
        raise Rejected("The end must be later than the start, by up to 12 hours, which may go past midnight", "ends")


def check_dates(day: date, reply_by: date | None, items_until: date | None, papers_due: date | None) -> None:
    """What is asked for before a meeting is asked for in time; papers may come on the day."""
    if reply_by is not None and reply_by > day:
        raise Rejected("The date to answer by must be the day of the meeting or earlier", "reply_by_on")
    if items_until is not None and items_until >= day:
        raise Rejected("The last day to propose items must be before the meeting", "items_until_on")
    if papers_due is not None and papers_due > day:
        raise Rejected("The date papers are due must be the day of the meeting or earlier", "papers_due_on")


def check_host(is_known: bool) -> None:
    if not is_known:
        raise Rejected("This person cannot host meetings any more. Select somebody else", "host_id")


def check_places(capacity: int | None) -> None:
    if capacity is not None and not 1 <= capacity <= MOST_PLACES:
        raise Rejected(f"Places must be between 1 and {MOST_PLACES:,}", "capacity")


def check_themes(wanted: Collection[int], found: Iterable[Theme], kept: Collection[int], on: date) -> None:
    """Every theme is there and in use; one that a meeting already has may stay."""
    usable = {theme.id for theme in found if theme.is_current(on) or theme.id in kept}
    if set(wanted) - usable:
        raise Rejected("One of the themes is no longer used. Select the themes again", "themes")


def check_opening(meeting: Meeting) -> None:
    if meeting.stage is not Stage.DRAFT:
        raise Rejected("This meeting is not a draft any more, so there is nothing to open.")


def check_changing(meeting: Meeting) -> None:
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so it cannot be changed. Schedule a new one instead.")


def check_cancelling(meeting: Meeting, reason: str, now: datetime) -> None:
    check_changing(meeting)
    if meeting.ends_at <= now:
        raise Rejected("This meeting is over, so it cannot be cancelled.")
    if not reason:
        raise Rejected("Enter why the meeting is cancelled", "reason")


def check_item(title: str, minutes: int) -> None:
    if not title:
        raise Rejected("Enter what the item is about", "title")
    if not 1 <= minutes <= LONGEST_MEETING:
        raise Rejected("Minutes must be between 1 and 720", "minutes")


# --- invitations and replies -----------------------------------------------------------------------------------------


def may_invite(meeting: Meeting, now: datetime) -> bool:
    """Whether letters about this meeting may still go out."""
    return meeting.is_open and meeting.ends_at > now


def check_inviting(meeting: Meeting, now: datetime) -> None:
    if meeting.stage is Stage.DRAFT:
        raise Rejected("This meeting is a draft. Open it before you invite anybody.")
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so nobody can be invited.")
    if meeting.ends_at <= now:
        raise Rejected("This meeting is over, so no letters about it can be sent.")


def sequence_for(meeting: Meeting, link_version: int, *, is_withdrawal: bool = False) -> int:
    """The SEQUENCE of one person's calendar entry: it rises when the meeting's does, and when that person is taken off
    or invited again (each of which raises `link_version` only once, hence by two).
    """
    return meeting.ical_sequence + 2 * (link_version - 1) + is_withdrawal


def check_reachable(member: Member) -> None:
    if not member.is_active or not member.email:
        raise Rejected(f"{member.name} is not an active member with an email address, so no letter can be sent.")


def check_invited(invitation: Invitation) -> None:
    if invitation.removed_at is not None:
        raise Rejected("This invitation was withdrawn.")


def may_answer(meeting: Meeting, now: datetime) -> bool:
    """Answers can be given and changed until the meeting ends."""
    return meeting.is_open and meeting.ends_at > now


def check_answering(actor: Member, invitation: Invitation, meeting: Meeting, way: Way, now: datetime) -> None:
    """A person answers for themselves until the meeting ends; the secretariat for anybody, afterwards too."""
    if invitation.member_id != actor.id and not may_schedule(actor):
        raise NotFound
    check_invited(invitation)
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so there is nothing to answer.")
    if not may_answer(meeting, now) and not may_schedule(actor):
        raise Rejected("This meeting is over, so your answer can no longer be changed.")
    if way not in ways(meeting.mode):
        raise Rejected("Select one of the answers for this meeting: how it is held has changed", "answer")
