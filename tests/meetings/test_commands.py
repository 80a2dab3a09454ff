"""A meeting's life: scheduled, opened, invited to, changed, answered, cancelled; and the letters all of it writes."""

from __future__ import annotations

import time as stopwatch
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from itertools import pairwise

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock, history, letters
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.letters import Kind, Letter, State
from forum.meetings import queries
from forum.meetings.commands import agendas, duplicating, inviting, replying, scheduling
from forum.meetings.models import (
    AgendaItem,
    Answer,
    AnswerSource,
    Invitation,
    InvitationReply,
    Meeting,
    Mode,
    Purpose,
    Stage,
)
from forum.meetings.rules import IN_PERSON, MAYBE, NO, ONLINE
from forum.members.models import Member, Standing
from forum.reference.models import Marking
from tests import builders
from tests.base.letters import Mailbox, mail_server
from tests.base.test_letters_delivered import post
from tests.mail.check_invite import problems
from tests.meetings.builders import AFTER, BEFORE, answer, crowd, details, invite, item, let_go, meeting, stored
from tests.together import at_once


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def outbox(**which) -> list[Letter]:
    db.session.rollback()
    wanted = sa.select(Letter).filter_by(**which).order_by(Letter.id)
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def change(by: Member, number: int, *, is_told: bool = True, **more) -> int:
    with transaction():
        found = queries.get(by, number)
        return scheduling.change(by, found, version=found.version, is_told=is_told, **details(**more))


def verbs() -> list[str]:
    return list(db.session.scalars(sa.select(history.HistoryLine.verb).order_by(history.HistoryLine.id)))


# --- times -----------------------------------------------------------------------------------------------------------


def test_times_are_what_a_clock_in_london_shows():
    in_summer = scheduling.moments_of(date(2016, 7, 12), time(13), time(16, 30), None)
    assert in_summer == (builders.moment(2016, 7, 12, 12), builders.moment(2016, 7, 12, 15, 30))


def test_an_hour_that_is_left_out_is_refused():
    with pytest.raises(Rejected, match="There is no 1:30am on 29 March 2026") as refusal:
        scheduling.moments_of(date(2026, 3, 29), time(1, 30), time(4), None)
    assert refusal.value.field == "starts"
    with pytest.raises(Rejected, match="There is no 1:15am") as refusal:
        scheduling.moments_of(date(2026, 3, 29), time(0, 30), time(1, 15), None)
    assert refusal.value.field == "ends"


@pytest.mark.parametrize(("is_second", "starts_utc"), [(False, 0), (True, 1)])
def test_an_hour_that_comes_twice_asks_which(is_second, starts_utc):
    day = date(2026, 10, 25)
    with pytest.raises(Rejected, match="comes twice") as refusal:
        scheduling.moments_of(day, time(1, 30), time(3), None)
    assert refusal.value.field == "hour"
    starts_at, ends_at = scheduling.moments_of(day, time(1, 30), time(3), is_second)
    assert starts_at == builders.moment(2026, 10, 25, starts_utc, 30)
    assert ends_at == builders.moment(2026, 10, 25, 3)


def test_both_within_the_hour_that_comes_twice():
    starts_at, ends_at = scheduling.moments_of(date(2026, 10, 25), time(1, 30), time(1, 15), False)
    assert ends_at - starts_at == timedelta(minutes=45)
    starts_at, ends_at = scheduling.moments_of(date(2026, 10, 25), time(0, 30), time(1, 30), True)
    assert ends_at - starts_at == timedelta(hours=2)


@pytest.mark.parametrize("ends", [time(10, 30), time(9), time(0)])
def test_the_end_is_after_the_start(ends):
    with pytest.raises(Rejected) as refusal:
        scheduling.moments_of(date(2027, 1, 20), time(10, 30), ends, None)
    assert refusal.value.field == "ends"


# --- scheduling ------------------------------------------------------------------------------------------------------


def test_the_secretariat_schedules_a_draft_that_members_do_not_find(inside, cast):
    made = meeting(cast.sita, is_open=False)
    assert made.stage is Stage.DRAFT
    assert made.ical_uid.endswith("@egve-forum.example")
    with pytest.raises(NotFound):
        queries.get(cast.amina, made.id)
    assert [theme.slug for theme in made.themes] == ["mental-health"]
    assert "scheduled" in verbs()


