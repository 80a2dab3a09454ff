"""Bank holidays of England and Wales, and working days.

The days of the Banking and Financial Dealings Act 1971 as they are kept now, with the days that a proclamation moved or
added. A day that is proclaimed in a later year is not known here.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_MOVED = {
    (2012, "Spring bank holiday"): date(2012, 6, 4),
    (2020, "Early May bank holiday"): date(2020, 5, 8),
    (2022, "Spring bank holiday"): date(2022, 6, 2),
}
_ADDED = {
    date(2011, 4, 29): "Wedding of Prince William",
    date(2012, 6, 5): "Diamond Jubilee",
    date(2022, 6, 3): "Platinum Jubilee",
    date(2022, 9, 19): "State Funeral of Queen Elizabeth II",
    date(2023, 5, 8): "Coronation of King Charles III",
}


def bank_holiday(day: date) -> str:
    """What this day is called; "" when it is not a bank holiday."""
    return _of_year(day.year).get(day, "")


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and not bank_holiday(day)


def working_days(day: date, number: int) -> date:
    """The working day so many working days after this day; before it when negative."""
    step = timedelta(days=1 if number > 0 else -1)
    for _ in range(abs(number)):
        day += step
        while not is_working_day(day):
            day += step
    return day


@cache
def _of_year(year: int) -> dict[date, str]:
    easter = _easter(year)
    usual = {
        "Good Friday": easter - timedelta(days=2),
        "Easter Monday": easter + timedelta(days=1),
        "Early May bank holiday": _first_monday(date(year, 5, 1)),
        "Spring bank holiday": _first_monday(date(year, 5, 25)),
        "Summer bank holiday": _first_monday(date(year, 8, 25)),
    }
    found = {_MOVED.get((year, name), day): name for name, day in usual.items()}
    for name, day in {
        "New Year’s Day": date(year, 1, 1),
        "Christmas Day": date(year, 12, 25),
        "Boxing Day": date(year, 12, 26),
    }.items():
        found[_kept_on(day)] = name
    return found | {day: name for day, name in _ADDED.items() if day.year == year}


def _kept_on(day: date) -> date:
    """At a weekend it is kept on the next day that is free; Boxing Day goes behind Christmas Day."""
    if day.month == 12:  # of the two days, the one at a weekend is kept two days later
        return day + timedelta(days=2) if day.weekday() >= 5 else day
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def _first_monday(day: date) -> date:
    """The first Monday on or after this day."""
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)
