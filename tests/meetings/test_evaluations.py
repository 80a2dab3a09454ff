"""What people thought: once each, kept without the name, shown from five answers on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.meetings import queries as meetings
from forum.meetings.commands import attendance, evaluating
from forum.meetings.models import Evaluation, EvaluationGiven, Meeting
from forum.meetings.queries import attendance as attendances
from forum.meetings.queries import evaluations as queries
from forum.meetings.rules import IN_PERSON, NO
from forum.meetings.rules import attendance as marking
from forum.members.models import Member
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, DURING, answer, invite, meeting


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(inside, cast, clock) -> Meeting:
    """A meeting that is over: Amina said yes, Bryn no; Olu was there."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made, IN_PERSON)
    answer(cast.bryn, made, NO)
    clock.move_to(DURING)
    there(cast.sita, meetings.get(cast.sita, made.id), cast.olu)
    clock.move_to(AFTER)
    return meetings.get(cast.sita, made.id)


def there(by: Member, at: Meeting, who: Member) -> None:
    with transaction():
        attendance.mark(by, at, attendances.member(who.id), marking.IN_PERSON)


def give(who: Member, at: Meeting, usefulness: int = 4, heard: int = 3, words: str = "") -> None:
    with transaction():
        evaluating.give(who, at, usefulness=usefulness, heard=heard, words=words)


def test_who_was_there_or_said_yes_answers_and_nobody_else(cast, held):
    give(cast.amina, held)
    give(cast.olu, held)
    with pytest.raises(Rejected, match="for those who were at the meeting"):
        give(cast.bryn, held)


def test_nobody_answers_twice(cast, held):
    give(cast.amina, held)
    with pytest.raises(Rejected, match="already"):
        give(cast.amina, held, 1)
    assert db.session.scalars(sa.select(Evaluation.usefulness)).all() == [4]


def test_answers_are_taken_from_the_end_on_for_thirty_days(cast, held, clock):
    for moment in (held.ends_at - timedelta(seconds=1), held.ends_at + timedelta(days=30, seconds=1)):
        clock.move_to(moment)
        with pytest.raises(Rejected, match="from its end on, for 30 days"):
            give(cast.amina, held)
    clock.move_to(held.ends_at + timedelta(days=30))
    give(cast.amina, held)


@pytest.mark.parametrize(("usefulness", "heard", "field"), [(0, 3, "usefulness"), (3, 6, "heard")])
def test_grades_run_from_one_to_five(cast, held, usefulness, heard, field):
    with pytest.raises(Rejected) as refusal:
        give(cast.amina, held, usefulness, heard)
    assert refusal.value.field == field


def test_nothing_joins_what_was_said_to_who_said_it(cast, held):
    lines = db.session.scalar(sa.select(sa.func.count(HistoryLine.id)))
    give(cast.amina, held, words="Bring more tables")
    shared = {column.name for column in Evaluation.__table__.columns} & {
        column.name for column in EvaluationGiven.__table__.columns
    }
    assert shared == {"meeting_id"}
    assert db.session.scalar(sa.select(sa.func.count(HistoryLine.id))) == lines


def fill(by: Member, at: Meeting, people: int) -> None:
    for number in range(people):
        who = builders.member(organisation=by.organisation)
        there(by, at, who)
        give(who, at, usefulness=5 - number % 2, heard=2, words=f"Words {number}" if number % 2 else "")


def test_results_are_shown_from_five_answers_on(cast, held):
    fill(cast.sita, held, 4)
    few = queries.results(held)
    assert (few.answers, few.usefulness, few.heard, few.words) == (4, None, None, [])
    assert queries.trend() == []
    fill(cast.sita, held, 1)
    shown = queries.results(held)
    assert (shown.answers, shown.asked) == (5, 7)
    assert (shown.usefulness.average, shown.usefulness.counts) == (4.6, (0, 0, 0, 2, 3))
    assert sorted(shown.words) == ["Words 1", "Words 3"]
    assert [(row.theme, row.answers, row.usefulness, row.heard) for row in queries.trend()] == [
        (builders.theme().title, 5, 4.6, 2.0)
    ]


def test_those_who_were_there_are_asked_once_by_letter(cast, held):
    there(cast.sita, held, cast.amina)
    with transaction():
        db.session.execute(sa.update(Member).where(Member.id == cast.amina.id).values(wants_meeting_mail=False))
    with transaction():
        assert evaluating.ask(cast.sita, held) == 1
    with transaction():
        assert evaluating.ask(cast.sita, held) == 0
    letter = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("evaluation:"))).one()
    assert (letter.to_name, letter.list_name) == ("Olu Hazel", "meetings")
    link = f"https://forum.example/evaluation/{queries.token(held.id, cast.olu.id)}"
    assert link in letter.text
    assert link in letter.html
    assert held.evaluation_asked_at == AFTER


def test_only_the_secretariat_asks_and_not_before_the_end(cast, held, clock):
    with pytest.raises(NotAllowed):
        evaluating.ask(cast.olu, held)
    clock.move_to(DURING)
    with pytest.raises(Rejected, match="from the end"):
        evaluating.ask(cast.sita, held)


def test_a_link_is_its_own_and_ends_with_membership(cast, held):
    token = queries.token(held.id, cast.amina.id)
    assert [one.id for one in queries.by_link(token)] == [held.id, cast.amina.id]
    assert queries.by_link(meetings.reply_token(held.id, cast.amina.id, 1)) is None
    assert queries.by_link(token + "x") is None