def test_a_member_schedules_nothing(inside, cast):
    with pytest.raises(NotAllowed), transaction():
        scheduling.schedule(cast.amina, **details())
    made = meeting(cast.sita)
    for attempt in (
        lambda: scheduling.open_meeting(cast.amina, made),
        lambda: scheduling.change(cast.amina, made, version=1, **details()),
        lambda: scheduling.cancel(cast.amina, made, "Because"),
        lambda: agendas.add_item(cast.amina, made, title="Mine", minutes=5),
        lambda: inviting.invite(cast.amina, made),
        lambda: inviting.tell(cast.amina, made),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_the_same_form_twice_makes_one_meeting(inside, cast):
    first, second = (meeting(cast.sita, is_open=False, form_key="abc").id for _ in range(2))
    assert first == second


def test_of_two_people_changing_a_meeting_the_second_is_told_who_was_first(inside, cast):
    made = meeting(cast.sita)
    with transaction():
        scheduling.change(cast.ada, made, version=1, **details(place="Room A"))
    with pytest.raises(Rejected, match="Ada Finch changed this meeting") as refusal, transaction():
        scheduling.change(cast.sita, made, version=1, **details(place="Room B"))
    assert refusal.value.field == "version"
    assert queries.get(cast.sita, made.id).place == "Room A"


def test_a_retired_theme_is_refused(inside, cast):
    with transaction():
        retired = builders.theme("social-media")
        retired.valid_to = date(2026, 1, 1)
    with pytest.raises(Rejected) as refusal:
        meeting(cast.sita, theme_ids=[retired.id])
    assert refusal.value.field == "themes"


# --- the agenda ------------------------------------------------------------------------------------------------------


def titles(made: Meeting) -> list[tuple[int, str, str]]:
    db.session.expire_all()
    found = queries.get(made_by(made), made.id)
    return [(int(row.number), clock.show_time(row.starts_at), row.title) for row in queries.agenda(found)]


def made_by(made: Meeting) -> Member:
    return db.session.get_one(Member, made.host_id)


def test_each_item_starts_when_the_ones_before_it_have_had_their_minutes(inside, cast):
    made = meeting(cast.sita)
    for title, minutes in (("Welcome", 10), ("Mental health", 50), ("Break", 15)):
        item(cast.sita, made, title, minutes)
    assert titles(made) == [(1, "10:30am", "Welcome"), (2, "10:40am", "Mental health"), (3, "11:30am", "Break")]
    assert queries.overrun(made, queries.agenda(made)) == 75 - 270


def test_items_move_and_a_second_press_moves_nothing(inside, cast):
    made = meeting(cast.sita)
    first, second, third = (item(cast.sita, made, title) for title in ("A", "B", "C"))

    def move(number: int, by: int, seen_at: int) -> bool:
        with transaction():
            return agendas.move_item(cast.sita, made, queries.item(made, number), by=by, seen_at=seen_at)

    assert move(third, -1, 3)
    assert not move(third, -1, 3)
    assert not move(first, -1, 1)
    assert not move(second, 1, 3)
    assert [title for _, _, title in titles(made)] == ["A", "C", "B"]
    with transaction():
        agendas.remove_item(cast.sita, made, queries.item(made, first))
    assert list(db.session.scalars(sa.select(AgendaItem.position).order_by(AgendaItem.position))) == [1, 2]


def test_of_two_people_changing_an_item_one_wins(inside, cast):
    made = meeting(cast.sita)
    number = item(cast.sita, made)
    new = {"minutes": 20, "lead": "Chair", "purpose": Purpose.DECISION, "paper": "Paper 1"}
    with transaction():
        agendas.change_item(cast.ada, made, queries.item(made, number), version=1, title="Ada's", **new)
    with pytest.raises(Rejected, match="Ada Finch") as refusal, transaction():
        agendas.change_item(cast.sita, made, queries.item(made, number), version=1, title="Sita's", **new)
    assert refusal.value.field == "version"
    assert titles(made)[0][2] == "Ada's"


def test_an_item_of_another_meeting_is_not_there(inside, cast):
    one, other = meeting(cast.sita), meeting(cast.sita)
    number = item(cast.sita, one)
    with pytest.raises(NotFound):
        queries.item(other, number)


def test_the_same_item_form_twice_adds_one(inside, cast):
    made = meeting(cast.sita)
    assert item(cast.sita, made, form_key="k") == item(cast.sita, made, form_key="k")
    for title, minutes in (("", 10), ("Long", 0), ("Long", 721)):
        with pytest.raises(Rejected):
            item(cast.sita, made, title, minutes)


# --- inviting --------------------------------------------------------------------------------------------------------


def test_everybody_who_can_be_invited_is_invited_once(inside, cast):
    builders.member("Left Already", standing=Standing.LEFT)
    builders.member("Not Yet", standing=Standing.INVITED)
    builders.member("By Post", email=None)
    made = meeting(cast.sita)
    assert invite(cast.sita, made) == 4  # the admin is not a member of the Forum
    assert invite(cast.sita, made) == 0
    assert {letter.to_name for letter in outbox()} == {"Amina Rowan", "Bryn Heron", "Olu Hazel", "Sita Curlew"}
    builders.member("New Comer")
    assert queries.tally(made).uninvited == 1
    assert invite(cast.sita, made) == 1
    assert queries.tally(made)._asdict() | {"invited": 5, "uninvited": 0} == queries.tally(made)._asdict()


def test_who_saw_another_number_is_asked_to_look_again(inside, cast):
    made = meeting(cast.sita)
    with pytest.raises(Rejected, match="changed while you were looking"), transaction():
        inviting.invite(cast.sita, made, expected=99)
    assert outbox() == []
    with transaction():
        assert inviting.invite(cast.sita, made, expected=4) == 4
    with transaction():
        assert inviting.invite(cast.sita, made, expected=4) == 0  # the same button pressed again


@pytest.mark.parametrize("is_open", [True, False])
def test_nobody_is_invited_to_a_draft_or_to_what_is_over(inside, cast, before, is_open):
    made = meeting(cast.sita, is_open=is_open)
    if is_open:
        before.move_to(AFTER)
    with pytest.raises(Rejected, match="over" if is_open else "draft"):
        invite(cast.sita, made)
    assert outbox() == []


def test_117_invitations_are_written_within_three_tenths_of_a_second(inside, cast):
    crowd(113)
    made = meeting(cast.sita)
    item(cast.sita, made)
    invite(cast.sita, meeting(cast.sita))  # templates are read and compiled once for the life of a process
    began = stopwatch.process_time()  # other work on this machine does not count
    assert invite(cast.sita, made) == 117
    assert stopwatch.process_time() - began < 0.3


def test_what_was_done_by_other_means_is_noted_without_a_letter(inside, cast, before):
    before.move_to(AFTER)
    made, at = meeting(cast.sita), datetime(2026, 12, 24, 9, tzinfo=clock.LONDON)
    with transaction():
        inviting.note_invited(cast.sita, made, [cast.amina.id, cast.bryn.id], at)
        invitation = queries.invitation(made, cast.amina.id)
        replying.answer(cast.sita, made, invitation, ONLINE, source=AnswerSource.LINK, at=at)
    assert outbox() == []
    assert stored(made, cast.amina).answered_at == at
    assert queries.tally(made).online == 1


def test_a_meeting_duplicated_four_times_at_once_has_one_duplicate_with_one_agenda(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        item(cast.sita, made, "Welcome")
    day = {"title": "The next one", "day": date(2028, 2, 29), "starts": time(10), "ends": time(13)}

    def press(_: int) -> int:
        with transaction():
            found = queries.get(cast.sita, made.id)
            return duplicating.duplicate(cast.sita, found, **day, is_second_hour=None, form_key="once").id

    assert len(set(at_once(app, press))) == 1
    with app.app_context():
        assert db.session.scalars(sa.select(AgendaItem.title)).all() == ["Welcome"] * 2


def test_a_button_pressed_four_times_at_once_invites_once(app, cast):
    with app.app_context():
        number = meeting(cast.sita).id

    def press(_: int) -> int:
        with transaction():
            return inviting.invite(cast.sita, queries.get(cast.sita, number), expected=4)

    assert sorted(at_once(app, press)) == [0, 0, 0, 4]
    with app.app_context():
        assert len(outbox()) == 4


def test_of_answers_at_once_all_are_kept_and_one_stands_whole(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        invite(cast.sita, made)
    sent = [IN_PERSON, ONLINE, MAYBE, NO]

    def say(which: int) -> None:
        with transaction():
            found = queries.get(cast.amina, made.id)
            replying.answer(cast.amina, found, queries.invitation_of(cast.amina, found), sent[which])

    at_once(app, say)
    with app.app_context():
        standing = stored(made, cast.amina)
        newest, *others = queries.replies(standing)
        assert (standing.answer, standing.mode) == (newest.answer, newest.mode)
        assert len(others) == 3


# --- letters through a real mail server, under the checker --------------------------------------------------------------


@pytest.fixture
def mailbox(inside) -> Iterator[Mailbox]:
    box = Mailbox()
    with mail_server(box) as port, post(inside, port):
        yield box


def taken(box: Mailbox) -> dict[str, bytes]:
    """Deliver what is due; what each person got since the last time, every message clean."""
    box.received.clear()
    let_go()
    letters.deliver_due()
    assert not [found for _, wire in box.received for found in problems(wire)]
    assert len(dict(box.received)) == len(box.received), "somebody got two"
    return dict(box.received)


def test_117_invitations_arrive_and_each_is_clean(inside, cast, mailbox):
    crowd(110)
    for name in ('Siân "Ŵyn" Jones', "O'Linnet, Hannah", "Zoë 🎉 Heron"):
        builders.member(name)
    made = meeting(cast.sita, title="Forum: “girls”, identification; and, ŷ 🎉\r\nBcc: nobody")
    item(cast.sita, made, "Welcome; introductions, and rules")
    assert invite(cast.sita, made) == 117
    mails = taken(mailbox)
    assert len(mails) == 117
    assert queries.progress(made) == (117, 0, 0, 0)
    assert b"\nBcc:" not in mails[cast.amina.email].partition(b"\r\n\r\n")[0]


def test_a_whole_life_as_calendars_see_it(inside, cast, mailbox, before):
    """Invited, moved, details changed, sent again, cancelled: each message follows the one before it."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    got = [taken(mailbox)[cast.amina.email]]
    answer(cast.amina, made, ONLINE)

    assert change(cast.sita, made.id, starts=time(11)) == 4
    got.append(taken(mailbox)[cast.amina.email])
    assert stored(made, cast.amina).answer is None  # the answer was for another time
    answer(cast.amina, made, IN_PERSON)

    assert change(cast.sita, made.id, starts=time(11), place="Another house", title="EGVE Forum: new title") == 4
    got.append(taken(mailbox)[cast.amina.email])
    assert stored(made, cast.amina).answer is Answer.YES

    with transaction():
        found = queries.get(cast.sita, made.id)
        inviting.resend(cast.sita, found, queries.invitation(found, cast.amina.id))
    got.append(taken(mailbox)[cast.amina.email])

    with transaction():
        assert scheduling.cancel(cast.sita, queries.get(cast.sita, made.id), "The hall is flooded") == 4
    got.append(taken(mailbox)[cast.amina.email])

    assert [problem for old, new in pairwise(got) for problem in problems(new, previous=old)] == []
    calendars = [letter.calendar.replace(b"\r\n ", b"").decode() for letter in outbox(member_id=cast.amina.id)]
    assert [value(calendar, "SEQUENCE") for calendar in calendars] == ["0", "1", "1", "1", "2"]
    assert [value(calendar, "METHOD") for calendar in calendars] == ["REQUEST"] * 4 + ["CANCEL"]
    asked = ["NEEDS-ACTION", "NEEDS-ACTION", "ACCEPTED", "ACCEPTED", "ACCEPTED"]
    assert [calendar.partition("PARTSTAT=")[2].partition(";")[0] for calendar in calendars] == asked
    assert len({value(calendar, "DTSTAMP") for calendar in calendars}) == 5


def value(calendar: str, name: str) -> str:
    return next(line.partition(":")[2] for line in calendar.split("\r\n") if line.startswith(f"{name}:"))


def test_taking_one_person_off_is_told_to_that_person_alone(inside, cast, mailbox):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    first = taken(mailbox)[cast.bryn.email]
    with transaction():
        inviting.withdraw(cast.sita, made, queries.invitation(made, cast.bryn.id), "Sent by mistake")
    mails = taken(mailbox)
    assert list(mails) == [cast.bryn.email]
    assert problems(mails[cast.bryn.email], previous=first) == []
    said = message_from_bytes(mails[cast.bryn.email], policy=policy.default).get_body(("plain",))
    assert "It is on" in said.get_content()  # for the others it takes place
    assert queries.invitation_of(cast.bryn, made) is None
    assert queries.tally(made).uninvited == 0  # who was taken off is not invited with the newcomers
    with transaction():
        scheduling.cancel(cast.sita, made, "Flooded")
    assert cast.bryn.email not in taken(mailbox)


def test_who_was_taken_off_can_be_invited_again_with_a_new_link(inside, cast, mailbox):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    token = queries.reply_token(made.id, cast.bryn.id, 1)
    assert queries.by_link(token) is not None
    for step in (inviting.withdraw, inviting.invite_again):
        with transaction():
            extra = ["By mistake"] if step is inviting.withdraw else []
            step(cast.sita, made, queries.invitation(made, cast.bryn.id), *extra)
        assert queries.by_link(token) is None
    assert queries.by_link(queries.reply_token(made.id, cast.bryn.id, 2)) is not None
    with transaction():
        scheduling.cancel(cast.sita, made, "Flooded")
    calendars = [letter.calendar.decode() for letter in outbox(member_id=cast.bryn.id)]
    assert [(value(c, "METHOD"), value(c, "SEQUENCE")) for c in calendars] == [
        ("REQUEST", "0"),
        ("CANCEL", "1"),
        ("REQUEST", "2"),
        ("CANCEL", "3"),
    ]


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_change_may_stay_untold_and_be_told_later(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made)
    assert change(cast.sita, made.id, is_told=False, day=date(2027, 1, 21)) == 0
    made = queries.get(cast.sita, made.id)
    assert (made.ical_sequence, queries.tally(made).untold, len(outbox(kind=Kind.UPDATE))) == (1, 4, 0)
    assert stored(made, cast.amina).answer is Answer.YES
    with transaction():
        assert inviting.tell(cast.sita, made) == 4
        assert inviting.tell(cast.sita, made) == 0
    assert stored(made, cast.amina).answer is Answer.YES
    let_go()
    assert stored(made, cast.amina).answer is None
    assert queries.tally(made).untold == 0


def test_what_no_letter_speaks_of_is_told_to_nobody(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    assert change(cast.sita, made.id, is_chatham_house=True, theme_ids=[]) == 0
    assert queries.tally(queries.get(cast.sita, made.id)).untold == 0


def test_differences_are_those_a_letter_speaks_of(inside, cast):
    made = meeting(cast.sita)
    new = scheduling.differences(made, **details(ends=time(16), place="Elsewhere", theme_ids=[]))
    assert new == [("Time", "10:30am to 3pm", "10:30am to 4pm"), ("Place", "Example House, London", "Elsewhere")]
    assert scheduling.differences(made, **details()) == []


def test_going_online_asks_for_a_new_answer(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made, IN_PERSON)
    assert change(cast.sita, made.id, mode=Mode.ONLINE) == 4
    let_go()
    assert stored(made, cast.amina).answer is None


def test_a_sensitive_meeting_says_little_by_mail(inside, cast):
    made = meeting(cast.sita, marking=Marking.SENSITIVE, description="Operation Redstart")
    item(cast.sita, made, "Names of targets")
    invite(cast.sita, made)
    letter = outbox()[0]
    for text in (letter.text, letter.html, letter.calendar.replace(b"\r\n ", b"").decode()):
        assert "Redstart" not in text
        assert "Names of targets" not in text
        assert "OFFICIAL-SENSITIVE" in text


def test_the_joining_link_is_in_the_calendar_entry(inside, cast):
    invite(cast.sita, meeting(cast.sita))
    assert "https://meet.example/forum" in outbox()[0].calendar.replace(b"\r\n ", b"").decode()


# --- what the worker asks before a letter leaves ---------------------------------------------------------------------


def states() -> dict[Kind, set[State]]:
    found: dict[Kind, set[State]] = {}
    for letter in outbox():
        found.setdefault(letter.kind, set()).add(letter.state)
    return found


def test_a_meeting_cancelled_before_its_invitations_left_sends_nothing(inside, cast, mailbox):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    with transaction():
        scheduling.cancel(cast.sita, made, "Flooded")
    assert taken(mailbox) == {}
    assert states() == {Kind.INVITATION: {State.SKIPPED}, Kind.CANCELLATION: {State.SKIPPED}}


def test_who_left_meanwhile_gets_no_invitation(inside, cast, mailbox):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    with transaction():
        db.session.get_one(Member, cast.bryn.id).standing = Standing.LEFT
    assert cast.bryn.email not in taken(mailbox)
    assert outbox(member_id=cast.bryn.id)[0].last_words == "This member has left the Forum."


def test_a_correction_before_the_worker_came_replaces_the_first_letter(inside, cast, mailbox):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    change(cast.sita, made.id, place="The right house")
    assert b"Subject: Invitation" in taken(mailbox)[cast.amina.email]  # she never had the first, so nothing is new
    first, second = outbox(member_id=cast.amina.id)
    assert (first.state, second.state) == (State.SKIPPED, State.SENT)
    assert "The right house" in second.text


# --- answers ---------------------------------------------------------------------------------------------------------


def test_answers_are_added_and_the_last_one_stands(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made, IN_PERSON, note="Step-free access")
    answer(cast.amina, made, NO)
    assert (stored(made, cast.amina).answer, stored(made, cast.amina).mode) == (Answer.NO, None)
    given = queries.replies(stored(made, cast.amina))
    assert [(row.answer_in_words, row.note) for row in given] == [("No", ""), ("Yes, in person", "Step-free access")]
    assert queries.tally(made)[:6] == (4, 0, 0, 0, 1, 3)


def test_an_answer_given_on_an_outdated_view_leaves_nothing_of_the_other(inside, cast):
    """The other's answer arrived after this one's invitation was read: no half of it may remain."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    outdated = queries.invitation_of(cast.amina, made)
    assert outdated.mode is None
    db.session.expunge(outdated)
    answer(cast.amina, made, ONLINE)
    with transaction():
        replying.answer(cast.amina, made, outdated, MAYBE)
    assert (stored(made, cast.amina).answer, stored(made, cast.amina).mode) == (Answer.MAYBE, None)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InvitationReply)) == 2


def test_the_secretariat_answers_for_somebody_and_it_shows(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    with transaction():
        replying.answer(cast.sita, made, queries.invitation(made, cast.bryn.id), MAYBE, note="Said by phone")
    row = queries.replies(stored(made, cast.bryn))[0]
    assert (row.source, row.recorded_by) == (AnswerSource.SECRETARIAT, "Sita Curlew")
    line = db.session.scalars(sa.select(history.HistoryLine).order_by(history.HistoryLine.id.desc())).first()
    assert (line.verb, line.actor_id, line.details["source"]) == ("answered", cast.sita.id, "secretariat")


def test_a_member_answers_for_nobody_else(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    with pytest.raises(NotFound):
        replying.answer(cast.amina, made, queries.invitation(made, cast.bryn.id), NO)
    assert db.session.scalar(sa.select(sa.func.count(Invitation.answer))) == 0


def test_somebody_who_leaves_the_forum_is_taken_off_what_is_to_come_and_told_so_by_their_calendar(inside, cast):
    planned, over = meeting(cast.sita), meeting(cast.sita)
    for held in (planned, over):
        invite(cast.sita, held)
    letters.deliver_due()
    with transaction():
        over.starts_at, over.ends_at = clock.now() - timedelta(hours=3), clock.now() - timedelta(hours=1)
    with transaction():
        assert inviting.withdraw_all(cast.sita, cast.amina, "You have left the Forum.") == 1
    assert stored(planned, cast.amina).removed_at is not None
    assert stored(over, cast.amina).removed_at is None
    told = db.session.scalars(sa.select(Letter).where(Letter.kind == Kind.CANCELLATION)).all()
    assert [(letter.member_id, letter.calendar_method) for letter in told] == [(cast.amina.id, "CANCEL")]


def test_whose_invitation_is_withdrawn_is_no_longer_counted_among_those_it_was_sent_to(inside, cast):
    planned = meeting(cast.sita)
    invite(cast.sita, planned)
    letters.deliver_due()
    everybody = queries.progress(planned).total
    with transaction():
        inviting.withdraw(cast.sita, planned, stored(planned, cast.amina), "Moved to another post")
    letters.deliver_due()
    assert queries.progress(planned).words == f"{everybody - 1} of {everybody - 1} sent"
