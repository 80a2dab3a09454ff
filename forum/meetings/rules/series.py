"""When the meetings of a series are, and who may keep it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from forum.base.errors import Rejected
from forum.meetings.models import MeetingSeries
from forum.meetings.rules import LONGEST_MEETING
from forum.meetings.rules.holidays import bank_holiday

WEEKS = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_AT_ONCE = 36  # meetings scheduled at once
FURTHEST = timedelta(days=5 * 366)


class Occurrence(NamedTuple):
    """A day on which the series would meet. `scheduled`: there is a meeting of the series in that month already."""

    day: date
    is_scheduled: bool
    holiday: str  # the bank holiday it falls on; "" on other days


def check_pattern(week: int, weekday: int, every_months: int, minutes: int) -> None:
    if week not in WEEKS or not 0 <= weekday <= 6:
        raise Rejected("Select a week and a day of the week", "week")
    if not 1 <= every_months <= 12:
        raise Rejected("Months must be between 1 and 12", "every_months")
    if not 1 <= minutes <= LONGEST_MEETING:
        raise Rejected("The end must be later than the start, by up to 12 hours, which may go past midnight", "ends")


def check_going_on(series: MeetingSeries) -> None:
    if series.ended_at is not None:
        raise Rejected("This series has ended, so no meetings can be added to it.")


def check_until(until: date, today: date) -> None:
    if until < today:
        raise Rejected("The date must be today or later", "until")
    if until - today > FURTHEST:
        raise Rejected("Schedule at most 5 years ahead", "until")


def occurrences(series: MeetingSeries, since: date, until: date, scheduled: Collection[date]) -> list[Occurrence]:
    """The days of this series from `since` to `until`; `scheduled`: the days of its meetings, the first of them first.

    Its months follow from the first meeting; without one, from the first day of its kind on or after `since`. A meeting
    that was moved still stands for its month.
    """
    months = {_month(day) for day in scheduled}
    anchor = _month(min(scheduled)) if scheduled else None
    found = []
    for month in range(_month(since), _month(until) + 1):
        day = _day_in(series, month)
        if not since <= day <= until:
            continue
        anchor = month if anchor is None else anchor
        if (month - anchor) % series.every_months == 0:
            found.append(Occurrence(day, month in months, bank_holiday(day)))
    return found[:MOST_AT_ONCE]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day_in(series: MeetingSeries, month: int) -> date:
    """The day of this series in a month, counted from year 0."""
    year, index = divmod(month, 12)
    first = date(year, index + 1, 1)
    if series.week > 0:
        return first + timedelta(days=(series.weekday - first.weekday()) % 7 + 7 * (series.week - 1))
    last = first.replace(day=monthrange(year, index + 1)[1])
    return last - timedelta(days=(last.weekday() - series.weekday) % 7)


def times(series: MeetingSeries) -> tuple[time, time]:
    """When its meetings start and end, as a clock in London shows."""
    starts = time.fromisoformat(series.starts)
    ends = datetime.combine(date(2000, 1, 1), starts) + timedelta(minutes=series.minutes)
    return starts, ends.time()


def minutes_between(starts: time, ends: time) -> int:
    """How long a meeting is; an end that is not later is on the next day."""
    between = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    return between if between > 0 else between + 24 * 60
