"""Keeping series of meetings, and scheduling meetings from them. A change here touches no meeting that there is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from forum.base import clock, history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.commands import scheduling
from forum.meetings.models import AgendaItem, Meeting, MeetingKind, MeetingSeries, Mode, Purpose, SeriesItem
from forum.meetings.queries import series as queries
from forum.meetings.rules import series as series_rules
from forum.members.models import Member
from forum.reference.models import Marking


class Pattern(TypedDict):
    """What a series is made from; `week` and `weekday` as in `MeetingSeries`, times as a clock in London shows them."""

    title: str
    kind: MeetingKind
    week: int
    weekday: int
    every_months: int
    starts: time
    ends: time
    mode: Mode
    place: str
    marking: Marking
    is_chatham_house: bool


def begin(actor: Member, *, form_key: str | None = None, **pattern: Unpack[Pattern]) -> MeetingSeries:
    """A new series, without meetings. The same form sent again gives the series it made the first time."""
    rules.check_scheduler(actor)
    columns = _columns(pattern)
    made = queries.by_form_key(form_key) if form_key else None
    if made is not None:
        return made
    series = MeetingSeries(**columns, form_key=form_key or None, items=[])
    try:
        with db.session.begin_nested():
            db.session.add(series)
    except IntegrityError:  # the same form, at this very moment
        made = queries.by_form_key(form_key) if form_key else None
        if made is None:
            raise
        return made
    history.note(actor, "began", series)
    return series


def change(actor: Member, series: MeetingSeries, *, version: int, **pattern: Unpack[Pattern]) -> None:
    """What meetings of the series start out with from now on. Raises Rejected at "version"."""
    _take(actor, series)
    if series.version != version:
        who = queries.who_changed(series)
        raise Rejected(
            f"{who} changed this series while you were changing it. Compare the two, then save yours or leave theirs.",
            "version",
        )
    for name, value in _columns(pattern).items():
        setattr(series, name, value)
    series.version += 1
    history.note(actor, "changed", series)


def end(actor: Member, series: MeetingSeries) -> None:
    """No more meetings of this series; those there are stay as they are."""
    _take(actor, series)
    series.ended_at = clock.now()
    history.note(actor, "ended", series)


def _columns(pattern: Pattern) -> dict[str, Any]:
    minutes = series_rules.minutes_between(pattern["starts"], pattern["ends"])
    series_rules.check_pattern(pattern["week"], pattern["weekday"], pattern["every_months"], minutes)
    rules.check_where(pattern["mode"], pattern["place"], "")
    columns: dict[str, Any] = {name: value for name, value in pattern.items() if name != "ends"}
    return columns | {"starts": f"{pattern['starts']:%H:%M}", "minutes": minutes}


def _take(actor: Member, series: MeetingSeries) -> None:
    rules.check_scheduler(actor)
    queries.take(series)
    series_rules.check_going_on(series)


# --- meetings --------------------------------------------------------------------------------------------------------


def schedule_until(
    actor: Member, series: MeetingSeries, *, since: date, until: date, seen: Collection[date]
) -> list[Meeting]:
    """Drafts with the template agenda for the days that are not scheduled yet; `seen`: the days the person was shown.

    Raises Rejected when those are not the same any more. `series` has its items loaded.
    """
    _take(actor, series)
    series_rules.check_until(until, clock.today())
    found = series_rules.occurrences(series, since, until, queries.days(series))
    wanted = [occurrence.day for occurrence in found if not occurrence.is_scheduled]
    if wanted != sorted(seen):
        raise Rejected("The dates are not those you were shown any more. Check them again.", "until")
    return [_schedule(actor, series, day) for day in wanted]


def _schedule(actor: Member, series: MeetingSeries, day: date) -> Meeting:
    starts, ends = series_rules.times(series)
    meeting = scheduling.schedule(
        actor,
        title=series.title,
        kind=series.kind,
        theme_ids=[],
        day=day,
        starts=starts,
        ends=ends,
        is_second_hour=False,
        mode=series.mode,
        place=series.place,
        joining_link="",
        description="",
        marking=series.marking,
        is_chatham_house=series.is_chatham_house,
    )
    meeting.series_id = series.id
    same = ("position", "title", "lead", "minutes", "purpose")
    db.session.add_all(
        AgendaItem(meeting_id=meeting.id, paper="", **{name: getattr(item, name) for name in same})
        for item in series.items
    )
    db.session.flush()
    return meeting


# --- the template agenda ---------------------------------------------------------------------------------------------


def add_item(
    actor: Member, series: MeetingSeries, *, title: str, minutes: int, lead: str, purpose: Purpose
) -> SeriesItem:
    """A new item at the end of the template agenda."""
    _take(actor, series)
    rules.check_item(title, minutes)
    last = db.session.scalar(sa.select(sa.func.max(SeriesItem.position)).where(SeriesItem.series_id == series.id))
    item = SeriesItem(
        series_id=series.id, position=(last or 0) + 1, title=title, minutes=minutes, lead=lead, purpose=purpose
    )
    db.session.add(item)
    db.session.flush()
    history.note(actor, "added to the agenda", series, title=title)
    return item


def change_item(
    actor: Member, series: MeetingSeries, item: SeriesItem, *, title: str, minutes: int, lead: str, purpose: Purpose
) -> None:
    _take(actor, series)
    rules.check_item(title, minutes)
    item.title, item.minutes, item.lead, item.purpose = title, minutes, lead, purpose
    history.note(actor, "changed the agenda", series, title=title)


def remove_item(actor: Member, series: MeetingSeries, item: SeriesItem) -> None:
    """Take an item off the template agenda; those after it move up."""
    _take(actor, series)
    history.note(actor, "removed from the agenda", series, title=item.title)
    position = item.position
    db.session.delete(item)
    db.session.flush()
    _shift(series, SeriesItem.position > position, -1)


def move_item(actor: Member, series: MeetingSeries, item: SeriesItem, *, by: int, seen_at: int) -> bool:
    """Move an item up (`by` -1) or down (1) by one place; False when it is no longer where it was seen, or at an end."""
    _take(actor, series)
    db.session.refresh(item)
    if item.position != seen_at or not _shift(series, SeriesItem.position == item.position + by, -by):
        return False
    item.position += by
    history.note(actor, "moved on the agenda", series, title=item.title)
    return True


def _shift(series: MeetingSeries, which: sa.ColumnElement[bool], by: int) -> int:
    """Move the items at these positions; how many there were."""
    moved = (
        sa.update(SeriesItem)
        .where(SeriesItem.series_id == series.id, which)
        .values(position=SeriesItem.position + by)
        .returning(SeriesItem.id)
    )
    return len(db.session.execute(moved, execution_options={"synchronize_session": "fetch"}).all())
