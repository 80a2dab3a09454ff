"""Places at a meeting: taken in the order of answering, offered to who waits as they come free, given by hand.

Whatever changes who holds a place first takes the meeting's row (`queries.take`), so that of many answers at once each
sees the places the others left. The rows themselves are written without the session, as `replying` writes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.letters import Kind, Letter
from forum.meetings import queries, rules
from forum.meetings.models import Answer, Invitation, Meeting, Mode, Place, SectorPlaces, Stage
from forum.meetings.queries import places as place_queries
from forum.meetings.rules import places as place_rules
from forum.members.models import Member

NO_PLACE: dict[str, Any] = {"place": None, "waiting_since": None, "offered_until": None}
_KEY = "place:"
_OPTIONS = {"synchronize_session": False}


# --- one answer --------------------------------------------------------------------------------------------------------


def take(meeting: Meeting, invitation: Invitation) -> None:
    """Keep others from taking places at this meeting until the transaction ends, and read the invitation anew."""
    queries.take(meeting)
    _end_lapsed(meeting, clock.now())
    db.session.refresh(invitation, [column.key for column in sa.inspect(Invitation).column_attrs])


def place_for(meeting: Meeting, invitation: Invitation, answer: Answer, mode: Mode | None) -> dict[str, Any]:
    """What the invitation has of places after this answer, by column. The meeting was taken."""
    if not place_rules.takes_place(meeting, answer, mode):
        return NO_PLACE
    if invitation.place in {Place.TAKEN, Place.OFFERED}:  # an offer that has lapsed was ended before
        return NO_PLACE | {"place": Place.TAKEN}
    if place_rules.is_in_line(invitation):
        return {"place": Place.WAITING, "waiting_since": invitation.waiting_since, "offered_until": None}
    sector, waiting = place_queries.sector_of(invitation.member_id), place_queries.line(meeting)
    line = [person.sector_id for person in waiting] + [sector]
    if len(waiting) in place_rules.served(place_queries.places(meeting), line):
        return NO_PLACE | {"place": Place.TAKEN}
    return {"place": Place.WAITING, "waiting_since": _end_of_line(meeting), "offered_until": None}


def _end_of_line(meeting: Meeting) -> datetime:
    """A moment later than that of anybody who waits, even if the clocks of two machines differ."""
    now, last = clock.now(), place_queries.last_in_line(meeting)
    return now if last is None or last < now else last + timedelta(microseconds=1)


def vacate(meeting: Meeting, invitation: Invitation) -> None:
    """This person is not invited any more: their place goes to who is next. The meeting was taken."""
    if meeting.capacity is None:
        return
    _set([invitation.id], **NO_PLACE)
    settle(meeting)


# --- who is next -------------------------------------------------------------------------------------------------------


def settle(meeting: Meeting) -> int:
    """End the offers that have lapsed and offer what is free to who is next; how many offers. The meeting was taken."""
    now = clock.now()
    if meeting.capacity is None or not meeting.is_open or meeting.starts_at <= now:
        return 0
    _end_lapsed(meeting, now)
    _place_earlier_answers(meeting)
    until = place_rules.offer_until(meeting, now)
    waiting = place_queries.line(meeting) if until else []
    if until is None or not waiting:
        return 0
    line = [person.sector_id for person in waiting]
    offered = [waiting[index].invitation_id for index in place_rules.served(place_queries.places(meeting), line)]
    _set(offered, place=Place.OFFERED, offered_until=until)
    _tell("offered", meeting, offered, until)
    _note("offered a place", meeting, offered)
    return len(offered)


def settle_all() -> bool:
    """Settle every meeting that is due, for the worker. There is never more: what could not be offered waits."""
    for meeting in place_queries.to_settle():
        queries.take(meeting)
        settle(meeting)
    return False


def _end_lapsed(meeting: Meeting, now: datetime) -> None:
    """Who let an offer lapse keeps its date as the sign of it, and is out of line until they say yes again."""
    lapsed = (
        sa.update(Invitation)
        .where(Invitation.meeting_id == meeting.id, Invitation.place == Place.OFFERED)
        .where(Invitation.offered_until <= now)
        .values(place=Place.WAITING)
        .returning(Invitation.id, Invitation.offered_until)
    )
    found = db.session.execute(lapsed, execution_options=_OPTIONS).all()
    ended = [row.id for row in found]
    if ended:
        _tell("lapsed", meeting, ended, max(row.offered_until for row in found))
        _note("let the offer of a place lapse", meeting, ended)


def _place_earlier_answers(meeting: Meeting) -> None:
    """Who said yes while places were not limited, or took part in another way, gets a place or the end of the line."""
    earlier = place_queries.unplaced(meeting)
    if not earlier:
        return
    waiting = place_queries.line(meeting)
    line = [person.sector_id for person in (*waiting, *earlier)]
    found = place_rules.served(place_queries.places(meeting), line)
    taken = [earlier[index - len(waiting)].invitation_id for index in found if index >= len(waiting)]
    _set(taken, place=Place.TAKEN)
    for person in earlier:
        if person.invitation_id not in taken:
            _set([person.invitation_id], place=Place.WAITING, waiting_since=_end_of_line(meeting))


# --- the secretariat ---------------------------------------------------------------------------------------------------


def arrange(
    actor: Member,
    meeting: Meeting,
    *,
    capacity: int | None,
    reserved: Mapping[int, int],
    confirm_within_hours: int,
    freeze_hours: int,
) -> int:
    """How many places there are, how many of them are kept for which sector; how many people are offered one now.

    `capacity` None: as many as come. `reserved`: places by sector. Raises Rejected, naming the field.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)
    place_rules.check_capacity(capacity, place_queries.accepted(meeting))
    reserved = {sector: places for sector, places in reserved.items() if places}
    place_rules.check_reserves(capacity, reserved)
    place_rules.check_hours(confirm_within_hours, freeze_hours)
    meeting.capacity, meeting.confirm_within_hours, meeting.freeze_hours = capacity, confirm_within_hours, freeze_hours
    db.session.execute(sa.delete(SectorPlaces).where(SectorPlaces.meeting_id == meeting.id))
    if reserved:
        rows = [{"meeting_id": meeting.id, "sector_id": s, "places": places} for s, places in reserved.items()]
        db.session.execute(sa.insert(SectorPlaces), rows)
    db.session.flush()
    history.note(actor, "arranged places", meeting, capacity=capacity, reserved=sum(reserved.values()))
    if capacity is None:
        _lift_limit(meeting)
    return settle(meeting)


