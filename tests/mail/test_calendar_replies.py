"""Answers from calendars: recorded when they are surely the person's, and otherwise left to the secretariat."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import inbox
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.inbox import Verdict
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import inviting, reading_replies
from forum.meetings.models import Answer, AnswerSource, InvitationReply, Meeting, Mode, Place
from forum.meetings.rules import NO, ONLINE
from forum.members.commands import aliases, keeping
from tests import builders
from tests.mail.replies import SERVER, calendar, mail
from tests.meetings import builders as meetings

NOW = datetime(2026, 12, 10, 9, tzinfo=UTC)


class Room(NamedTuple):
    meeting: Meeting
    amina: builders.Cast
    cast: builders.Cast

    def reply(
        self, attendee: str = "amina@cast.example", partstat: str = "ACCEPTED", sender: str = "", **more
    ) -> bytes:
        """The mail Amina's calendar sends; `more` goes to the mail (`dmarc`, `number` …) or to its calendar part."""
        of_mail = {name: more.pop(name) for name in ("dmarc", "server", "headers", "number") if name in more}
        uid = more.pop("uid", self.meeting.ical_uid)
        return mail(sender or attendee, calendar(uid, attendee, partstat, **more), **of_mail)

    def stored(self):
        return meetings.stored(self.meeting, self.cast.amina)

    def is_untouched(self) -> bool:
        return self.stored().answer is None and not db.session.scalar(sa.select(sa.func.count(InvitationReply.id)))


@pytest.fixture
def room(inside, cast):
    """A hybrid meeting that everybody is invited to, in the weeks before it; our mail server has a name."""
    inside.config["MAIL_AUTHSERV_ID"] = SERVER
    with time_machine.travel(meetings.BEFORE, tick=False):
        meeting = meetings.meeting(cast.sita)
        meetings.invite(cast.sita, meeting)
    with time_machine.travel(NOW, tick=False):
        yield Room(meeting, cast.amina, cast)
    inside.config["MAIL_AUTHSERV_ID"] = ""


def moved(room: Room) -> None:
    """The meeting is another day, and those invited know: their entries have SEQUENCE 1."""
    with transaction():
        room.meeting.starts_at += timedelta(days=7)
        room.meeting.ends_at += timedelta(days=7)
        room.meeting.ical_sequence += 1
        room.meeting.version += 1
        db.session.execute(sa.text("UPDATE invitation SET sent_sequence = 1, sent_version = sent_version + 1"))


# --- what is recorded ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("partstat", "answer", "mode"),
    [("ACCEPTED", Answer.YES, Mode.IN_PERSON), ("DECLINED", Answer.NO, None), ("TENTATIVE", Answer.MAYBE, None)],
)
def test_an_answer_from_a_calendar_counts_like_any_other(room, partstat, answer, mode):
    received = inbox.take_in(room.reply(partstat=partstat, comment="On leave\\, sorry"))
    assert received.verdict is Verdict.RECORDED
    invitation = room.stored()
    assert (invitation.answer, invitation.mode) == (answer, mode)
    assert invitation.calendar_stamp == datetime(2026, 12, 2, 10, tzinfo=UTC)
    (reply,) = queries.replies(invitation)
    assert (reply.source, reply.note, reply.recorded_by) == (AnswerSource.CALENDAR, "On leave, sorry", "Amina Rowan")
    kept = inbox.find(received.number)
    assert (kept.about, kept.member_id) == (f"meeting:{room.meeting.id}", room.cast.amina.id)


def test_who_said_how_they_come_still_comes_that_way(room):
    meetings.answer(room.cast.amina, room.meeting, ONLINE)
    meetings.answer(room.cast.amina, room.meeting, NO)
    assert inbox.take_in(room.reply(stamp="20261210T091000Z")).verdict is Verdict.RECORDED
    assert room.stored().mode is Mode.ONLINE


@pytest.mark.parametrize(
    "more",
    [
        {"organizer": ""},
        {"line_end": "\n"},
        {"sequence": None},
        {"sequence": 7},
        {"attendee": "AMINA@Cast.Example"},
        {"sender": "Amina Rowan <Amina@CAST.example>"},
        {"sender": '"Rowan, Amina" <amina@cast.example>'},
        {"stamp": "20261210T230000Z"},
    ],
)
def test_what_calendars_differ_in_is_put_up_with(room, more):
    assert inbox.take_in(room.reply(**more)).verdict is Verdict.RECORDED
    assert room.stored().answer is Answer.YES


def test_lines_folded_anywhere_and_names_in_any_case_are_read(room):
    content = calendar(room.meeting.ical_uid, "amina@cast.example", "DECLINED").decode()
    content = (
        content.replace("METHOD", "method")
        .replace("DTSTAMP", "dtstamp")
        .replace("PARTSTAT=DECLINED", "partstat=declined")
    )
    folded = "".join(
        f"{letter}\r\n " if at % 7 == 3 and letter not in "\r\n" else letter for at, letter in enumerate(content)
    )
    assert inbox.take_in(mail("amina@cast.example", folded.encode())).verdict is Verdict.RECORDED
    assert room.stored().answer is Answer.NO


