"""Reminders: when each is due, to whom it goes, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.letters import Kind, Letter, State
from forum.meetings.commands import reminding, scheduling
from forum.meetings.models import AgendaItem, Meeting, Paper, Reminder, Segment
from forum.meetings.queries import reminders
from forum.meetings.rules import MAYBE, NO
from forum.meetings.rules import reminders as rules
from forum.members.models import Member
from forum.reference.models import Marking
from tests.mail.check_invite import check
from tests.meetings.builders import BEFORE, answer, crowd, invite, item, meeting

WEEK_BEFORE = datetime(2027, 1, 13, 9, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def before() -> Iterator[Any]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def open_meeting(inside, cast) -> Meeting:
    """Amina, Bryn, Olu and Sita are invited; their letters have gone."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    run()
    return made


def run() -> None:
    """What the worker does about reminders and letters, as often as there is something to do."""
    more = True
    while more:
        with transaction():
            more = reminding.send_due()
    letters.deliver_due()
    db.session.expire_all()


def remind(by: Member, about: Meeting, segment: Segment = Segment.NO_ANSWER, **more: Any) -> Reminder:
    usual: dict[str, Any] = {"days_before": 7, "day": None, "at": None, "words": ""}
    with transaction():
        return reminding.remind(by, about, segment=segment, **(usual | more))


def at(by: Member, about: Meeting, moment: datetime, segment: Segment = Segment.EVERYONE, **more: Any) -> Reminder:
    local = clock.london(moment)
    return remind(by, about, segment, days_before=None, day=local.date(), at=local.time(), **more)


def sent() -> list[Letter]:
    db.session.rollback()
    wanted = sa.select(Letter).where(Letter.kind == Kind.REMINDER).order_by(Letter.id)
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def names() -> list[str]:
    return sorted(letter.to_name.split()[0] for letter in sent() if letter.state is State.SENT)


# --- when ---


@pytest.mark.parametrize(
    ("starts_at", "days", "due"),
    [
        (datetime(2027, 1, 20, 10, 30, tzinfo=UTC), 7, datetime(2027, 1, 13, 9, tzinfo=UTC)),
        (
            datetime(2027, 3, 30, 9, 30, tzinfo=UTC),
            2,
            datetime(2027, 3, 28, 8, tzinfo=UTC),
        ),  # the day the clocks change
        (datetime(2027, 3, 30, 9, 30, tzinfo=UTC), 3, datetime(2027, 3, 27, 9, tzinfo=UTC)),
        (datetime(2027, 10, 31, 23, 30, tzinfo=UTC), 0, datetime(2027, 10, 31, 9, tzinfo=UTC)),
        (datetime(2028, 3, 1, 10, tzinfo=UTC), 1, datetime(2028, 2, 29, 9, tzinfo=UTC)),
    ],
)
def test_so_many_days_before_is_nine_o_clock_in_london(starts_at, days, due):
    assert reminders.due_at(Meeting(starts_at=starts_at), days, None) == due


def test_a_reminder_more_than_a_day_and_a_half_late_is_none():
    due, starts = datetime(2027, 1, 13, 9, tzinfo=UTC), datetime(2027, 1, 20, 10, tzinfo=UTC)
    assert rules.why_left_out(due, starts, due + timedelta(hours=36)) is None
    assert rules.why_left_out(due, starts, due + timedelta(hours=36, seconds=1)) == "late"
    assert rules.why_left_out(due, starts, starts) == "begun"


# --- to whom ---


def test_who_has_not_answered_is_reminded_on_the_day_and_not_before(open_meeting, cast, before):
    answer(cast.amina, open_meeting)
    remind(cast.sita, open_meeting)
    before.move_to(WEEK_BEFORE - timedelta(seconds=10))
    run()
    assert sent() == []
    before.move_to(WEEK_BEFORE)
    answer(cast.bryn, open_meeting, NO)
    run()
    assert names() == ["Olu", "Sita"]
    run()
    assert len(sent()) == 2
    reminder = db.session.scalars(sa.select(Reminder)).one()
    assert (reminder.letters, reminder.settled_at, reminder.left_out_because) == (2, WEEK_BEFORE, "")


@pytest.mark.parametrize(
    ("segment", "people"),
    [
        (Segment.EVERYONE, ["Amina", "Bryn", "Sita"]),
        (Segment.NO_ANSWER, ["Sita"]),
        (Segment.YES, ["Amina"]),
        (Segment.MAYBE, ["Bryn"]),
        (Segment.ITEM_LEADS, ["Ada", "Bryn"]),
        (Segment.PAPER_OWNERS, ["Olu"]),
    ],
)
def test_each_segment_is_these_people(open_meeting, cast, before, segment, people):
    answer(cast.amina, open_meeting)
    answer(cast.bryn, open_meeting, MAYBE)
    answer(cast.olu, open_meeting, NO)
    for lead in (cast.bryn, cast.bryn, cast.ada):
        number = item(cast.sita, open_meeting, title=f"Led by {lead.id}")
        with transaction():
            db.session.get(AgendaItem, number).lead_id = lead.id
    with transaction():
        more = {"meeting_id": open_meeting.id, "author": "", "marking": Marking.OFFICIAL}
        db.session.add(Paper(number=1, title="Figures", owner_id=cast.olu.id, **more))
        db.session.add(Paper(number=2, title="Gone", owner_id=cast.amina.id, withdrawn_at=clock.now(), **more))
    remind(cast.sita, open_meeting, segment)
    assert reminders.counts(open_meeting)[segment] == len(people)
    before.move_to(WEEK_BEFORE)
    run()
    assert names() == people
    letter = sent()[0]
    if segment is Segment.ITEM_LEADS:
        assert letter.text.count(f"- Led by {letter.member_id}") == 2 - (letter.member_id == cast.ada.id)
    if segment is Segment.PAPER_OWNERS:
        assert "- Figures" in letter.text


