"""Meetings as calendar objects (RFC 5545, 5546): the invitation that is mailed, and the feed that is subscribed to.

Written by hand because the libraries write time zones as lists of dates, which Outlook ignores, and because the one
object we need is small. Rules that no RFC states, and that Outlook, Exchange or Gmail hold to: calendar properties
before the first component, the zone as two yearly rules, exactly one ATTENDEE (the recipient), the organiser equal
to the mail's From, the link inside DESCRIPTION.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from forum.base import clock
from forum.meetings.models import Meeting, Mode, Stage

Method = Literal["REQUEST", "CANCEL"]
Partstat = Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"]
Role = Literal["REQ-PARTICIPANT", "OPT-PARTICIPANT"]

LINE_OCTETS = 75  # RFC 5545 §3.1, the line end not counted
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_CALENDAR = ("BEGIN:VCALENDAR", "PRODID:-//EGVE Forum//Meetings//EN", "VERSION:2.0", "CALSCALE:GREGORIAN")
_LONDON = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/London",
    "BEGIN:DAYLIGHT",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0100",
    "TZNAME:BST",
    "DTSTART:19700329T010000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0000",
    "TZNAME:GMT",
    "DTSTART:19701025T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


class MeetingEntry(NamedTuple):
    """A meeting as a calendar shows it."""

    uid: str  # never changes
    sequence: int  # rises when the times change or the meeting is cancelled
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    description: str
    url: str  # the meeting's page, https
    is_cancelled: bool
    changed_at: datetime  # when anything of this last changed; only the feed shows it


def entry(meeting: Meeting, url: str, *, shows_link: bool) -> MeetingEntry:
    """This meeting for a calendar; `url` is that of its page, the joining link is for those invited."""
    link = meeting.online_link if shows_link else ""
    sensitive = f"This meeting is marked {meeting.marking.value}. Sign in to read about it."
    about = [sensitive if meeting.is_sensitive else meeting.description_as_text, f"Join online: {link}" if link else ""]
    return MeetingEntry(
        uid=meeting.ical_uid,
        sequence=meeting.ical_sequence,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=meeting.title,
        place=link if link and meeting.mode is Mode.ONLINE else meeting.where,
        description="\n\n".join(filter(None, about)),
        url=url,
        is_cancelled=meeting.stage is Stage.CANCELLED,
        changed_at=meeting.changed_at,
    )


class Person(NamedTuple):
    name: str
    address: str


class Prepared(NamedTuple):
    """An invitation but for whom it is to and when it was made: the rest is written once for everybody."""

    before: bytes
    between: bytes
    after: bytes
    method: Method

    def to(self, attendee: Person, partstat: Partstat, role: Role, stamped_at: datetime) -> bytes:
        """The finished calendar object for this person. `stamped_at` must rise with every message about a meeting."""
        stamp = _lines([f"DTSTAMP:{_utc(stamped_at)}"])
        return (
            self.before + stamp + self.between + _lines([_attendee(attendee, partstat, role, self.method)]) + self.after
        )


def prepare(entry: MeetingEntry, organizer: Person, method: Method) -> Prepared:
    """The invitation (REQUEST, also for an update) or cancellation of this meeting, to be made out to each person.

    `organizer` must be the mail's From, or Gmail and Exchange drop the buttons.
    """
    status = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
    organized = f"ORGANIZER;CN={_quoted(organizer.name or organizer.address)}:mailto:{organizer.address}"
    is_local = not (clock.london(entry.starts_at).fold and clock.london(entry.ends_at).fold)
    zone = _LONDON if is_local else ()  # a zone that nothing refers to has no business there
    return Prepared(
        before=_lines([*_CALENDAR, f"METHOD:{method}", *zone, *_identity(entry)]),
        between=_lines([*_details(entry), organized]),
        after=_lines([f"STATUS:{status}", "END:VEVENT", "END:VCALENDAR"]),
        method=method,
    )


def invitation(
    entry: MeetingEntry,
    organizer: Person,
    attendee: Person,
    partstat: Partstat,
    role: Role,
    stamped_at: datetime,
    method: Method,
) -> bytes:
    """The calendar object of one invitation, update or cancellation, as UTF-8 with CRLF lines."""
    return prepare(entry, organizer, method).to(attendee, partstat, role, stamped_at)


def feed(entries: Iterable[MeetingEntry], name: str) -> bytes:
    """A calendar to subscribe to: no method, no people; the same entries always give the same bytes."""
    head = (f"X-WR-CALNAME:{_escaped(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT4H", "X-PUBLISHED-TTL:PT4H")
    lines = [*_CALENDAR, *head, *_LONDON]
    for entry in entries:
        status = "CANCELLED" if entry.is_cancelled else "CONFIRMED"
        lines += [
            *_identity(entry),
            f"DTSTAMP:{_utc(entry.changed_at)}",
            *_details(entry),
            f"STATUS:{status}",
            "END:VEVENT",
        ]
    return _lines([*lines, "END:VCALENDAR"])


def _identity(entry: MeetingEntry) -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{entry.uid}", f"SEQUENCE:{entry.sequence}"]


def _details(entry: MeetingEntry) -> list[str]:
    # Calendars do not show URL, so the link is in the description too.
    description = entry.description if entry.url in entry.description else f"{entry.description}\n\n{entry.url}"
    return [
        f"DTSTART{_local(entry.starts_at)}",
        f"DTEND{_local(entry.ends_at)}",
        f"SUMMARY:{_escaped(' '.join(entry.title.split()))}",
        f"LOCATION:{_escaped(' '.join(entry.place.split()))}",
        f"DESCRIPTION:{_escaped(description.strip())}",
        f"URL:{entry.url}",
    ]


def _attendee(person: Person, partstat: Partstat, role: Role, method: Method) -> str:
    rsvp = "TRUE" if method == "REQUEST" else "FALSE"
    name = _quoted(person.name or person.address)
    return f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE={role};PARTSTAT={partstat};RSVP={rsvp};CN={name}:mailto:{person.address}"


def _local(moment: datetime) -> str:
    """;TZID=Europe/London:20270121T100000. The second of October's repeated hours can only be said in UTC."""
    local = clock.london(moment)
    return f":{_utc(moment)}" if local.fold else f";TZID=Europe/London:{local:%Y%m%dT%H%M%S}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545 §3.3.11)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _quoted(value: str) -> str:
    """A parameter value: there is no escape for a quotation mark in it."""
    return '"' + " ".join(_CONTROL.sub(" ", value).replace('"', "'").split()) + '"'


def _lines(lines: Iterable[str]) -> bytes:
    return b"".join(_folded(line.encode()) for line in lines)


def _folded(line: bytes) -> bytes:
    """The line and its CRLF, folded so that no line is over 75 octets and no character is cut."""
    pieces, room = [], LINE_OCTETS
    while len(line) > room:
        cut = room
        while line[cut] & 0xC0 == 0x80:  # inside a character
            cut -= 1
        pieces.append(line[:cut])
        line, room = line[cut:], LINE_OCTETS - 1
    return b"\r\n ".join([*pieces, line]) + b"\r\n"