def test_another_address_counts_once_the_secretariat_has_added_it(room):
    first = inbox.take_in(room.reply("amina@essex.example"))
    assert first.verdict is Verdict.QUEUED
    assert room.is_untouched()
    with transaction():
        aliases.add(room.cast.sita, room.cast.amina, " Amina@Essex.example")
    assert inbox.take_in(room.reply("amina@essex.example", number=2)).verdict is Verdict.RECORDED
    assert (
        inbox.take_in(room.reply(sender="amina@essex.example", stamp="20261203T100000Z", number=3)).verdict
        is Verdict.RECORDED
    )


def test_the_same_mail_twice_is_one(room):
    first, second = inbox.take_in(room.reply()), inbox.take_in(b"Received: by another way\r\n" + room.reply())
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.number, first.verdict) == (second.number, second.verdict)
    assert len(queries.replies(room.stored())) == 1
    odd = [inbox.take_in(raw).is_new for raw in (b"", b"no mail at all", b"nor this")]
    assert odd == [True, True, True]


def test_where_places_are_limited_a_yes_from_a_calendar_waits_like_any_other(room):
    with transaction():
        db.session.execute(sa.text("UPDATE meeting SET capacity = 1"))
    for number, who in enumerate(("bryn@cast.example", "amina@cast.example"), 1):
        assert inbox.take_in(room.reply(who, number=number)).verdict is Verdict.RECORDED
    assert meetings.stored(room.meeting, room.cast.bryn).place is Place.TAKEN
    assert room.stored().place is Place.WAITING


# --- what is too old -------------------------------------------------------------------------------------------------


def test_an_older_answer_that_arrives_late_changes_nothing(room):
    inbox.take_in(room.reply(partstat="DECLINED"))
    for number, stamp in enumerate(("20261202T095959Z", "20261202T100000Z"), 2):
        assert inbox.take_in(room.reply(stamp=stamp, number=number)).verdict is Verdict.STALE
    assert room.stored().answer is Answer.NO


def test_an_answer_given_otherwise_in_the_meantime_stands(room):
    meetings.answer(room.cast.amina, room.meeting, NO)
    assert inbox.take_in(room.reply(stamp="20261210T085959Z")).verdict is Verdict.STALE
    assert room.stored().answer is Answer.NO


def test_who_answered_for_the_earlier_date_is_asked_again_once(room):
    moved(room)
    for number in (1, 2):
        received = inbox.take_in(room.reply(number=number, stamp=f"2026120{number}T100000Z"))
        assert received.verdict is Verdict.STALE
        assert "They have been asked again" in received.words
    assert room.is_untouched()
    (letter,) = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("asked-again")))
    assert (letter.to_address, letter.calendar, letter.subject) == (
        "amina@cast.example",
        None,
        "Please answer again: EGVE Forum: mental health, 27 January 2027",
    )
    assert "/reply/" in letter.text
    assert inbox.take_in(room.reply(sequence=1, number=3)).verdict is Verdict.RECORDED


def test_nobody_is_asked_about_a_date_they_were_not_told(room):
    moved(room)
    with transaction():
        db.session.execute(sa.text("UPDATE invitation SET sent_sequence = 0, sent_version = sent_version - 1"))
    assert "when they are told" in inbox.take_in(room.reply()).words
    assert db.session.scalar(sa.select(Letter.id).where(Letter.key.startswith("asked-again"))) is None


# --- what a person decides -------------------------------------------------------------------------------------------

ODD = {
    "a colleague answers for them": {"sender": "boss@cast.example"},
    "somebody who is not invited": {"attendee": "x@y.example"},
    "DMARC failed": {"dmarc": "fail"},
    "DMARC not asked": {"dmarc": None},
    "another server's word": {"server": "mx.elsewhere.example"},
    "another domain's pass": {
        "dmarc": None,
        "headers": f"Authentication-Results: {SERVER}; dmarc=pass header.from=evil.example\r\n",
    },
    "a pass in a comment": {"dmarc": None, "headers": f"Authentication-Results: {SERVER}; spf=none (; dmarc=pass)\r\n"},
    "a pass in quotes": {
        "dmarc": None,
        "headers": f'Authentication-Results: {SERVER}; spf=none reason="; dmarc=pass"\r\n',
    },
    "a pass below a fail": {"dmarc": "pass", "headers": "", "sender": "", "server": SERVER, "above": "fail"},
    "another time proposed": {"method": "COUNTER"},
    "an invitation": {"method": "REQUEST"},
    "passed on": {"partstat": "DELEGATED"},
    "no answer": {"partstat": "NEEDS-ACTION"},
    "no date": {"stamp": None},
    "a local date": {"stamp": "20261202T100000"},
    "a date to come": {"stamp": "20991202T100000Z"},
    "no meeting of ours": {"uid": "another@calendar.example"},
    "two people": {"more": "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bryn@cast.example"},
    "no version": {"sequence": "one"},
    "two senders": {"sender": "amina@cast.example, bryn@cast.example"},
}