def test_nobody_who_has_had_enough_or_has_left_is_reminded(open_meeting, cast, before):
    remind(cast.sita, open_meeting)
    with transaction():
        db.session.execute(sa.update(Member).where(Member.id == cast.amina.id).values(wants_meeting_mail=False))
        db.session.execute(sa.update(Member).where(Member.id == cast.bryn.id).values(email=None))
    before.move_to(WEEK_BEFORE)
    run()
    assert names() == ["Olu", "Sita"]


def test_a_letter_says_when_where_and_how_to_answer_and_names_nobody_else(open_meeting, cast, before):
    remind(cast.sita, open_meeting, words="Please *answer* <now>.")
    before.move_to(WEEK_BEFORE)
    run()
    letter = next(letter for letter in sent() if letter.member_id == cast.amina.id)
    assert letter.subject == "Reminder: EGVE Forum: mental health, 20 January 2027"
    for words in (
        "Please *answer* <now>.",
        "Wednesday 20 January 2027, 10:30am to 3pm",
        "Example House",
        "https://meet.example/forum",
        f"https://forum.example/meetings/{open_meeting.id}",
        "https://forum.example/reply/",
        "https://forum.example/unsubscribe/",
    ):
        assert words in letter.text, words
    assert "<em>answer</em> &lt;now&gt;" in letter.html
    for other in (cast.bryn, cast.olu, cast.sita):
        assert other.name not in letter.text + letter.html
    assert letter.not_after == open_meeting.starts_at
    report, _ = check(letters.build(letter))
    assert {rule for _, rule, _ in report.items} == {"M07", "M08"}  # no calendar part, which a reminder has not


def test_a_sensitive_meeting_is_reminded_of_without_its_items(inside, cast, before):
    made = meeting(cast.sita, marking=Marking.SENSITIVE)
    number = item(cast.sita, made, title="A delicate matter")
    with transaction():
        db.session.get(AgendaItem, number).lead_id = cast.bryn.id
    remind(cast.sita, made, Segment.ITEM_LEADS)
    before.move_to(WEEK_BEFORE)
    run()
    (letter,) = sent()
    assert "OFFICIAL-SENSITIVE" in letter.text
    assert "delicate" not in letter.text + letter.html
    assert "meet.example" not in letter.text  # Bryn leads an item and was not invited
    assert "/reply/" not in letter.text


# --- none that makes no sense ---


def test_nothing_goes_out_before_the_meeting_is_open(inside, cast, before):
    made = meeting(cast.sita, is_open=False)
    remind(cast.sita, made, Segment.EVERYONE)
    before.move_to(WEEK_BEFORE)
    run()
    assert db.session.scalars(sa.select(Reminder.settled_at)).all() == [None]


def test_nothing_goes_out_after_a_cancellation(open_meeting, cast, before):
    remind(cast.sita, open_meeting)
    with transaction():
        scheduling.cancel(cast.sita, open_meeting, "The hall is flooded.")
    before.move_to(WEEK_BEFORE)
    run()
    assert sent() == []


def test_a_worker_that_was_down_for_a_day_catches_up(open_meeting, cast, before):
    remind(cast.sita, open_meeting)
    before.move_to(WEEK_BEFORE + timedelta(hours=35))
    run()
    assert len(names()) == 4


@pytest.mark.parametrize(
    ("late", "words"), [(37, "more than 36 hours late"), (24 * 7 + 2, "by now the meeting has begun")]
)
def test_what_comes_too_late_is_left_out_and_says_why(open_meeting, cast, before, late, words):
    remind(cast.sita, open_meeting)
    before.move_to(WEEK_BEFORE + timedelta(hours=late))
    run()
    assert sent() == []
    reminder = db.session.scalars(sa.select(Reminder)).one()
    assert words in reminder.left_out_because
    assert "The worker was not running on" in reminder.left_out_because
    assert "13 January 2027 at 9am" in reminder.left_out_because


def test_of_several_due_at_once_each_person_gets_the_newest_alone(open_meeting, cast, before):
    answer(cast.amina, open_meeting)
    at(cast.sita, open_meeting, WEEK_BEFORE + timedelta(hours=1), words="The older")
    at(cast.sita, open_meeting, WEEK_BEFORE + timedelta(hours=8), Segment.NO_ANSWER, words="The newer")
    before.move_to(WEEK_BEFORE + timedelta(hours=20))
    run()
    told = {letter.to_name.split()[0]: letter.text for letter in sent()}
    assert {name: "The newer" in text for name, text in told.items()} == {
        "Amina": False, "Bryn": True, "Olu": True, "Sita": True,
    }  # fmt: skip
    assert len(sent()) == 4


