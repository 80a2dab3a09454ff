"""Places: first come, first served; those of a sector for that sector; who waits is offered what comes free."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from forum.base.db import db, transaction
from forum.base.errors import Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import inviting, places, replying, scheduling
from forum.meetings.models import Answer, AnswerSource, Invitation, Meeting, Mode, Place
from forum.meetings.queries import places as place_queries
from forum.meetings.rules import IN_PERSON, MAYBE, NO, ONLINE
from forum.meetings.rules import places as rules
from forum.meetings.rules.places import Places
from forum.members.models import Member
from tests import builders
from tests.meetings.builders import BEFORE, answer, crowd, invite, meeting, stored

SECTORS = st.sampled_from([None, 1, 2, 3])
STARTS = builders.moment(2027, 1, 20, 10, 30)


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


# --- rules -------------------------------------------------------------------------------------------------------------


@given(
    st.integers(0, 12),
    st.dictionaries(st.sampled_from([1, 2, 3]), st.integers(0, 5)),
    st.lists(SECTORS, max_size=20),
)
def test_never_more_than_there_are_and_reserves_only_for_their_sector(capacity, reserved, line):
    if sum(reserved.values()) > capacity:
        return
    found = rules.served(Places(capacity, reserved, {}), line)
    assert len(found) <= capacity
    by_sector = Counter(line[index] for index in found)
    wanted = Counter(line)
    general = capacity - sum(reserved.values())
    assert sum(max(0, n - reserved.get(s or 0, 0)) for s, n in by_sector.items()) <= general
    for sector, kept in reserved.items():  # nobody of a sector is turned away while a place is kept for it
        assert by_sector[sector] >= min(kept, wanted[sector])
    free = general - sum(max(0, n - reserved.get(s or 0, 0)) for s, n in by_sector.items())
    assert not free or len(found) == len(line)  # and nobody at all while any place is open to all
    for sector in wanted:  # within a sector, the order of the line
        mine = [index for index, one in enumerate(line) if one == sector]
        assert [index for index in mine if index in found] == mine[: by_sector[sector]]


@given(
    st.integers(0, 12),
    st.dictionaries(st.sampled_from([1, 2, 3]), st.integers(0, 5)),
    st.dictionaries(SECTORS, st.integers(0, 6)),
    SECTORS,
)
def test_what_is_free_is_never_below_nothing_nor_above_what_there_is(capacity, reserved, held, sector):
    found = Places(capacity, reserved, held)
    assert 0 <= found.free_for(sector) <= found.free <= capacity
    if found.free_for(sector):
        after = found.with_one_more(sector)
        assert after.free == found.free - 1
        assert after.free_for(sector) == found.free_for(sector) - 1


def test_somebody_of_a_sector_uses_the_place_kept_for_it_first():
    kept = Places(3, {1: 1}, {1: 1})
    assert (kept.free_for(1), kept.free_for(2)) == (2, 2)
    assert Places(3, {1: 1}, {2: 2}).free_for(2) == 0
    assert Places(3, {1: 1}, {2: 2}).free_for(1) == 1
    assert Places(3, {1: 1}, {2: 3}).free_for(1) == 0  # kept too late: they are all taken


def test_an_offer_stands_so_long_but_not_beyond_the_freeze():
    built = Meeting(mode=Mode.HYBRID, stage=scheduling.Stage.OPEN, starts_at=STARTS, confirm_within_hours=48)
    built.freeze_hours = 24
    freeze = STARTS - timedelta(hours=24)
    assert rules.offer_until(built, BEFORE) == BEFORE + timedelta(hours=48)
    assert rules.offer_until(built, freeze - timedelta(hours=5)) == freeze
    assert rules.offer_until(built, freeze - timedelta(minutes=59)) is None
    assert rules.offer_until(built, freeze) is None


@pytest.mark.parametrize(("capacity", "reserved", "field"), [(None, {1: 1}, "capacity"), (3, {1: 2, 2: 2}, "capacity")])
def test_no_more_is_kept_for_sectors_than_there_is(capacity, reserved, field):
    with pytest.raises(Rejected) as refused:
        rules.check_reserves(capacity, reserved)
    assert refused.value.field == field


# --- the life of a place -----------------------------------------------------------------------------------------------


def arrange(by: Member, made: Meeting, capacity: int | None, **more: Any) -> int:
    usual = {"reserved": {}, "confirm_within_hours": 48, "freeze_hours": 24}
    with transaction():
        return places.arrange(by, made, capacity=capacity, **(usual | more))


@pytest.fixture
def limited(inside, cast) -> Meeting:
    """Two places; everybody is invited."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    arrange(cast.sita, made, 2)
    return made


