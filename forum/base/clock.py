"""The only place that asks what time it is, and the only one that knows the Forum's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in London."""
    return now().astimezone(LONDON).date()


def london(moment: datetime) -> datetime:
    """The same moment as people in London read it."""
    return moment.astimezone(LONDON)


def midnight(day: date) -> datetime:
    """The moment at which this date begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def moments_of(day: date, at: time) -> list[datetime]:
    """The moments a London clock shows this date and time.

    One on most days, two in the repeated hour of October, none in the missing hour of March.
    """
    candidates = (datetime.combine(day, at, LONDON).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    naive = datetime.combine(day, at)
    return sorted({moment for moment in candidates if london(moment).replace(tzinfo=None) == naive})


@lru_cache(maxsize=2048)  # lists show the same dates over and over
def show_date(value: date | datetime) -> str:
    """15 November 2016."""
    day = london(value).date() if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def show_day(value: date | datetime) -> str:
    """Tuesday 15 November 2016."""
    day = london(value).date() if isinstance(value, datetime) else value
    return f"{day:%A} {show_date(day)}"


def show_time(value: datetime | time) -> str:
    """10:30am, 1pm, midday, midnight."""
    at = london(value).time() if isinstance(value, datetime) else value
    if (at.hour, at.minute) == (12, 0):
        return "midday"
    if (at.hour, at.minute) == (0, 0):
        return "midnight"
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def show_moment(value: datetime) -> str:
    """15 November 2016 at 10:30am."""
    return f"{show_date(value)} at {show_time(value)}"


def show_times(start: datetime, end: datetime) -> str:
    """1pm to 4:30pm; 10pm to midnight; past midnight the second date is given too."""
    ends = london(end)
    is_midnight = ends.time() == time() and end - start <= timedelta(days=1)
    if london(start).date() == ends.date() or is_midnight:
        return f"{show_time(start)} to {show_time(end)}"
    return f"{show_time(start)} to {show_time(end)} on {show_date(end)}"