def _lift_limit(meeting: Meeting) -> None:
    """There is room for everybody: who waits has a place, and is told."""
    waiting = Invitation.meeting_id == meeting.id, Invitation.place.in_((Place.WAITING, Place.OFFERED))
    ids = list(db.session.scalars(sa.select(Invitation.id).where(*waiting, Invitation.removed_at.is_(None))))
    placed = sa.update(Invitation).where(Invitation.meeting_id == meeting.id, Invitation.place.is_not(None))
    db.session.execute(placed.values(NO_PLACE), execution_options=_OPTIONS)
    if meeting.is_open and meeting.ends_at > clock.now():
        _tell("given", meeting, ids)


def give(actor: Member, meeting: Meeting, invitation: Invitation) -> None:
    """Give somebody who waits a place, by hand; they are told."""
    rules.check_scheduler(actor)
    take(meeting, invitation)
    rules.check_invited(invitation)
    place_rules.check_giving(meeting, invitation, place_queries.places(meeting), clock.now())
    _set([invitation.id], **NO_PLACE | {"place": Place.TAKEN})
    _tell("given", meeting, [invitation.id])
    history.note(actor, "gave a place", invitation, about=meeting)


def freeze(actor: Member, meeting: Meeting) -> None:
    """Offer nothing from now on; offers that are out stand until their time."""
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)
    hours = math.ceil((meeting.starts_at - clock.now()) / timedelta(hours=1))
    meeting.freeze_hours = max(meeting.freeze_hours, hours)
    history.note(actor, "closed the waiting list", meeting)


# --- writing -----------------------------------------------------------------------------------------------------------


def _set(invitation_ids: Sequence[int], **values: Any) -> None:
    if invitation_ids:
        which = sa.update(Invitation).where(Invitation.id.in_(invitation_ids))
        db.session.execute(which.values(values), execution_options=_OPTIONS)


def _note(verb: str, meeting: Meeting, invitation_ids: Iterable[int]) -> None:
    for number in invitation_ids:
        history.note(None, verb, Invitation(id=number), about=meeting)


def tell_waiting(meeting: Meeting, invitation: Invitation) -> None:
    """Write to somebody whose calendar, not our page, took the yes: there is no place, but a waiting list."""
    _tell("waiting", meeting, [invitation.id])


def _tell(news: str, meeting: Meeting, invitation_ids: Sequence[int], until: datetime | None = None) -> None:
    """A letter with this news to each of them who can be written to, with their own reply link."""
    people = place_queries.addressees(list(invitation_ids)) if invitation_ids else []
    letters.write_many(_letter(news, meeting, person, until) for person in people)


_SUBJECTS = {
    "offered": "There is a place for you",
    "given": "You have a place",
    "waiting": "You are on the waiting list",
    "lapsed": "Your offer of a place has ended",
}


def _letter(news: str, meeting: Meeting, person: place_queries.Addressee, until: datetime | None) -> letters.Fields:
    token = queries.reply_token(meeting.id, person.member_id, person.link_version)
    text, html = letters.render(
        "place", news=news, name=person.name, meeting=meeting, until=until, reply_url=letters.link(f"/reply/{token}")
    )
    stamp = until or clock.now()
    return {
        "key": f"{_KEY}{person.invitation_id}:{news}:{stamp.timestamp():.6f}",
        "kind": Kind.NOTICE,
        "member_id": person.member_id,
        "to_name": person.name,
        "to_address": person.email,
        "subject": f"{_SUBJECTS[news]}: {meeting.title}, {clock.show_date(meeting.starts_at)}",
        "text": text,
        "html": html,
        "about": queries.about(meeting),
        "not_after": until if news == "offered" else meeting.ends_at,
    }


def _still_holds(letter: Letter) -> str | None:
    """Asked before a letter about a place leaves: is its news still true?"""
    if not letter.key.startswith(_KEY):
        return None
    _, number, news, _ = letter.key.split(":")
    wanted = sa.select(Invitation.place, Invitation.answer, Invitation.removed_at, Meeting.stage)
    wanted = wanted.join(Meeting, Meeting.id == Invitation.meeting_id).where(Invitation.id == int(number))
    found = db.session.execute(wanted).one_or_none()
    if found is None or found.removed_at is not None:
        return "The invitation was withdrawn."
    if found.stage is not Stage.OPEN:
        return "The meeting was cancelled."
    true = {"offered": found.place is Place.OFFERED, "given": found.answer is Answer.YES}
    return None if true.get(news, found.place is Place.WAITING) else "This person's place has changed since."


letters.check(Kind.NOTICE, _still_holds)