def place(made: Meeting, member: Member) -> Place | None:
    return stored(made, member).place


def told(made: Meeting) -> list[tuple[str, str]]:
    """Letters about places: to whom, with what news."""
    found = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("place:")).order_by(Letter.id))
    return [(letter.to_name.split()[0], letter.key.split(":")[2]) for letter in found]


def work() -> None:
    with transaction():
        places.settle_all()


def test_who_comes_first_has_a_place_and_who_gives_it_up_lets_the_next_in(cast, limited, before):
    for person in (cast.amina, cast.bryn, cast.olu, cast.sita):
        answer(person, limited, IN_PERSON)
    assert [place(limited, person) for person in (cast.amina, cast.bryn, cast.olu, cast.sita)] == [
        Place.TAKEN,
        Place.TAKEN,
        Place.WAITING,
        Place.WAITING,
    ]
    assert stored(limited, cast.olu).answer is Answer.YES  # the answer is kept as it was given
    assert [place_queries.own(stored(limited, person)).position for person in (cast.olu, cast.sita)] == [1, 2]
    answer(cast.amina, limited, NO)
    offer = stored(limited, cast.olu)
    assert (offer.place, offer.offered_until) == (Place.OFFERED, BEFORE + timedelta(hours=48))
    assert place_queries.own(stored(limited, cast.sita)).position == 1
    assert told(limited) == [("Olu", "offered")]
    answer(cast.olu, limited, IN_PERSON)
    assert place(limited, cast.olu) is Place.TAKEN
    assert place_queries.tally(limited)[:4] == (2, 2, 0, 1)


@pytest.mark.parametrize("way", [NO, MAYBE, ONLINE])
def test_any_other_answer_gives_the_place_up(cast, limited, way):
    for person in (cast.amina, cast.bryn, cast.olu):
        answer(person, limited, IN_PERSON)
    answer(cast.amina, limited, way)
    assert place(limited, cast.amina) is None
    assert place(limited, cast.olu) is Place.OFFERED
    answer(cast.amina, limited, IN_PERSON)  # who changes their mind goes to the end
    assert place(limited, cast.amina) is Place.WAITING


def test_an_offer_nobody_takes_goes_on_and_who_let_it_lapse_may_ask_again(cast, limited, before):
    for person in (cast.amina, cast.bryn, cast.olu, cast.sita):
        answer(person, limited, IN_PERSON)
    answer(cast.amina, limited, NO)
    before.shift(timedelta(hours=48))
    work()
    assert place(limited, cast.sita) is Place.OFFERED
    late = stored(limited, cast.olu)
    assert rules.has_let_lapse(late)
    assert place_queries.own(late) == (Place.WAITING, 0, None, True)
    work()
    assert told(limited) == [("Olu", "offered"), ("Olu", "lapsed"), ("Sita", "offered")]
    answer(cast.olu, limited, IN_PERSON)
    assert rules.is_in_line(stored(limited, cast.olu))
    before.shift(timedelta(hours=48))
    work()
    assert place(limited, cast.olu) is Place.OFFERED  # Sita let hers lapse in turn
    before.shift(timedelta(hours=48))
    work()
    work()
    assert place_queries.tally(limited) == (2, 1, 0, 0, 2)  # nobody is asked over and over


def test_an_answer_after_the_offer_has_lapsed_does_not_jump_the_line(cast, limited, before):
    for person in (cast.amina, cast.bryn, cast.olu, cast.sita):
        answer(person, limited, IN_PERSON)
    answer(cast.amina, limited, NO)
    before.shift(timedelta(hours=48))  # the worker is late
    answer(cast.olu, limited, IN_PERSON)
    work()
    assert place(limited, cast.olu) is Place.WAITING
    assert place(limited, cast.sita) is Place.OFFERED


def test_a_withdrawn_invitation_frees_its_place(cast, limited):
    for person in (cast.amina, cast.bryn, cast.olu):
        answer(person, limited, IN_PERSON)
    with transaction():
        inviting.withdraw(cast.sita, limited, queries.invitation(limited, cast.amina.id), "By mistake")
    assert place(limited, cast.olu) is Place.OFFERED
    assert place_queries.accepted(limited) == 2