def test_two_that_are_due_one_after_the_other_both_go(open_meeting, cast, before):
    at(cast.sita, open_meeting, WEEK_BEFORE + timedelta(hours=1))
    at(cast.sita, open_meeting, WEEK_BEFORE + timedelta(hours=8))
    for hours in (2, 9):
        before.move_to(WEEK_BEFORE + timedelta(hours=hours))
        run()
    assert len(sent()) == 8


def test_who_answers_while_the_letter_waits_is_not_reminded(open_meeting, cast, before):
    remind(cast.sita, open_meeting)
    before.move_to(WEEK_BEFORE)
    with transaction():
        reminding.send_due()
    answer(cast.bryn, open_meeting)
    letters.deliver_due()
    assert names() == ["Amina", "Olu", "Sita"]
    assert [x.last_words for x in sent() if x.state is State.SKIPPED] == ["This person has answered meanwhile."]


def test_a_letter_of_a_meeting_that_was_moved_or_cancelled_meanwhile_stays(open_meeting, cast, before):
    remind(cast.sita, open_meeting)
    before.move_to(WEEK_BEFORE)
    with transaction():
        reminding.send_due()
    with transaction():
        found = db.session.get(Meeting, open_meeting.id)
        found.starts_at += timedelta(hours=1)
    letters.deliver_due()
    assert {letter.last_words for letter in sent()} == {"The meeting was moved after this reminder was written."}


# --- in parts, without growing ---


def test_many_are_reminded_in_parts_and_nobody_twice(inside, cast, before, statements):
    crowd(450)
    made = meeting(cast.sita)
    invite(cast.sita, made)
    remind(cast.sita, made, Segment.EVERYONE)
    before.move_to(WEEK_BEFORE)
    parts = []
    more = True
    while more:
        with statements() as seen, transaction():
            more = reminding.send_due()
        parts.append(len(seen))
    assert len(parts) == 4  # 200, 200 and 54; then there is nothing to do
    assert max(parts[:2]) <= 7
    assert len(sent()) == 454
    assert db.session.scalars(sa.select(Reminder.letters)).one() == 454


# --- set, changed, removed ---


def test_the_usual_ones_are_set_once_and_only_those_still_to_come(open_meeting, cast, before):
    for expected in (2, 0):
        with transaction():
            assert reminding.remind_as_usual(cast.sita, open_meeting) == expected
    found = reminders.of_meeting(open_meeting)
    assert [(one.segment, one.days_before) for one in found] == [(Segment.NO_ANSWER, 7), (Segment.YES, 2)]
    with transaction():
        reminding.remove(cast.sita, open_meeting, found[1])
    before.move_to(WEEK_BEFORE)
    with transaction():
        assert reminding.remind_as_usual(cast.sita, open_meeting) == 1


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"days_before": 60}, "days_before"),
        ({"days_before": None, "day": date(2026, 11, 30), "at": time(9)}, "day"),
        ({"days_before": None, "day": date(2027, 1, 20), "at": time(10, 30)}, "day"),
        ({"days_before": None, "day": date(2027, 1, 19)}, "at"),
        ({"words": "x" * 2001}, "words"),
    ],
)
def test_a_reminder_that_could_never_go_is_refused(open_meeting, cast, details, field):
    with pytest.raises(Rejected) as refusal:
        remind(cast.sita, open_meeting, **details)
    assert refusal.value.field == field


def test_a_time_the_clocks_leave_out_is_refused(inside, cast):
    made = meeting(cast.sita, day=date(2027, 4, 7))
    with pytest.raises(Rejected, match="clocks go forward"):
        remind(cast.sita, made, days_before=None, day=date(2027, 3, 28), at=time(1, 30))


def test_only_the_secretariat_reminds_and_the_same_form_makes_one(open_meeting, cast):
    with pytest.raises(NotAllowed):
        remind(cast.amina, open_meeting)
    first = remind(cast.sita, open_meeting, form_key="k")
    assert remind(cast.sita, open_meeting, form_key="k").id == first.id


def test_what_has_gone_out_can_no_longer_be_changed(open_meeting, cast, before):
    reminder = remind(cast.sita, open_meeting)
    details = {"segment": Segment.YES, "days_before": 2, "day": None, "at": None, "words": ""}
    with transaction():
        reminding.change(cast.sita, open_meeting, reminder, 1, **details)
    with pytest.raises(Rejected, match="Somebody changed"), transaction():
        reminding.change(cast.sita, open_meeting, reminder, 1, **details)
    with transaction():
        reminding.change(cast.sita, open_meeting, reminder, 2, **(details | {"days_before": 7}))
    before.move_to(WEEK_BEFORE)
    run()
    with pytest.raises(Rejected, match="gone out"), transaction():
        reminding.remove(cast.sita, open_meeting, reminder)
