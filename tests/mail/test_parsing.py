"""Strangers' mail: whatever comes in gives an answer, soon, and the answer is right where the mail is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.inbox import Kind, Mail, calendars
from forum.meetings.commands import reading_replies
from tests.mail.replies import SERVER, calendar, mail, note, returned

WORDS = [
    *(
        b"BEGIN:VCALENDAR",
        b"END:VCALENDAR",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"METHOD:REPLY",
        b"ATTENDEE;",
        b"\r\n ",
        b"\r\n",
    ),
    *(
        b"UID:",
        b"DTSTAMP:99999999T999999Z",
        b"SEQUENCE:-1",
        b"mailto:",
        b";PARTSTAT=",
        b'"',
        b"\\",
        b"\0",
        b"\xff\xfe",
        b"=",
    ),
    *(
        b"From: ",
        b"To: ",
        b"Subject: =?utf-8?b?",
        b"?=",
        b"Content-Type: multipart/",
        b"boundary=",
        b"--b\r\n",
        b"\r\n\r\n",
    ),
    *(
        b"Content-Type: text/calendar; charset=",
        b"Content-Transfer-Encoding: base64",
        b"message/delivery-status",
        b"report",
    ),
    *(b"Authentication-Results: mx.forum.example; dmarc=", b"<", b">", b"@", b"(", b")", b";", b",", b"\x80", b"idna"),
]
SOUP = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=60).map(b"".join)


def look_at(raw: bytes) -> None:
    """Everything that is ever asked of a mail."""
    read = Mail(raw)
    for said in (read.message_id, read.subject, read.sender, read.text, *read.recipients, read.returned_message_id):
        said.encode()
        assert "\0" not in said or said in read.recipients
    assert read.kind in Kind
    assert len(read.digest) == 64
    assert isinstance(read.is_authentic(SERVER), bool)
    assert all(isinstance(block, dict) for block in read.status_blocks)
    reading_replies.understand(read.calendars)


@given(SOUP)
def test_no_mail_makes_us_stumble(raw):
    look_at(raw)


@given(SOUP)
def test_no_calendar_part_makes_us_stumble(content):
    look_at(mail("amina@cast.example", content))
    reading_replies.understand([content])
    calendars.read(b"BEGIN:VCALENDAR\r\n" + content)


@given(st.binary(max_size=300), st.integers(0, 600))
def test_no_damage_to_a_good_mail_makes_us_stumble(damage, at):
    raw = mail("amina@cast.example", calendar("uid", "amina@cast.example"))
    look_at(raw[:at] + damage + raw[at:])
    bounce = returned("bounce+1-0123456789abcdef@forum.example", "amina@cast.example")
    look_at(bounce[:at] + damage + bounce[at + len(damage) :])


HOSTILE = {
    "folds": b"BEGIN:VCALENDAR\r\n" + b"\r\n " * 21_000,
    "begins": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 4_500,
    "parameters": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE" + b';A="' * 16_000,
    "more parameters": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE" + b";A=b" * 16_000,
    "escapes": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nCOMMENT:" + b"\\n" * 32_000,
    "short lines": b"BEGIN:VCALENDAR\r\n" + b"A\n" * 32_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_calendar_made_to_keep_us_busy_does_not(content):
    content = content[: calendars.LARGEST]
    began = time.process_time()
    reading_replies.understand([content])
    assert time.process_time() - began < 0.1


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number) for number in range(5_000)
)
MAILS = {
    "parts within parts": NESTED,
    "an endless From": b"From: " + b"<(" * 400_000 + b"\r\n\r\n",
    "an endless subject": b"Subject: " + b"=?utf-8?q?=41?= " * 60_000 + b"\r\n\r\n",
    "an endless type": b"Content-Type: text/plain" + b"; a=(" * 200_000 + b"\r\n\r\n",
    "an endless type in quotes": b'Content-Type: text/plain; charset="' + b'\\"' * 300_000 + b"\r\n\r\n",
    "endless results": b"Authentication-Results: mx.forum.example; " + b"(" * 900_000 + b"\r\n\r\n",
    "many headers": b"To: a@b.example\r\n" * 50_000 + b"\r\n",
    "many short parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\n" * 120_000,
    "an endless address list": b"To: " + b"a@b.example, " * 70_000 + b"\r\n\r\n",
    "addresses without end": b"To: " + b"a" * 3_900 + b"\r\n" + b"Delivered-To: " + b"@" * 3_900 + b"\r\n\r\n",
    "a tag without end": b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
}


@pytest.mark.parametrize("raw", MAILS.values(), ids=MAILS)
def test_a_mail_made_to_keep_us_busy_does_not(raw):
    began = time.process_time()
    look_at(raw[: 1024 * 1024])
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (mail("a@b.example", calendar("uid", "a@b.example")), Kind.CALENDAR),
        (
            mail("a@b.example", calendar("uid", "a@b.example"), headers="Auto-Submitted: auto-replied\r\n"),
            Kind.CALENDAR,
        ),
        (returned("x@y.example", "a@b.example"), Kind.BOUNCE),
        (
            returned("x@y.example", "a@b.example").replace(b"delivery-status;", b"disposition-notification;"),
            Kind.AUTOMATIC,
        ),
        (note("a@b.example"), Kind.OTHER),
        (note("a@b.example", headers="Auto-Submitted: no\r\n"), Kind.OTHER),
        (note("a@b.example", headers="Auto-Submitted: auto-replied (vacation)\r\n"), Kind.AUTOMATIC),
        (note("a@b.example", headers="Return-Path: <>\r\n"), Kind.AUTOMATIC),
        (b"", Kind.OTHER),
    ],
)
def test_a_mail_is_told_by_its_shape(raw, kind):
    assert Mail(raw).kind is kind


def test_what_a_person_wrote_is_read_in_its_own_letters():
    read = Mail(
        "Subject: =?iso-8859-1?q?Caf=E9?=\r\nFrom: Si\u00e2n <SIAN@Police.example>\r\n\r\nHelo, Si\u00e2n".encode()
    )
    assert (read.subject, read.sender, read.text) == ("Café", "sian@police.example", "Helo, Siân")
    html = Mail(b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>Caf\xe9 <b>at</b> ten</p>")
    assert html.text.split() == ["Café", "at", "ten"]


def test_the_reader_of_calendars_sees_the_event_alone():
    content = calendar("uid", "amina@cast.example", more="BEGIN:VALARM\r\nUID:another\r\nEND:VALARM")
    zone = b"BEGIN:VTIMEZONE\r\nUID:zone\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    found = calendars.read(content.replace(b"BEGIN:VEVENT", zone))
    assert found is not None
    assert found.method == "REPLY"
    assert [line.text for line in found.events[0] if line.name == "UID"] == ["uid"]
    assert calendars.read(b"x" * (calendars.LARGEST + 1)) is None
