"""What goes out about a meeting: updates that wait for second thoughts, and mailings the worker writes in parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import orm

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.errors import Rejected
from forum.base.letters import Kind, Letter, State
from forum.meetings import queries
from forum.meetings.commands import inviting, ordering, scheduling, telling
from forum.meetings.commands.mailing import Addressee, Mailing, partstat_of
from forum.meetings.models import Answer, AnswerSource, Invitation, MailingOrder, Meeting, Mode, Place, Telling
from forum.meetings.queries import tellings
from forum.meetings.rules import MAYBE, NO, ONLINE
from forum.meetings.rules import tellings as telling_rules
from forum.members.models import Member
from forum.reference.models import Marking
from tests import builders
from tests.base.letters import row
from tests.mail.check_invite import problems
from tests.meetings.builders import (
    BEFORE,
    answer,
    carry_out,
    crowd,
    details,
    invite,
    let_go,
    meeting,
    stored,
)

FIVE = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def change(by: Member, made: Meeting, *, is_told: bool = True, **more) -> int:
    with transaction():
        found = queries.get(by, made.id)
        return scheduling.change(by, found, version=found.version, is_told=is_told, **details(**more))


def outbox(**which) -> list[Letter]:
    db.session.rollback()
    wanted = sa.select(Letter).filter_by(**which).order_by(Letter.id)
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def wires(member: Member) -> list[bytes]:
    """What this member has been sent about meetings, in order."""
    return [letters.build(letter) for letter in outbox(member_id=member.id, state=State.SENT)]


def said(letter: Letter, name: str) -> str:
    """A property of the letter's calendar entry; of ATTENDEE, a parameter (PARTSTAT, ROLE)."""
    calendar = letter.calendar.replace(b"\r\n ", b"").decode()
    if name in ("PARTSTAT", "ROLE"):
        return calendar.partition(f"{name}=")[2].partition(";")[0]
    return next(line.partition(":")[2] for line in calendar.split("\r\n") if line.startswith(f"{name}:"))


def send() -> None:
    let_go()
    letters.deliver_due()


def orders() -> list[MailingOrder]:
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(MailingOrder).order_by(MailingOrder.id), execution_options={"populate_existing": True}
        )
    )


# --- the table of MAIL A5, over whole chains -----------------------------------------------------------------------------

NAMES = ('Siân "Ŵyn" Jones, QPM', "O'Linnet; Hannah", "Zoë 🎉 Heron", "=?utf-8?q?Odd?= \\ Name")
WHEN = (
    {"day": date(2027, 1, 20)},
    {"day": date(2027, 7, 1)},  # summer time
    {"day": date(2027, 3, 28), "starts": time(0, 30), "ends": time(3)},  # the hour that is left out lies within
    {"day": date(2027, 10, 31), "starts": time(1, 30), "ends": time(1, 45), "is_second_hour": True},
    {"day": date(2028, 2, 29)},
)


@pytest.mark.parametrize("when", WHEN, ids=lambda when: str(when["day"]))
def test_each_message_follows_the_one_before_it_whoever_it_is_to(inside, cast, before, when):
    """Invited, details changed, moved, sent again, taken off or cancelled; no error and no warning in any of them."""
    people = [builders.member(name) for name in NAMES]
    title = "Forum: “girls”; identification, and ŷ 🎉\r\nBcc: nobody"
    made = meeting(cast.sita, title=title, **when)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(people[0], made, ONLINE)
    for step in (when | {"place": "Tŷ arall, \\ Caerdydd; 2"}, when | {"day": when["day"] + timedelta(days=1)}):
        if "is_second_hour" in when and step["day"] != when["day"]:
            step = {"day": step["day"]}
        before.shift(FIVE)
        assert change(cast.sita, made, title=title, **step) == 8
        send()
    with transaction():
        found = queries.get(cast.sita, made.id)
        inviting.resend(cast.sita, found, queries.invitation(found, people[0].id))
        inviting.withdraw(cast.sita, found, queries.invitation(found, people[1].id), "Sent by mistake")
    letters.deliver_due()
    with transaction():
        scheduling.cancel(cast.sita, queries.get(cast.sita, made.id), "The hall is flooded")
    letters.deliver_due()
    for person, number in zip(people, (5, 4, 4, 4), strict=True):
        chain = wires(person)
        assert len(chain) == number
        assert [found for wire in chain for found in problems(wire)] == []
        assert [found for old, new in pairwise(chain) for found in problems(new, previous=old)] == []
    kept = outbox(member_id=people[0].id)
    assert [said(letter, "SEQUENCE") for letter in kept] == ["0", "0", "1", "1", "2"]
    assert [said(letter, "PARTSTAT") for letter in kept][:4] == [
        "NEEDS-ACTION",
        "ACCEPTED",
        "NEEDS-ACTION",
        "NEEDS-ACTION",
    ]
    assert [said(letter, "METHOD") for letter in kept] == ["REQUEST"] * 4 + ["CANCEL"]
    assert len({said(letter, "DTSTAMP") for letter in kept}) == 5
    assert len({said(letter, "UID") for letter in outbox()}) == 1


