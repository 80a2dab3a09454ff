"""Every message of a meeting's life is clean under the checker, whatever is in its names and whenever it takes place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import icalendar
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from forum.base.letters import build
from forum.meetings.exports import MeetingEntry, Person, feed, invitation, prepare
from tests.base.letters import HTML, ORGANIZER, PAGE, fields, row
from tests.mail.check_invite import problems

ENTRY = MeetingEntry(
    uid="1c3f2f8e-6c0e-4b43-9a0b-5b6d7f0d9c11@egve-forum.example",
    sequence=0,
    starts_at=datetime(2027, 1, 21, 10, tzinfo=UTC),
    ends_at=datetime(2027, 1, 21, 12, tzinfo=UTC),
    title="EGVE Forum: mental health; exploitation, and support",
    place="2 Marsham Street, London (or online)",
    description=f"1. Welcome; 2. Pathways, for children.\nMore: {PAGE}",
    url=PAGE,
    is_cancelled=False,
    changed_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
)
SIAN = Person('Siân Ŵyn-Jones, "SWP" 🎉', "sian.jones@swp.example")


def mailed(entry: MeetingEntry, person: Person = SIAN, method="REQUEST", partstat="NEEDS-ACTION", later=0) -> bytes:
    """The whole message about this meeting to this person, `later` minutes after the first."""
    at = datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(minutes=later)
    title = " ".join(entry.title.split())
    with time_machine.travel(at, tick=False):
        written = fields(
            key=f"{method}:{entry.sequence}:{later}",
            to_name=person.name,
            to_address=person.address,
            subject=f"Invitation: {title}, 21 January 2027",
            text=f"{title}\n\nReply: {PAGE}\n",
            html=HTML.format("Invitation", PAGE),
            calendar=invitation(entry, ORGANIZER, person, partstat, "REQ-PARTICIPANT", at, method),
            method=method,
        )
        return build(row(written))


def unfolded(data: bytes) -> list[str]:
    return data.replace(b"\r\n ", b"").decode().split("\r\n")


@pytest.mark.parametrize(
    "starts_at",
    [
        datetime(2027, 1, 21, 10, tzinfo=UTC),  # GMT
        datetime(2027, 7, 1, 9, tzinfo=UTC),  # BST
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC),  # the hour before the clocks go forward, ends after
        datetime(2027, 3, 28, 12, tzinfo=UTC),
        datetime(2027, 10, 30, 23, 30, tzinfo=UTC),  # 00:30 BST, ends in the second 1:30 of the night
        datetime(2027, 10, 31, 14, tzinfo=UTC),
    ],
)
def test_an_invitation_is_clean_on_every_kind_of_day(starts_at):
    entry = ENTRY._replace(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    assert problems(mailed(entry)) == []


@pytest.mark.parametrize(
    "name",
    ['"', "", "O'Neill, Bríd", "Llŷr ap Gŵyn", "👩‍👩‍👧‍👧" * 20, "a:b;c=d", "x" * 200, "line\r\nBcc: z"],
)
def test_an_invitation_is_clean_with_any_name(name):
    assert problems(mailed(ENTRY, Person(name, "brid@nhs.example"))) == []


@pytest.mark.parametrize(
    "title",
    [
        "Ŵ" * 120,
        "🎉" * 60,
        "back\\slash, comma; semicolon",
        "tab\there\r\nand a line",
        "=?utf-8?q?trick?=",
        "y" * 400,
    ],
)
def test_an_invitation_is_clean_with_any_title(title):
    assert problems(mailed(ENTRY._replace(title=title, place=title, description=title))) == []


def test_a_meeting_is_followed_through_its_life():
    first = mailed(ENTRY)
    moved = ENTRY._replace(
        sequence=1, starts_at=ENTRY.starts_at + timedelta(days=90), ends_at=ENTRY.ends_at + timedelta(days=90)
    )
    update = mailed(moved, later=1)
    details = mailed(moved._replace(place="Online"), partstat="ACCEPTED", later=2)
    cancelled = mailed(moved._replace(sequence=2, is_cancelled=True), method="CANCEL", later=3)
    chain = [first, update, details, cancelled]
    assert [problems(new, previous=old) for old, new in pairwise(chain)] == [[], [], []]


def test_an_update_without_a_new_sequence_is_seen_by_the_checker():
    moved = ENTRY._replace(starts_at=ENTRY.starts_at + timedelta(hours=1))
    assert any("U05" in words for words in problems(mailed(moved, later=1), previous=mailed(ENTRY)))


def test_the_calendar_object_line_by_line():
    """Literal, so that no reader of ours can agree with our writer's mistake."""
    stamped_at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    person = Person("Amina Rowan", "amina@police.example")
    data = invitation(ENTRY, ORGANIZER, person, "TENTATIVE", "OPT-PARTICIPANT", stamped_at, "REQUEST")
    lines = unfolded(data)
    assert lines[:5] == [
        "BEGIN:VCALENDAR",
        "PRODID:-//EGVE Forum//Meetings//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]
    assert lines[lines.index("BEGIN:VEVENT") :] == [
        "BEGIN:VEVENT",
        "UID:1c3f2f8e-6c0e-4b43-9a0b-5b6d7f0d9c11@egve-forum.example",
        "SEQUENCE:0",
        "DTSTAMP:20261122T090000Z",
        "DTSTART;TZID=Europe/London:20270121T100000",
        "DTEND;TZID=Europe/London:20270121T120000",
        "SUMMARY:EGVE Forum: mental health\\; exploitation\\, and support",
        "LOCATION:2 Marsham Street\\, London (or online)",
        f"DESCRIPTION:1. Welcome\\; 2. Pathways\\, for children.\\nMore: {PAGE}",
        f"URL:{PAGE}",
        'ORGANIZER;CN="EGVE Forum secretariat":mailto:forum@egve-forum.example',
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=OPT-PARTICIPANT;PARTSTAT=TENTATIVE;RSVP=TRUE;"
        'CN="Amina Rowan":mailto:amina@police.example',
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_description_without_the_link_gets_it():
    data = prepare(ENTRY._replace(description="Bring your papers."), ORGANIZER, "REQUEST").between
    assert f"DESCRIPTION:Bring your papers.\\n\\n{PAGE}" in unfolded(data)


def test_the_feed_names_nobody_and_keeps_the_cancelled():
    off = ENTRY._replace(uid="two@egve-forum.example", is_cancelled=True, sequence=1)
    data = feed([ENTRY, off], "Siân's Forum, meetings")
    text = data.decode()
    assert "METHOD" not in text
    assert "ATTENDEE" not in text
    assert "ORGANIZER" not in text
    assert "mailto" not in text
    calendar = icalendar.Calendar.from_ical(data)
    entries = list(calendar.walk("VEVENT"))
    assert [str(entry["STATUS"]) for entry in entries] == ["CONFIRMED", "CANCELLED"]
    assert [entry["DTSTART"].dt for entry in entries] == [ENTRY.starts_at, ENTRY.starts_at]
    assert "X-WR-CALNAME:Siân's Forum\\, meetings" in unfolded(data)
    assert data == feed([ENTRY, off], "Siân's Forum, meetings")
    assert max(map(len, data.split(b"\r\n"))) <= 75


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_whatever_is_typed_comes_back_and_makes_no_line_of_its_own(title, description, name):
    entry = ENTRY._replace(title=title, description=description)
    data = invitation(
        entry, ORGANIZER, Person(name, "a@b.example"), "NEEDS-ACTION", "REQ-PARTICIPANT", ENTRY.changed_at, "REQUEST"
    )
    assert all(len(line) <= 75 and line.decode() is not None for line in data.split(b"\r\n"))
    names = [line.split(":")[0].split(";")[0] for line in unfolded(data)]
    assert names.count("ATTENDEE") == names.count("SUMMARY") == names.count("METHOD") == 1
    assert len(names) == len(
        unfolded(invitation(ENTRY, ORGANIZER, SIAN, "ACCEPTED", "REQ-PARTICIPANT", ENTRY.changed_at, "REQUEST"))
    )
