"""Scheduling meetings, changing and cancelling them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, NamedTuple, TypedDict, Unpack
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.commands import audiences, inviting, telling
from forum.meetings.models import Meeting, MeetingKind, Mode, Stage
from forum.meetings.queries.tellings import MODES as MODES
from forum.meetings.queries.tellings import Difference, between
from forum.meetings.queries.tellings import in_words as in_words
from forum.members.models import Member
from forum.reference import queries as reference
from forum.reference.models import Marking, Theme


class Details(TypedDict):
    """What a meeting is scheduled from. Times are what a clock in London shows."""

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
        **plan.columns,
        themes=plan.themes,
        stage=Stage.DRAFT,
        host_id=actor.id,
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
    plan = _plan(details, {theme.id for theme in meeting.themes})
    told = _differences(meeting, plan)
    telling.keep_known(meeting)
    _apply(meeting, plan)
    history.note(actor, "changed", meeting, changed=[difference.name for difference in told])
    db.session.flush()
    telling.carry_over(meeting)
    return inviting.tell(actor, meeting) if told and is_told and meeting.is_open else 0


def differences(meeting: Meeting, **details: Unpack[Details]) -> list[Difference]:
    """What those invited would have to be told if the meeting got these details. `meeting` has its themes loaded."""
    return _differences(meeting, _plan(details, {theme.id for theme in meeting.themes}))


def asks_again(meeting: Meeting, **details: Unpack[Details]) -> bool:
    """Whether, with these details, everybody would be asked for a new answer."""
    return _asks_again(meeting, _plan(details, {theme.id for theme in meeting.themes}))


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
    """When a meeting starts and ends, from what London's clocks show.

    Raises Rejected for an hour that March leaves out, at "hour" for one that October shows twice when it is not said
    which, and when the end is not after the start.
    """
    starts_at = _moment(day, starts, is_second_hour, "starts")
    ending = [moment for moment in clock.moments_of(day, ends) if moment > starts_at]
    if not ending and clock.moments_of(day, ends):
        rules.check_length(starts_at, clock.moments_of(day, ends)[-1])
    started_twice = len(clock.moments_of(day, starts)) == 2
    ends_at = ending[0] if ending and started_twice else _moment(day, ends, is_second_hour, "ends")
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


def _plan(details: Details, kept_themes: Collection[int] = ()) -> Plan:
    """Raises Rejected, naming the field, for what cannot be."""
    starts_at, ends_at = moments_of(details["day"], details["starts"], details["ends"], details["is_second_hour"])
    rules.check_where(details["mode"], details["place"], details["joining_link"])
    themes = reference.chosen(Theme, details["theme_ids"])
    rules.check_themes(details["theme_ids"], themes, kept_themes, clock.today())
    same = ("title", "kind", "mode", "place", "joining_link", "description", "marking", "is_chatham_house")
    columns = {name: details[name] for name in same}  # type: ignore[literal-required]
    return Plan(columns | {"starts_at": starts_at, "ends_at": ends_at}, themes)


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
