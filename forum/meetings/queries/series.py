"""Reading series of meetings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.history import HistoryLine
from forum.base.words import plural
from forum.meetings.models import Meeting, MeetingSeries, SeriesItem, Stage
from forum.meetings.rules.series import WEEKDAYS, WEEKS
from forum.members.models import Member


class SeriesRow(NamedTuple):
    """A series with how many meetings of it there are, and when the next one is."""

    series: MeetingSeries
    meetings: int
    next_at: datetime | None


def every() -> list[SeriesRow]:
    """Every series, those that go on first. One statement."""
    to_come = sa.case((sa.and_(Meeting.ends_at > clock.now(), Meeting.stage != Stage.CANCELLED), Meeting.starts_at))
    wanted = (
        sa.select(MeetingSeries, sa.func.count(Meeting.id), sa.func.min(to_come))
        .outerjoin(Meeting, Meeting.series_id == MeetingSeries.id)
        .group_by(MeetingSeries.id)
        .order_by(MeetingSeries.ended_at.is_not(None), MeetingSeries.title, MeetingSeries.id)
    )
    return [SeriesRow(*row) for row in db.session.execute(wanted)]


def get(number: int) -> MeetingSeries:
    """The series with this number, with its template agenda. Raises NotFound. Two statements."""
    found = db.session.scalar(
        sa.select(MeetingSeries).where(MeetingSeries.id == number).options(selectinload(MeetingSeries.items))
    )
    if found is None:
        raise NotFound("There is no series with this number.")
    return found


def take(series: MeetingSeries) -> None:
    """Read the series anew, and keep others from changing it or scheduling from it until this transaction ends."""
    db.session.refresh(series, [column.key for column in sa.inspect(MeetingSeries).column_attrs], with_for_update=True)


def by_form_key(form_key: str) -> MeetingSeries | None:
    return db.session.scalar(sa.select(MeetingSeries).where(MeetingSeries.form_key == form_key))


def item(series: MeetingSeries, number: int) -> SeriesItem:
    """This item of the template agenda. Raises NotFound."""
    found = db.session.scalar(sa.select(SeriesItem).where(SeriesItem.id == number, SeriesItem.series_id == series.id))
    if found is None:
        raise NotFound("This item is not on the agenda. It may have been removed.")
    return found


class OfSeriesRow(NamedTuple):
    """A meeting of a series."""

    id: int
    title: str
    stage: Stage
    starts_at: datetime
    ends_at: datetime

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"


def newest(series: MeetingSeries, size: int = 20) -> list[OfSeriesRow]:
    """The meetings of this series, the latest first. One statement."""
    wanted = (
        sa.select(Meeting.id, Meeting.title, Meeting.stage, Meeting.starts_at, Meeting.ends_at)
        .where(Meeting.series_id == series.id)
        .order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    )
    return [OfSeriesRow._make(row) for row in db.session.execute(wanted.limit(size))]


def days(series: MeetingSeries) -> list[date]:
    """The days in London of all meetings of this series, cancelled ones too. One statement."""
    wanted = sa.select(Meeting.starts_at).where(Meeting.series_id == series.id).order_by(Meeting.starts_at)
    return [clock.london(starts_at).date() for starts_at in db.session.scalars(wanted)]


def who_changed(series: MeetingSeries) -> str:
    """Who changed the series last, by name."""
    last = (
        sa.select(Member.name)
        .join(HistoryLine, HistoryLine.actor_id == Member.id)
        .where(HistoryLine.thing_kind == series.__tablename__, HistoryLine.thing_id == series.id)
        .order_by(HistoryLine.id.desc())
    )
    return db.session.scalar(last.limit(1)) or "Somebody else"


def in_words(series: MeetingSeries) -> str:
    """ "First Tuesday of every 3 months at 10:30am for 4 hours 30 minutes"."""
    every = "month" if series.every_months == 1 else f"{series.every_months} months"
    at = clock.show_time(time.fromisoformat(series.starts))
    day = f"{WEEKS[series.week]} {WEEKDAYS[series.weekday]}"
    return f"{day} of every {every} at {at} for {' '.join(_length(series.minutes))}"


def _length(minutes: int) -> Iterator[str]:
    if minutes >= 60:
        yield plural(minutes // 60, "hour")
    if minutes % 60:
        yield plural(minutes % 60, "minute")