@pytest.mark.parametrize(
    ("given", "place", "told"),
    [
        (Answer.YES, None, "ACCEPTED"),
        (Answer.YES, Place.TAKEN, "ACCEPTED"),
        (Answer.YES, Place.WAITING, "TENTATIVE"),
        (Answer.YES, Place.OFFERED, "TENTATIVE"),
        (Answer.NO, Place.WAITING, "DECLINED"),
        (Answer.MAYBE, None, "TENTATIVE"),
        (None, None, "NEEDS-ACTION"),
    ],
)
def test_what_a_calendar_is_told_of_an_answer(given, place, told):
    assert partstat_of(given, place) == told


def test_details_keep_every_answer_and_who_waits_for_a_place_stays_tentative(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.amina, made, ONLINE)
    answer(cast.bryn, made, NO)
    answer(cast.olu, made, ONLINE)
    with transaction():
        stored(made, cast.olu).place = Place.WAITING
    change(cast.sita, made, place="Another house")
    send()
    told = {letter.member_id: said(letter, "PARTSTAT") for letter in outbox(kind=Kind.UPDATE)}
    everybody = (cast.amina, cast.bryn, cast.olu, cast.sita)
    assert [told[person.id] for person in everybody] == ["ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION"]
    assert stored(made, cast.amina).answer is Answer.YES


# --- five minutes for second thoughts -------------------------------------------------------------------------------------


def test_an_update_waits_five_minutes_and_a_first_invitation_does_not(inside, cast, before):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    assert letters.deliver_due()[State.SENT] == 4
    assert change(cast.sita, made, place="Another house") == 4
    before.shift(FIVE - timedelta(seconds=1))
    assert not carry_out()
    before.shift(timedelta(seconds=1))
    assert carry_out()
    assert len(outbox(kind=Kind.UPDATE)) == 4


def test_a_correction_in_that_time_goes_in_the_same_letter(inside, cast, before):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, place="The wrong house")
    before.shift(timedelta(minutes=4))
    assert change(cast.sita, made, place="The right house", title="A better title") == 4
    first, second = orders()
    assert first.stopped_because == "A correction goes in its place."
    assert second.due_at == clock.now() + FIVE
    send()
    (letter,) = outbox(kind=Kind.UPDATE, member_id=cast.amina.id)
    assert "Place: The right house (was: Example House, London)" in letter.text
    assert "Title: A better title (was: EGVE Forum: mental health)" in letter.text
    assert "wrong house" not in letter.text + letter.html
    assert tellings.told(made)[0].differences == [
        ("Title", "EGVE Forum: mental health", "A better title"),
        ("Place", "Example House, London", "The right house"),
    ]


def test_a_time_moved_and_moved_back_asks_nobody_and_every_answer_stands(inside, cast, before):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.amina, made, ONLINE)
    change(cast.sita, made, starts=time(9))
    before.shift(timedelta(minutes=2))
    assert change(cast.sita, made) == 0
    assert [order.stopped_because for order in orders()] == ["What was changed was changed back."]
    send()
    assert outbox(kind=Kind.UPDATE) == []
    made = queries.get(cast.sita, made.id)
    assert made.ical_sequence == 2  # it never falls: a feed may have shown the other time
    assert (stored(made, cast.amina).answer, queries.tally(made).untold) == (Answer.YES, 0)
    assert telling_rules.sequence_known(made, stored(made, cast.amina)) == 0  # an answer to the first letter is for now
    change(cast.sita, made, place="Another house")  # and what comes later asks nobody either
    send()
    (letter,) = outbox(kind=Kind.UPDATE, member_id=cast.amina.id)
    assert (said(letter, "SEQUENCE"), said(letter, "PARTSTAT")) == ("2", "ACCEPTED")
    assert "your answer stays as it was" in letter.text
    first, then = wires(cast.amina)
    assert problems(then, previous=first) == []


