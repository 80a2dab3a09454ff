"""Scheduling meetings, changing and cancelling them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, NotRequired, TypedDict, Unpack
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.commands import audiences, inviting, places, telling
from forum.meetings.models import Meeting, MeetingKind, Mode, Stage
from forum.meetings.queries import desk
from forum.meetings.queries import places as place_queries
from forum.meetings.queries.tellings import MODES as MODES
from forum.meetings.queries.tellings import Difference, between
from forum.meetings.queries.tellings import in_words as in_words
from forum.members.models import Member
from forum.reference import queries as reference
from forum.reference.models import Marking, Theme


class Details(TypedDict):
    """What a meeting is scheduled from. Times are what a clock in London shows; an end that is not after the start is on
    the next day.

    What need not be given stays as it is; of a new meeting, the actor is the host, and the rest is not set.
    """

    title: str
    kind: MeetingKind
    theme_ids: Collection[int]
    day: date
    starts: time
    ends: time
    is_second_hour: bool | None  # of the hour that October's clocks show twice; None: not said
    mode: Mode
    place: str
    joining_link: str
    description: str
    marking: Marking
    is_chatham_house: bool
    host_id: NotRequired[int | None]
    capacity: NotRequired[int | None]  # None: as many as come
    asks_replies: NotRequired[bool | None]  # None: as is usual for this kind
    reply_by_on: NotRequired[date | None]
    items_until_on: NotRequired[date | None]  # the last day on which members may propose items
    papers_due_on: NotRequired[date | None]


class Plan(NamedTuple):
    """Details put to the test and worked out."""

    columns: dict[str, Any]
    themes: list[Theme]


def schedule(
    actor: Member, *, form_key: str | None = None, is_demonstration: bool = False, **details: Unpack[Details]
) -> Meeting:
    """A new meeting, as a draft. The same form sent again gives the meeting it made the first time."""
    rules.check_scheduler(actor)
    made = queries.by_form_key(Meeting, form_key) if form_key else None
    if made is not None:
        return made
    plan = _plan(details)
    domain = letters.sender().address.rpartition("@")[2]
    meeting = Meeting(
        **{"host_id": actor.id} | plan.columns,
        themes=plan.themes,
        stage=Stage.DRAFT,
        ical_uid=f"{uuid4()}@{domain}",
        changed_at=clock.now(),
        form_key=form_key or None,
        is_demonstration=is_demonstration,
    )
    try:
        with db.session.begin_nested():
            db.session.add(meeting)
    except IntegrityError:  # the same form, at this very moment
        made = queries.by_form_key(Meeting, form_key) if form_key else None
        if made is None:
            raise
        return made
    audiences.begin(meeting)
    history.note(actor, "scheduled", meeting)
    return meeting


def open_meeting(actor: Member, meeting: Meeting) -> None:
    """Show a draft to members; from now on invitations may go out."""
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_opening(meeting)
    meeting.stage = Stage.OPEN
    meeting.changed_at = clock.now()
    history.note(actor, "opened", meeting)


def change(actor: Member, meeting: Meeting, *, version: int, is_told: bool = False, **details: Unpack[Details]) -> int:
    """Give the meeting these details; with `is_told`, have those invited written to in five minutes. How many those are.

    `meeting` has its themes loaded. A change of time or of how it is held asks everybody for a new answer, once they
    are told. Raises Rejected at "version" when somebody else changed it after version `version`.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)
    if meeting.version != version:
        who = queries.who_changed(meeting)
        raise Rejected(
            f"{who} changed this meeting while you were changing it. Compare the two, then save yours or leave theirs.",
            "version",
        )
    plan = _plan(details, meeting)
    told = _differences(meeting, plan)
    capacity = plan.columns.pop("capacity", meeting.capacity)
    telling.keep_known(meeting)
    _apply(meeting, plan)
    history.note(actor, "changed", meeting, changed=[difference.name for difference in told])
    db.session.flush()
    if capacity != meeting.capacity:
        _limit(actor, meeting, capacity)
    telling.carry_over(meeting)
    return inviting.tell(actor, meeting) if told and is_told and meeting.is_open else 0


def differences(meeting: Meeting, **details: Unpack[Details]) -> list[Difference]:
    """What those invited would have to be told if the meeting got these details. `meeting` has its themes loaded."""
    return _differences(meeting, _plan(details, meeting))


def asks_again(meeting: Meeting, **details: Unpack[Details]) -> bool:
    """Whether, with these details, everybody would be asked for a new answer."""
    return _asks_again(meeting, _plan(details, meeting))


def cancel(actor: Member, meeting: Meeting, reason: str) -> int:
    """Cancel the meeting and tell everybody invited; how many letters were written."""
    rules.check_scheduler(actor)
    queries.take(meeting)
    now = clock.now()
    rules.check_cancelling(meeting, reason, now)
    meeting.stage, meeting.cancelled_at, meeting.cancelled_because = Stage.CANCELLED, now, reason
    meeting.ical_sequence += 1
    meeting.version += 1
    meeting.changed_at = now
    history.note(actor, "cancelled", meeting, reason)
    db.session.flush()
    return inviting.call_off(actor, meeting, reason)