def test_places_kept_for_a_sector(cast, limited):
    """Bryn's charity is kept one of the two places."""
    kept = {cast.bryn.organisation.sector_id: 1}
    arrange(cast.sita, limited, 2, reserved=kept)
    for person in (cast.amina, cast.olu, cast.bryn):
        answer(person, limited, IN_PERSON)
    assert [place(limited, person) for person in (cast.amina, cast.olu, cast.bryn)] == [
        Place.TAKEN,
        Place.WAITING,
        Place.TAKEN,
    ]
    answer(cast.bryn, limited, NO)
    assert place(limited, cast.olu) is Place.WAITING  # it stays kept
    assert arrange(cast.sita, limited, 2) == 1  # until it is kept no more
    assert place(limited, cast.olu) is Place.OFFERED


def test_frozen_nothing_is_offered_and_the_secretariat_gives_by_hand(cast, limited, before):
    for person in (cast.amina, cast.bryn, cast.olu, cast.sita):
        answer(person, limited, IN_PERSON)
    before.move_to(STARTS - timedelta(hours=24))
    answer(cast.amina, limited, NO)
    work()
    assert place(limited, cast.olu) is Place.WAITING
    answer(cast.amina, limited, IN_PERSON)
    assert place(limited, cast.amina) is Place.WAITING  # who waits is not passed over
    with transaction():
        places.give(cast.sita, limited, queries.invitation(limited, cast.sita.id))
    assert place(limited, cast.sita) is Place.TAKEN
    assert told(limited) == [("Sita", "given")]
    with transaction(), pytest.raises(Rejected, match="Every place is taken"):
        places.give(cast.sita, limited, queries.invitation(limited, cast.olu.id))
    with transaction(), pytest.raises(Rejected, match="does not wait"):
        places.give(cast.sita, limited, queries.invitation(limited, cast.sita.id))


def test_closing_the_list_ends_the_offers(cast, limited):
    for person in (cast.amina, cast.bryn, cast.olu):
        answer(person, limited, IN_PERSON)
    with transaction():
        places.freeze(cast.sita, limited)
    answer(cast.amina, limited, NO)
    assert place(limited, cast.olu) is Place.WAITING


def test_fewer_places_than_people_is_refused_and_more_are_offered_at_once(cast, limited):
    for person in (cast.amina, cast.bryn, cast.olu):
        answer(person, limited, IN_PERSON)
    with pytest.raises(Rejected, match="2 people have a place or an offer of one already") as refused:
        arrange(cast.sita, limited, 1)
    assert refused.value.field == "capacity"
    assert arrange(cast.sita, limited, 3) == 1
    with pytest.raises(Rejected, match="Enter 3 or more"):  # an offer is kept too
        arrange(cast.sita, limited, 2)
    answer(cast.sita, limited, IN_PERSON)
    arrange(cast.sita, limited, None)
    assert {place(limited, person) for person in cast[:4]} == {None}
    assert sorted(told(limited)[-2:]) == [("Olu", "given"), ("Sita", "given")]


def test_who_said_yes_before_places_were_limited_keeps_a_place(inside, cast):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    for person in (cast.amina, cast.bryn):
        answer(person, made, IN_PERSON)
    answer(cast.sita, made, ONLINE)
    with pytest.raises(Rejected, match="2 people"):
        arrange(cast.sita, made, 1)
    arrange(cast.sita, made, 2)
    answer(cast.olu, made, IN_PERSON)
    assert [place(made, person) for person in (cast.amina, cast.bryn, cast.sita, cast.olu)] == [
        Place.TAKEN,
        Place.TAKEN,
        None,
        Place.WAITING,
    ]


def test_a_yes_that_was_being_saved_as_the_limit_was_set_is_not_lost(cast, limited):
    """As a race would leave it: yes, and no place; the worker puts it right without going over the limit."""
    with transaction():
        rows = sa.update(Invitation).where(Invitation.meeting_id == limited.id)
        db.session.execute(rows.values(answer=Answer.YES, mode=Mode.IN_PERSON, answered_at=BEFORE))
    work()
    found = place_queries.tally(limited)
    assert (found.taken, found.waiting) == (2, 2)