@pytest.mark.parametrize("more", ODD.values(), ids=ODD)
def test_what_is_not_surely_theirs_waits_for_the_secretariat(room, more):
    more = dict(more)
    above = more.pop("above", None)
    raw = room.reply(**more)
    if above:
        raw = f"Authentication-Results: {SERVER}; dmarc={above} header.from=cast.example\r\n".encode() + raw
    received = inbox.take_in(raw)
    assert received.verdict is Verdict.QUEUED, received.words
    assert received.words
    assert room.is_untouched()
    assert inbox.waiting() == 1


def test_without_a_server_of_ours_nothing_is_believed(room, inside):
    inside.config["MAIL_AUTHSERV_ID"] = ""
    assert inbox.take_in(room.reply()).verdict is Verdict.QUEUED
    assert room.is_untouched()


def test_two_calendar_parts_or_two_events_are_no_answer(room):
    raw = room.reply()
    part = raw[raw.index(b"------=_a\r\nContent-Type: text/calendar") : raw.index(b"------=_a--")]
    assert inbox.take_in(raw.replace(b"------=_a--", part + b"------=_a--")).verdict is Verdict.QUEUED
    content = calendar(room.meeting.ical_uid, "amina@cast.example")
    event = content[content.index(b"BEGIN:VEVENT") : content.index(b"END:VCALENDAR")]
    twice = content.replace(b"END:VCALENDAR", event + b"END:VCALENDAR")
    assert inbox.take_in(mail("amina@cast.example", twice, number=2)).verdict is Verdict.QUEUED
    assert room.is_untouched()


def test_what_is_over_cancelled_or_withdrawn_is_said_in_words(room):
    with time_machine.travel(meetings.AFTER, tick=False):
        assert "is over" in inbox.take_in(room.reply()).words
    invitation = queries.invitation(room.meeting, room.cast.amina.id)
    with transaction():
        inviting.withdraw(room.cast.sita, room.meeting, invitation, "By mistake")
    assert "withdrawn" in inbox.take_in(room.reply(number=2)).words
    assert room.is_untouched()


def test_who_has_left_answers_no_more(room):
    with transaction():
        inviting.withdraw_all(room.cast.sita, room.cast.amina, "Left")
        keeping.leave(room.cast.sita, room.cast.amina, date(2026, 12, 9))
    assert inbox.take_in(room.reply()).verdict is Verdict.QUEUED


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_mail", [True, False])
def test_the_secretariat_can_read_in_a_reply_it_was_sent(room, as_mail):
    content = calendar(room.meeting.ical_uid, "amina@cast.example")
    data = mail("boss@cast.example", content, dmarc=None) if as_mail else b"\xef\xbb\xbf" + content
    with transaction():
        reading = reading_replies.read_file(room.cast.sita, data)
    assert reading.verdict is Verdict.RECORDED
    (reply,) = queries.replies(room.stored())
    assert (reply.source, reply.recorded_by) == (AnswerSource.SECRETARIAT, "Sita Curlew")
    assert reply.answered_at == datetime(2026, 12, 2, 10, tzinfo=UTC)
    with transaction():
        assert reading_replies.read_file(room.cast.sita, data).verdict is Verdict.STALE


def test_a_file_that_is_no_answer_is_refused_in_words(room):
    with pytest.raises(Rejected, match="no calendar entry"), transaction():
        reading_replies.read_file(room.cast.sita, b"From: a@b.example\r\n\r\nI will come")
    with pytest.raises(NotAllowed), transaction():
        reading_replies.read_file(room.cast.amina, calendar(room.meeting.ical_uid, "amina@cast.example"))


def test_a_reply_costs_the_same_however_many_are_invited(app, cast, statements):
    app.config["MAIL_AUTHSERV_ID"] = SERVER
    seen_by_size = []
    with app.app_context():
        for size in (0, 250):
            if size:
                meetings.crowd(size)
            with time_machine.travel(meetings.BEFORE, tick=False):
                meeting = meetings.meeting(cast.sita, starts=time(9), ends=time(10))
                meetings.invite(cast.sita, meeting)
            with time_machine.travel(NOW, tick=False), statements() as seen:
                raw = mail("amina@cast.example", calendar(meeting.ical_uid, "amina@cast.example"), number=size)
                assert inbox.take_in(raw).verdict is Verdict.RECORDED
            seen_by_size.append(len(seen))
    app.config["MAIL_AUTHSERV_ID"] = ""
    assert seen_by_size[0] == seen_by_size[1] <= 16, seen