def moments_of(day: date, starts: time, ends: time, is_second_hour: bool | None) -> tuple[datetime, datetime]:
    """When a meeting starts and ends, from what London's clocks show. An end that is not later is on the next day.

    Raises Rejected for an hour that March leaves out, at "hour" for one that October shows twice when it is not said
    which, and when the meeting would be longer than any.
    """
    starts_at = _moment(day, starts, is_second_hour, "starts")
    later = [moment for moment in clock.moments_of(day, ends) if moment > starts_at]
    if not later and ends <= starts:
        ends_at = _moment(day + timedelta(days=1), ends, is_second_hour, "ends")
    elif later and len(clock.moments_of(day, starts)) == 2:
        ends_at = later[0]
    else:
        ends_at = _moment(day, ends, is_second_hour, "ends")
    rules.check_length(starts_at, ends_at)
    return starts_at, ends_at


def _moment(day: date, at: time, is_second_hour: bool | None, field: str) -> datetime:
    found = clock.moments_of(day, at)
    shown = clock.show_time(at)
    if not found:
        raise Rejected(
            f"There is no {shown} on {clock.show_date(day)}: the clocks go forward from 1am to 2am. Enter another time",
            field,
        )
    if len(found) == 2 and is_second_hour is None:
        raise Rejected(f"The clocks go back on {clock.show_date(day)}, so {shown} comes twice. Select which", "hour")
    return found[-1] if is_second_hour else found[0]


def _plan(details: Details, meeting: Meeting | None = None) -> Plan:
    """For this meeting, which has its themes loaded, or a new one. Raises Rejected, naming the field, for what cannot be."""
    starts_at, ends_at = moments_of(details["day"], details["starts"], details["ends"], details["is_second_hour"])
    rules.check_where(details["mode"], details["place"], details["joining_link"])
    themes = reference.chosen(Theme, details["theme_ids"])
    kept = {theme.id for theme in meeting.themes} if meeting else set()
    rules.check_themes(details["theme_ids"], themes, kept, clock.today())
    same = ("title", "kind", "mode", "place", "joining_link", "description", "marking", "is_chatham_house")
    columns = {name: details[name] for name in same}  # type: ignore[literal-required]
    return Plan(columns | _further(details, meeting) | {"starts_at": starts_at, "ends_at": ends_at}, themes)


def _further(details: Details, meeting: Meeting | None) -> dict[str, Any]:
    """Columns from those of the details that need not be given."""
    names = ("host_id", "capacity", "reply_by_on", "papers_due_on")
    found: dict[str, Any] = {name: details[name] for name in names if name in details}  # type: ignore[literal-required]
    until = details.get("items_until_on")
    rules.check_dates(details["day"], found.get("reply_by_on"), until, found.get("papers_due_on"))
    rules.check_places(found.get("capacity"))
    host = found.get("host_id")
    rules.check_host(host in {None, meeting.host_id if meeting else None} or desk.may_host(host))
    if "items_until_on" in details:
        found["items_until"] = _end_of_call(until, meeting)
    if meeting is None or "asks_replies" in details:
        asked = details.get("asks_replies")
        found["asks_replies"] = details["kind"] in rules.ASKING if asked is None else asked
    return found


def _end_of_call(until: date | None, meeting: Meeting | None) -> datetime | None:
    """11:59pm of that day; a call that was ended earlier on it stays ended."""
    before = meeting.items_until if meeting else None
    if until is None or (before and clock.london(before).date() == until):
        return before if until else None
    return clock.moments_of(until, time(23, 59))[0]


def _limit(actor: Member, meeting: Meeting, capacity: int | None) -> None:
    """What is kept for sectors stays kept; without a limit nothing is."""
    reserved = place_queries.places(meeting).reserved if capacity is not None else {}
    places.arrange(
        actor,
        meeting,
        capacity=capacity,
        reserved=reserved,
        confirm_within_hours=meeting.confirm_within_hours,
        freeze_hours=meeting.freeze_hours,
    )


def _apply(meeting: Meeting, plan: Plan) -> None:
    after = plan.columns
    if _asks_again(meeting, plan) and meeting.stage is not Stage.DRAFT:
        meeting.ical_sequence += 1
    for name, value in after.items():
        setattr(meeting, name, value)
    meeting.themes = plan.themes
    meeting.version += 1
    meeting.changed_at = clock.now()


def _asks_again(meeting: Meeting, plan: Plan) -> bool:
    """An answer was for that time, and for that way of taking part."""
    return any(getattr(meeting, name) != plan.columns[name] for name in ("starts_at", "ends_at", "mode"))


def _differences(meeting: Meeting, plan: Plan) -> list[Difference]:
    return between(in_words(meeting), in_words(Meeting(**plan.columns)))