def test_a_yes_from_a_calendar_learns_of_the_waiting_list_by_letter(cast, limited):
    for person in (cast.amina, cast.bryn):
        answer(person, limited, IN_PERSON)
    answer(cast.olu, limited, IN_PERSON, source=AnswerSource.CALENDAR)
    assert told(limited) == [("Olu", "waiting")]


def test_online_the_places_are_online(inside, cast):
    made = meeting(cast.sita, mode=Mode.ONLINE)
    invite(cast.sita, made)
    arrange(cast.sita, made, 1)
    answer(cast.amina, made, ONLINE)
    answer(cast.bryn, made, ONLINE)
    assert [place(made, cast.amina), place(made, cast.bryn)] == [Place.TAKEN, Place.WAITING]


def test_letters_tell_no_more_than_is_true_when_they_leave(cast, limited):
    for person in (cast.amina, cast.bryn, cast.olu):
        answer(person, limited, IN_PERSON)
    answer(cast.amina, limited, NO)
    offer = db.session.scalars(sa.select(Letter).where(Letter.key.contains(":offered:"))).one()
    assert places._still_holds(offer) is None
    assert "Bryn" not in offer.text
    assert "/reply/" in offer.text
    answer(cast.olu, limited, NO)
    assert places._still_holds(offer) == "This person's place has changed since."


def test_only_who_keeps_meetings_arranges_places(cast, limited):
    from forum.base.errors import NotAllowed

    for attempt in (
        lambda: arrange(cast.amina, limited, 5),
        lambda: places.give(cast.amina, limited, queries.invitation(limited, cast.amina.id)),
        lambda: places.freeze(cast.olu, limited),
    ):
        with pytest.raises(NotAllowed):
            attempt()


# --- fifty at once -----------------------------------------------------------------------------------------------------


def test_of_fifty_answers_at_once_each_place_is_taken_once_and_nobody_is_lost(app, cast):
    people, room = 50, 20
    with app.app_context():
        crowd(people)
        made = meeting(cast.sita)
        invite(cast.sita, made)
        arrange(cast.sita, made, room)
        found = db.session.scalars(sa.select(Member.id).where(Member.email.endswith("@crowd.example")))
        members = list(found)
    random.shuffle(members)
    ready = Barrier(10)

    def say(number: int) -> None:
        with app.app_context():
            if number in members[:10]:
                ready.wait(timeout=10)
            with transaction():
                who = db.session.get_one(Member, number)
                found = queries.get(who, made.id)
                replying.answer(who, found, queries.invitation_of(who, found), IN_PERSON)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(say, members))
    with app.app_context():
        found = place_queries.tally(made)
        assert (found.taken, found.offered, found.waiting) == (room, 0, people - room)
        answered = sa.select(HistoryLine.thing_id).where(HistoryLine.verb == "answered").order_by(HistoryLine.id)
        order = list(db.session.scalars(answered))
        waiting = [person.invitation_id for person in place_queries.line(made)]
        assert [number for number in order if number in set(waiting)] == waiting
        assert set(order[:room]).isdisjoint(waiting)  # the first twenty are the ones who have a place


def test_of_places_given_up_at_once_each_is_offered_once(app, cast):
    people, room = 30, 12
    with app.app_context():
        crowd(people)
        made = meeting(cast.sita)
        invite(cast.sita, made)
        arrange(cast.sita, made, room)
        members = list(db.session.scalars(sa.select(Member).where(Member.email.endswith("@crowd.example"))))
        for person in members:
            answer(person, made, IN_PERSON)
        holders = [person.id for person in members[:room]]

    def give_up(number: int) -> None:
        with app.app_context(), transaction():
            who = db.session.get_one(Member, number)
            found = queries.get(who, made.id)
            replying.answer(who, found, queries.invitation_of(who, found), NO)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(give_up, holders))
    with app.app_context():
        found = place_queries.tally(made)
        assert (found.taken, found.offered, found.waiting) == (0, room, people - 2 * room)
        assert len(told(made)) == room


def test_where_places_are_not_limited_nothing_is_asked_of_them(inside, cast, statements):
    made = meeting(cast.sita)
    invite(cast.sita, made)
    count: Callable[[list[str]], int] = len
    with statements() as seen:
        answer(cast.amina, made, IN_PERSON)
    assert not any("sector_places" in statement for statement in seen)
    assert count(seen) <= 6
