"""Calendar files of others: read as far as they can be, asked about where they cannot, never guessed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.base.calendar_files import read
from forum.base.errors import Rejected


def calendar(*lines: str, around: bool = True) -> bytes:
    event = ["BEGIN:VEVENT", "UID:1@forum.example", "SUMMARY:Regional meeting", *lines, "END:VEVENT"]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", *event, "END:VCALENDAR"] if around else event
    return "\r\n".join(whole).encode()


@pytest.mark.parametrize(
    ("start", "moment"),
    [
        ("DTSTART:20170314T103000Z", datetime(2017, 3, 14, 10, 30, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/London:20160712T130000", datetime(2016, 7, 12, 12, tzinfo=UTC)),
        ("DTSTART;TZID=America/New_York:20160712T130000", datetime(2016, 7, 12, 17, tzinfo=UTC)),
        ("DTSTART;TZID=Romance Standard Time:20160712T130000", datetime(2016, 7, 12, 11, tzinfo=UTC)),
        ("DTSTART;VALUE=DATE:20160712", datetime(2016, 7, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_start_is_an_exact_moment(start, moment):
    assert [event.starts_at for event in read(calendar(start), "a.ics").events] == [moment]


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("DTSTART:20160712T130000", ""),
        ('DTSTART;TZID="tzone://Microsoft/Custom":20160712T130000', "tzone://Microsoft/Custom"),
    ],
)
def test_a_zone_nobody_knows_is_asked_for(start, zone):
    reading = read(calendar(start), "a.ics")
    assert reading.zones == [zone]
    told = read(calendar(start), "a.ics", {zone: ZoneInfo("Europe/Paris")})
    assert told.events[0].starts_at == datetime(2016, 7, 12, 11, tzinfo=UTC)


def test_what_has_no_calendar_around_it_is_read_all_the_same():
    [event] = read("\ufeff".encode() + calendar("DTSTART:20170314T103000Z", "DURATION:PT90M", around=False), "a").events
    assert event.ends_at == datetime(2017, 3, 14, 12, tzinfo=UTC)


def test_the_end_is_never_before_the_start():
    [event] = read(calendar("DTSTART:20170314T103000Z", "DTEND:20170313T103000Z"), "a.ics").events
    assert event.ends_at == event.starts_at


def test_an_event_that_cannot_be_read_is_named_and_the_others_are_kept():
    broken = calendar("DTSTART:20170314T1030")
    good = calendar("DTSTART:20170314T103000Z")
    reading = read(good + b"\r\n" + broken, "a.ics")
    assert len(reading.events) == 1
    assert reading.faults == ["Event 2 (Regional meeting): its start cannot be read."]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not a calendar"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not a calendar"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR", "It holds no event"),
        (b"From: a@b.example\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR", "Save the attached .ics file by itself"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "Nothing in a.ics can be imported"),
        (
            b"\r\n".join(
                [
                    b"BEGIN:VCALENDAR",
                    *[b"BEGIN:VEVENT\r\nDTSTART:20170314T103000Z\r\nEND:VEVENT"] * 501,
                    b"END:VCALENDAR",
                ]
            ),
            "500",
        ),
    ],
)
def test_what_is_no_calendar_is_refused_in_words(data, words):
    with pytest.raises(Rejected, match=words):
        read(data, "a.ics")


def test_a_zone_that_changes_every_second_does_not_keep_us_busy():
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Busy\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\n"
        "TZOFFSETTO:+0000\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    data = calendar("DTSTART;TZID=Busy:20170314T103000").replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    began = time.monotonic()
    with pytest.raises(Rejected, match="more than once a year"):
        read(data, "a.ics")
    assert time.monotonic() - began < 1


LINES = st.sampled_from(
    ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", "DTSTART:20170314T103000Z", "DTEND:99999999",
     "DTSTART;VALUE=DATE:00010101", "DURATION:-P1D", "SUMMARY:\x00", "UID:", "DTSTART;TZID=:20170314T103000",
     "RRULE:FREQ=SECONDLY", "BEGIN:VTIMEZONE", "TZID:X", "END:VTIMEZONE", ":", ";", "DTSTART;X"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES | st.text(max_size=30), max_size=15).map("\r\n".join))
def test_no_file_is_too_broken_to_be_answered(text):
    try:
        reading = read(text.encode("utf-8", "replace"), "a.ics")
    except Rejected:
        return
    assert all(event.starts_at <= event.ends_at for event in reading.events)