def test_moved_back_without_an_update_leaves_nobody_to_tell(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    for day in (date(2027, 1, 21), date(2027, 1, 20)):
        change(cast.sita, made, is_told=False, day=day)
    found = queries.get(cast.sita, made.id)
    assert (queries.tally(found).untold, tellings.changes(found)) == (0, [])


def test_an_answer_given_while_the_update_waits_is_for_the_new_time_and_stays(inside, cast, before):
    """The page shows the new time at once; a calendar knows the old one."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.olu, made, ONLINE)
    change(cast.sita, made, starts=time(9))
    before.shift(timedelta(minutes=1))
    answer(cast.amina, made, ONLINE, source=AnswerSource.LINK)
    answer(cast.bryn, made, NO, source=AnswerSource.CALENDAR)
    send()
    kept = [stored(made, person).answer for person in (cast.amina, cast.bryn, cast.olu)]
    assert kept == [Answer.YES, None, None]
    told = {
        letter.member_id: (said(letter, "PARTSTAT"), "asking you again" in letter.text)
        for letter in outbox(kind=Kind.UPDATE)
    }
    assert (told[cast.amina.id], told[cast.bryn.id]) == (("ACCEPTED", False), ("NEEDS-ACTION", True))


def test_each_is_told_what_is_new_to_them(inside, cast, before):
    """Amina heard of the new place in a letter of her own; the others are told of both changes."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, is_told=False, place="Another house")
    with transaction():
        found = queries.get(cast.sita, made.id)
        inviting.resend(cast.sita, found, queries.invitation(found, cast.amina.id))
    letters.deliver_due()
    (hers,) = outbox(kind=Kind.UPDATE)
    assert "Place: Another house (was: Example House, London)" in hers.text
    change(cast.sita, made, place="Another house", ends=time(16))
    found = queries.get(cast.sita, made.id)
    assert [(row.people, [d.name for d in row.differences], row.asks_again) for row in tellings.changes(found)] == [
        (3, ["Time", "Place"], True),
        (1, ["Time"], True),
    ]
    send()
    texts = {letter.member_id: letter.text for letter in outbox(kind=Kind.UPDATE)}
    assert "(was: Example House" not in texts[cast.amina.id]
    assert "(was: Example House" in texts[cast.bryn.id]
    assert all("Time: 10:30am to 4pm (was: 10:30am to 3pm)" in text for text in texts.values())


def test_a_meeting_cancelled_in_that_time_is_cancelled_as_people_know_it(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, day=date(2027, 2, 3))
    with transaction():
        assert scheduling.cancel(cast.sita, queries.get(cast.sita, made.id), "Flooded") == 4
    assert [order.stopped_because for order in orders()] == ["The meeting was cancelled."]
    send()
    assert outbox(kind=Kind.UPDATE) == []
    cancelled = outbox(kind=Kind.CANCELLATION, member_id=cast.amina.id)[0]
    assert "It was to be on Wednesday 20 January 2027" in cancelled.text
    assert said(cancelled, "SEQUENCE") == "2"
    first, then = wires(cast.amina)
    assert problems(then, previous=first) == []


def test_an_update_is_sent_now_or_stopped(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, place="Another house")
    (waiting,) = orders()
    assert telling_rules.may_correct(waiting, clock.now())
    with transaction():
        ordering.stop(cast.sita, made, waiting)
    send()
    assert (outbox(kind=Kind.UPDATE), orders()[0].stopped_because) == ([], "Stopped by Sita Curlew")
    with pytest.raises(Rejected, match="stopped already"), transaction():
        ordering.send_now(cast.sita, made, orders()[0])
    with transaction():
        assert inviting.tell(cast.sita, queries.get(cast.sita, made.id)) == 4
    with transaction():
        ordering.send_now(cast.sita, made, orders()[1])
    assert carry_out()
    assert len(outbox(kind=Kind.UPDATE)) == 4


def test_who_joins_or_is_taken_off_while_an_update_waits(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, place="Another house")
    builders.member("New Comer")
    invite(cast.sita, queries.get(cast.sita, made.id))
    with transaction():
        found = queries.get(cast.sita, made.id)
        inviting.withdraw(cast.sita, found, queries.invitation(found, cast.bryn.id), "By mistake")
    send()
    assert {letter.to_name for letter in outbox(kind=Kind.UPDATE)} == {"Amina Rowan", "Olu Hazel", "Sita Curlew"}
    (new,) = outbox(to_name="New Comer")
    assert (new.kind, "Another house" in new.text) == (Kind.INVITATION, True)


def test_people_told_before_that_was_kept_are_asked_again_only_when_the_time_changed(inside, cast):
    """Meetings that were there before tellings were: the first change keeps what people knew before it."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.amina, made, ONLINE)
    with transaction():
        db.session.execute(sa.delete(Telling))
    change(cast.sita, made, place="Another house")
    send()
    (letter,) = outbox(kind=Kind.UPDATE, member_id=cast.amina.id)
    assert "(was: Example House, London)" in letter.text
    assert stored(made, cast.amina).answer is Answer.YES
    with transaction():
        db.session.execute(sa.delete(Telling))
        db.session.execute(sa.update(Invitation).values(sent_version=1, sent_sequence=0))
    (unknown,) = tellings.changes(queries.get(cast.sita, made.id))
    assert (unknown.people, unknown.differences, unknown.asks_again) == (4, [], False)


# --- many people ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """Three letters in a request, two in a part."""
    monkeypatch.setattr(telling_rules, "IN_ONE_REQUEST", 3)
    monkeypatch.setattr(telling_rules, "IN_ONE_PART", 2)


def press(by: Member, made: Meeting, expected: int | None = None) -> int:
    with transaction():
        return inviting.invite(by, made, expected)


def test_many_invitations_are_ordered_and_written_in_parts(inside, cast, small):
    crowd(3)
    made = meeting(cast.sita)
    assert press(cast.sita, made, 7) == 7
    assert press(cast.sita, made, 7) == 0  # a double click
    assert (len(orders()), outbox()) == (1, [])
    for written in (2, 4, 6):
        assert carry_out()
        assert (orders()[0].written, len(outbox())) == (written, written)
        assert press(cast.sita, made) == 0
    assert carry_out()
    assert orders()[0].finished_at is not None
    assert not carry_out()
    assert len(outbox()) == len({letter.member_id for letter in outbox()}) == 7


def test_a_part_that_fails_leaves_nothing_and_is_done_again(inside, cast, small, monkeypatch):
    crowd(3)
    made = meeting(cast.sita)
    press(cast.sita, made)
    carry_out()
    real = telling.keep_words
    monkeypatch.setattr(telling, "keep_words", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        carry_out()
    assert (len(outbox()), orders()[0].written) == (2, 2)
    monkeypatch.setattr(telling, "keep_words", real)
    while carry_out():
        pass
    assert len(outbox()) == len({letter.member_id for letter in outbox()}) == 7


def test_a_mailing_is_stopped_between_two_parts(inside, cast, small):
    crowd(3)
    made = meeting(cast.sita)
    press(cast.sita, made)
    carry_out()
    with transaction():
        ordering.stop(cast.sita, made, orders()[0])
    assert not carry_out()
    assert (len(outbox()), queries.tally(made).uninvited) == (2, 5)
    assert press(cast.sita, made) == 5  # and goes on where it stopped
    while carry_out():
        pass
    assert len(outbox()) == len({letter.member_id for letter in outbox()}) == 7


def test_updates_and_cancellations_to_many_come_in_parts_too(inside, cast, small):
    crowd(3)
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    assert change(cast.sita, made, place="Another house") == 7
    send()
    assert len(outbox(kind=Kind.UPDATE, state=State.SENT)) == 7
    with transaction():
        assert scheduling.cancel(cast.sita, queries.get(cast.sita, made.id), "Flooded") == 7
    assert outbox(kind=Kind.CANCELLATION) == []
    send()
    cancelled = outbox(kind=Kind.CANCELLATION, state=State.SENT)
    assert len({letter.member_id for letter in cancelled}) == len(cancelled) == 7
    assert all("Flooded" in letter.text for letter in cancelled)


def test_a_meeting_cancelled_while_its_invitations_are_written_invites_nobody_more(inside, cast, small):
    crowd(3)
    made = meeting(cast.sita)
    press(cast.sita, made)
    carry_out()
    letters.deliver_due()
    with transaction():
        assert scheduling.cancel(cast.sita, queries.get(cast.sita, made.id), "Flooded") == 2
    send()
    assert len(outbox(kind=Kind.INVITATION)) == len(outbox(kind=Kind.CANCELLATION, state=State.SENT)) == 2


def test_a_correction_between_two_parts_reaches_all(inside, cast, small, before):
    crowd(3)
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, place="The wrong house")
    before.shift(FIVE)
    carry_out()
    letters.deliver_due()
    assert change(cast.sita, made, place="The right house") == 7
    send()
    last = {letter.member_id: letter.text for letter in outbox(kind=Kind.UPDATE, state=State.SENT)}
    assert sorted("(was: The wrong house)" in text for text in last.values()) == [False] * 5 + [True] * 2
    assert all("Place: The right house" in text for text in last.values())


# --- stand-ins ------------------------------------------------------------------------------------------------------------


def test_a_stand_in_is_invited_in_somebodys_place(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.amina, made, NO)
    new = builders.member("Wyn Plover")
    for is_written in (True, False):
        with transaction():
            assert inviting.send_stand_in(cast.sita, made, queries.invitation(made, cast.amina.id), new) is is_written
    (letter,) = outbox(member_id=new.id)
    assert "in the place of Amina Rowan" in letter.text
    assert "in the place of Amina Rowan" in letter.html
    assert queries.stands_in(stored(made, new)).instead_of == (cast.amina.id, "Amina Rowan")
    assert queries.stands_in(stored(made, cast.amina)).by == [(new.id, "Wyn Plover")]
    assert stored(made, cast.amina).answer is Answer.NO
    with transaction():
        inviting.withdraw(cast.sita, made, queries.invitation(made, new.id), "By mistake")
    with transaction():
        assert inviting.send_stand_in(cast.sita, made, queries.invitation(made, cast.amina.id), new)
    letters.deliver_due()
    chain = wires(new)
    assert len(chain) == 1 or [p for old, n in pairwise(chain) for p in problems(n, previous=old)] == []
    with pytest.raises(Rejected, match="nobody can stand in for themselves"), transaction():
        inviting.send_stand_in(cast.sita, made, queries.invitation(made, cast.amina.id), cast.amina)


# --- nothing that is typed becomes a header --------------------------------------------------------------------------------

typed = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=80).map(
    lambda words: words or "x"
) | st.sampled_from(["a\r\nBcc: eve@evil.example", "a\n\nBody", "\u2028To: eve@evil.example", '"; rm,\\', "ŷ 🎉" * 30])


@given(name=typed, title=typed, place=typed)
def test_no_name_title_or_place_begins_a_header_or_a_property(sqlite_home, name, title, place):
    with sqlite_home.app.app_context(), time_machine.travel(BEFORE, tick=False):
        start = datetime(2027, 1, 20, 10, 30, tzinfo=UTC)
        made = Meeting(
            id=1,
            version=1,
            ical_uid="u@egve-forum.example",
            ical_sequence=0,
            mode=Mode.HYBRID,
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            changed_at=start,
            joining_link="",
            title=title,
            place=place,
            description=title,
            marking=Marking.OFFICIAL,
        )
        fields = Mailing(Kind.INVITATION, made, start).to(Addressee(1, name, "amina@cast.example"))
        wire = letters.build(row(fields))
    head = wire.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(set(names)) == sorted(names)
    assert {b"Bcc", b"Cc"}.isdisjoint(names)
    lines = fields["calendar"].replace(b"\r\n ", b"").split(b"\r\n")
    assert sum(line.startswith(b"ATTENDEE") for line in lines) == 1
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_where_no_answer_is_asked_for_no_letter_demands_one(inside, cast):
    made = meeting(cast.sita, asks_replies=False)
    invite(cast.sita, made)
    letters.deliver_due()
    change(cast.sita, made, day=date(2027, 1, 27), asks_replies=False)
    send()
    first, moved = outbox(member_id=cast.amina.id)
    for letter in (first, moved):
        for part in (letter.text, letter.html):
            assert "You do not have to answer" in part
            assert "asking you again" not in part
    asked = meeting(cast.sita, reply_by_on=date(2027, 1, 13))
    invite(cast.sita, asked)
    assert "by Wednesday 13 January 2027 (you do" in outbox(about=queries.about(asked))[0].text


def test_of_two_seats_that_act_on_one_invitation_at_once_one_sends(inside, cast):
    """The second has read the invitation before the first was done with it."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    with transaction():
        inviting.withdraw(cast.sita, made, queries.invitation(made, cast.amina.id), "By mistake")
    letters.deliver_due()
    read = queries.invitation(made, cast.amina.id)
    removed_at = read.removed_at
    with transaction():
        inviting.invite_again(cast.sita, made, read)
    orm.attributes.set_committed_value(read, "removed_at", removed_at)  # as the second seat still has it
    with transaction():
        inviting.invite_again(cast.sita, made, read)
    assert len(outbox(member_id=cast.amina.id)) == 3


def test_maybe_is_tentative_for_a_resend(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    letters.deliver_due()
    answer(cast.amina, made, MAYBE)
    with transaction():
        inviting.resend(cast.sita, made, queries.invitation(made, cast.amina.id))
    first, again = outbox(member_id=cast.amina.id)
    assert (said(again, "PARTSTAT"), said(again, "SEQUENCE")) == ("TENTATIVE", "0")
    assert said(again, "DTSTAMP") > said(first, "DTSTAMP")
    assert again.kind is Kind.INVITATION
