"""Challenges on the agendas of meetings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.challenges import queries
from forum.challenges.commands import agendas
from forum.challenges.models import Challenge
from forum.challenges.queries import agendas as on_agendas
from forum.meetings import queries as meetings
from forum.meetings.commands import agendas as items
from forum.meetings.models import Meeting, Purpose
from forum.members.models import Member
from forum.reference.models import Marking
from tests.challenges.builders import challenge, thread
from tests.meetings.builders import AFTER, BEFORE, item, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def put(by: Member, raised: Challenge, on: Meeting, **more: str) -> int:
    with transaction():
        details = {"minutes": 30, "purpose": Purpose.DISCUSSION}
        return agendas.put_on_agenda(by, queries.get(by, raised.id), on, **(details | more)).id


def test_a_challenge_on_an_agenda_is_seen_from_both(inside, cast):
    raised, made = challenge(cast.sita, owner_id=cast.olu.id), meeting(cast.sita)
    item(cast.sita, made)
    number = put(cast.sita, raised, made)
    row = meetings.agenda(made)[-1]
    assert (row.title, row.minutes, row.lead, row.lead_id) == (raised.title, 30, "Olu Hazel", cast.olu.id)
    where = on_agendas.agendas_of(cast.amina, raised)
    assert [(one.reference, one.number, one.item_id) for one in where] == [(made.reference, "2", number)]
    marks = on_agendas.on_agenda(cast.amina, made)
    assert [mark.reference for mark in marks[number]] == [raised.reference]


def test_the_item_may_become_a_sub_item(inside, cast):
    raised, made = challenge(cast.sita), meeting(cast.sita)
    item(cast.sita, made)
    number = put(cast.sita, raised, made)
    with transaction():
        items.make_part(cast.sita, made, meetings.item(made, number), seen_at=2)
    assert on_agendas.agendas_of(cast.sita, raised)[0].number == "1.1"


def test_it_is_put_there_once(inside, cast):
    raised, made = challenge(cast.sita), meeting(cast.sita)
    number = put(cast.sita, raised, made, form_key="once")
    assert put(cast.sita, raised, made, form_key="once") == number
    with pytest.raises(Rejected, match=f"{made.reference} already, as item 1") as refusal:
        put(cast.sita, raised, made, form_key="twice")
    assert refusal.value.field == "meeting"


def test_a_draft_is_known_to_the_secretariat_alone(inside, cast):
    raised, draft = challenge(cast.sita), meeting(cast.sita, is_open=False)
    put(cast.sita, raised, draft)
    assert on_agendas.agendas_of(cast.amina, raised) == []
    assert len(on_agendas.agendas_of(cast.sita, raised)) == 1


def test_members_and_meetings_that_are_over_do_not_take_it(inside, cast, before):
    raised, made = challenge(cast.sita), meeting(cast.sita)
    for person in (cast.amina, cast.olu):
        with pytest.raises(NotAllowed):
            put(person, raised, made)
    before.move_to(AFTER)
    with pytest.raises(Rejected, match="is over"):
        put(cast.sita, raised, made)


def test_a_sensitive_challenge_is_but_a_reference_on_an_agenda_that_goes_out_by_mail(inside, cast):
    said = thread(cast.amina, marking=Marking.SENSITIVE)
    raised = challenge(cast.sita, (said, "We wait nine weeks for a first appointment."))
    ordinary, closed = meeting(cast.sita), meeting(cast.sita, marking=Marking.SENSITIVE)
    put(cast.sita, raised, ordinary)
    put(cast.sita, raised, closed)
    assert meetings.agenda(ordinary)[0].title == f"Challenge {raised.reference}"
    assert meetings.agenda(closed)[0].title == raised.title


def test_it_is_taken_off_with_its_item(inside, cast):
    raised, made = challenge(cast.sita), meeting(cast.sita)
    number, other = put(cast.sita, raised, made), item(cast.sita, made)
    for wrong in (other,):
        with pytest.raises(Rejected, match="no longer about"), transaction():
            agendas.take_off_agenda(cast.sita, raised, made, meetings.item(made, wrong))
    with transaction():
        agendas.take_off_agenda(cast.sita, raised, made, meetings.item(made, number))
    assert [row.id for row in meetings.agenda(made)] == [other]
    assert on_agendas.agendas_of(cast.sita, raised) == []


def test_an_item_removed_from_the_agenda_leaves_the_challenge(inside, cast):
    raised, made = challenge(cast.sita), meeting(cast.sita)
    number = put(cast.sita, raised, made)
    with transaction():
        items.remove_item(cast.sita, made, meetings.item(made, number))
    db.session.expire_all()
    assert on_agendas.agendas_of(cast.sita, queries.get(cast.sita, raised.id)) == []
