"""Reading iCalendar files that others made (RFC 5545), whatever state they are in.

Half of the files met in practice break a rule: a zone nobody defined, an end that is no date, an event without a
calendar around it. What can be read is given with an exact moment, what cannot is named, and nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from forum.base import clock, files
from forum.base.errors import Rejected
from forum.base.richtext import plain

if TYPE_CHECKING:  # 0.1 s and 3 MB to import: only where a calendar is read
    from icalendar import Component

LARGEST = 1024 * 1024  # bytes
MOST = 500  # events
# A zone's rules are worked out date by date until 2038: one that changes every second would never end.
_HOSTILE_ZONE = re.compile(r"BEGIN:VTIMEZONE(?:(?!END:VTIMEZONE).)*?FREQ=(?!YEARLY)", re.IGNORECASE | re.DOTALL)


class OutsideDates(NamedTuple):
    """One event of a file. `zone` is what the file calls a zone nobody knows, "" when it names none; else None."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool
    place: str
    url: str
    zone: str | None
    is_repeating: bool


class Reading(NamedTuple):
    """What a file holds. `faults` say in words what could not be read."""

    events: list[OutsideDates]
    faults: list[str]

    @property
    def zones(self) -> list[str]:
        """The unknown zones the file names, "" for none: somebody must say which zone they are."""
        return sorted({event.zone for event in self.events if event.zone is not None})


Zones = Mapping[str, ZoneInfo]
"""Which zone is meant by each name of `Reading.zones`; London by those that are not in it."""


def read(data: bytes, name: str, zones: Zones = MappingProxyType({})) -> Reading:
    """The events of a file, with the zones of those whose zone it does not tell.

    Raises Rejected when it is no calendar, or holds nothing that can be read.
    """
    found, faults = [], []
    for number, component in enumerate(_events(data, name), 1):
        if number > MOST:
            raise Rejected(f"{name} holds more than {MOST} events. Export fewer of them and upload that file.")
        try:
            found.append(_event(component, zones))
        except _Fault as fault:
            faults.append(f"Event {number}{_named(component)}: {fault}")
    if not found:
        because = f" {faults[0]}" if faults else " It holds no event."
        raise Rejected(f"Nothing in {name} can be imported.{because}")
    return Reading(found, faults)


class _Fault(ValueError):
    """Why an event cannot be read."""


def _events(data: bytes, name: str) -> Iterator[Component]:
    text = files.decode(data)
    if text is None or "BEGIN:V" not in text.upper():
        raise Rejected(f"{name} is not a calendar. Upload a file that ends in .ics.")
    text = "\r\n".join(line for line in text.lstrip("\ufeff").splitlines() if line.strip())
    if not text.upper().startswith("BEGIN:"):
        raise Rejected(
            f"{name} does not begin as a calendar does. Save the attached .ics file by itself and upload it."
        )
    if _HOSTILE_ZONE.search(text):
        raise Rejected(f"{name} defines a time zone that changes more than once a year, so it cannot be read.")
    from icalendar import Component

    try:
        with warnings.catch_warnings(action="ignore"):
            parts: Any = Component.from_ical(text, multiple=True)
    except Exception:  # the parser has many ways to fail on what is no calendar; all mean the same
        raise Rejected(f"{name} is broken, and cannot be read as a calendar. Export it once more.") from None
    for part in parts:
        yield from part.walk("VEVENT")


def _event(component: Component, zones: Zones) -> OutsideDates:
    starts, unknown = _date(component, "DTSTART")
    if starts is None:
        raise _Fault("its start cannot be read.")
    zone = zones.get(unknown or "", clock.LONDON)
    starts_at = _moment(starts, zone)
    ends_at = max(_ends(component, starts, starts_at, zone), starts_at)
    title = _words(component, "SUMMARY")[:300] or "Without a title"
    return OutsideDates(
        uid=_words(component, "UID")[:300] or hashlib.sha256(f"{title}{starts_at}".encode()).hexdigest(),
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        is_all_day=not isinstance(starts, datetime),
        place=_words(component, "LOCATION")[:300],
        url=_address(_words(component, "URL")),
        zone=unknown,
        is_repeating="RRULE" in component or "RDATE" in component,
    )


def _ends(component: Component, starts: date, starts_at: datetime, zone: ZoneInfo) -> datetime:
    """By DTEND or DURATION; without either, a day for a date and no time at all for a moment (RFC 5545 §3.6.1)."""
    ends, _ = _date(component, "DTEND")
    if ends is not None:
        return _moment(ends, zone)
    length = getattr(_property(component, "DURATION"), "dt", None)
    if isinstance(length, timedelta) and timedelta() <= length < timedelta(days=366):
        return starts_at + length
    return starts_at if isinstance(starts, datetime) else _moment(_next_day(starts), zone)


def _next_day(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _date(component: Component, name: str) -> tuple[date | None, str | None]:
    """The date or time of a property, and what its zone is called when nobody knows that zone; None when it is none."""
    value = _property(component, name)
    when = getattr(value, "dt", None)
    if not isinstance(when, date) or not 1900 <= when.year <= 2200:
        return None, None
    is_floating = isinstance(when, datetime) and when.tzinfo is None
    return when, plain(str(value.params.get("TZID", "")))[:100] if is_floating else None


def _property(component: Component, name: str) -> Any:
    """The first value of this name that could be read."""
    from icalendar.prop import vBroken

    found = component.get(name)
    values = found if isinstance(found, list) else [found]
    return next((value for value in values if not isinstance(value, vBroken)), None)


def _moment(when: date, zone: ZoneInfo) -> datetime:
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=zone).astimezone(UTC)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)


def _words(component: Component, name: str) -> str:
    value = _property(component, name)
    return plain(str(value)) if value is not None else ""


def _address(words: str) -> str:
    return words if words.startswith(("https://", "http://")) and len(words) <= 500 else ""


def _named(component: Component) -> str:
    title = _words(component, "SUMMARY")
    return f" ({title[:60]})" if title else ""
