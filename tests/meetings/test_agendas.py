"""Agendas: sub-items, the whole order at once, what members propose, the backlog; and how a meeting runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import agendas, proposals, scheduling
from forum.meetings.models import AgendaItem, Meeting, Proposal, ProposalState, Purpose
from forum.meetings.queries import agendas as reading
from forum.meetings.queries import proposals as proposed
from forum.meetings.rules import agendas as order_rules
from forum.meetings.rules import proposals as rules
from forum.members.models import Member, Standing
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, item, meeting
from tests.together import at_once


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def shown(by: Member, made: Meeting) -> list[tuple[str, str, str]]:
    """Number, start and title of each item, as the database has them."""
    db.session.expire_all()
    found = queries.get(by, made.id)
    return [(row.number, clock.show_time(row.starts_at), row.title) for row in queries.agenda(found)]


def numbers(by: Member, made: Meeting) -> str:
    return " ".join(f"{number}{title}" for number, _, title in shown(by, made))


def positions(made: Meeting) -> list[tuple[int | None, int]]:
    wanted = sa.select(AgendaItem.parent_id, AgendaItem.position).where(AgendaItem.meeting_id == made.id)
    return sorted(
        ((parent, position) for parent, position in db.session.execute(wanted)), key=lambda p: (p[0] or 0, p[1])
    )


def done(act: Callable[..., object], actor: Member, made: Meeting, number: int, **more: int) -> object:
    with transaction():
        return act(actor, made, queries.item(made, number), **more)


def call(by: Member, made: Meeting, last_day: date = date(2027, 1, 6)) -> None:
    with transaction():
        proposals.call(by, made, last_day)


def propose(by: Member, made: Meeting, title: str = "Waiting times", **more: str) -> Proposal:
    details = {"title": title, "reason": "Nobody knows how long.", "minutes": 20, "purpose": Purpose.DISCUSSION}
    with transaction():
        return proposals.propose(by, made, **(details | more))


def letters() -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).order_by(Letter.id)))


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "parts", "lasts"), [(10, [], 10), (10, [5, 20], 25), (40, [5, 20], 40)])
def test_an_item_lasts_as_long_as_its_sub_items_unless_it_is_longer_itself(own, parts, lasts):
    assert order_rules.lasts(own, parts) == lasts


def test_an_order_is_said_and_read():
    assert order_rules.in_words([(3, None), (7, None), (9, 7), (12, None)]) == "3 7 9:7 12"
    read = order_rules.read_order("3 7 9:7 12", [12, 9, 7, 3])
    assert [(spot.id, spot.parent_id, spot.position) for spot in read] == [
        (3, None, 1),
        (7, None, 2),
        (9, 7, 1),
        (12, None, 3),
    ]


@pytest.mark.parametrize(
    "order",
    ["", "3 7", "3 7 9 12 13", "3 3 7 9", "3 7 9:7 12:9", "3 7 9:8 12", "3:3 7 9 12", "3 7 nine 12", "3 7 9: 12 -1",
     "3 7 ９ 12", "3 7 99999999999999999999 12"],
)  # fmt: skip
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(Rejected, match="not understood"):
        order_rules.read_order(order, [3, 7, 9, 12])


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "less than a day"), (1, "1 day"), (10, "10 days"), (15, "2 weeks"), (35, "1 month"), (125, "4 months"),
     (365, "1 year"), (800, "2 years")],
)  # fmt: skip
def test_how_long_something_waits(days, words):
    assert rules.waiting(BEFORE, BEFORE + timedelta(days=days, hours=3)) == words


def test_how_often_it_was_deferred():
    said = [rules.deferred(times) for times in (0, 1, 2, 3, 6)]
    assert said == [
        "",
        "Deferred once",
        "Deferred for the second time",
        "Deferred for the third time",
        "Deferred 6 times",
    ]


# --- sub-items -------------------------------------------------------------------------------------------------------


def test_sub_items_count_inside_their_item(inside, cast):
    made = meeting(cast.sita)
    item(cast.sita, made, "Welcome", 10)
    parent = item(cast.sita, made, "Mental health", 20)
    item(cast.sita, made, "Close", 5)
    item(cast.sita, made, "Schools", 15, parent_id=parent)
    item(cast.sita, made, "Hospitals", 20, parent_id=parent)
    assert shown(cast.sita, made) == [
        ("1", "10:30am", "Welcome"),
        ("2", "10:40am", "Mental health"),
        ("2.1", "10:40am", "Schools"),
        ("2.2", "10:55am", "Hospitals"),
        ("3", "11:15am", "Close"),
    ]
    items = queries.agenda(made)
    assert items[1].minutes == 35
    assert queries.overrun(made, items) == 10 + 35 + 5 - 270
    assert clock.show_time(reading.ends_at(made, items)) == "11:20am"


def test_a_sub_item_has_none_of_its_own(inside, cast):
    made, other = meeting(cast.sita), meeting(cast.sita)
    parent = item(cast.sita, made, "A")
    part = item(cast.sita, made, "B", parent_id=parent)
    for wrong in (part, 999_999, item(cast.sita, other, "Elsewhere")):
        with pytest.raises(Rejected) as refusal:
            item(cast.sita, made, "C", parent_id=wrong)
        assert refusal.value.field == "parent_id"


def test_items_become_sub_items_and_items_again(inside, cast):
    made = meeting(cast.sita)
    a, b, c, d = (item(cast.sita, made, title) for title in "ABCD")
    assert not done(agendas.make_part, cast.sita, made, a, seen_at=1)  # nothing stands before it
    assert done(agendas.make_part, cast.sita, made, b, seen_at=2)
    assert not done(agendas.make_part, cast.sita, made, b, seen_at=2)  # pressed twice
    assert done(agendas.make_part, cast.sita, made, c, seen_at=2)
    assert numbers(cast.sita, made) == "1A 1.1B 1.2C 2D"
    item(cast.sita, made, "Z")
    assert done(agendas.move_item, cast.sita, made, a, by=1, seen_at=1)
    with pytest.raises(Rejected, match="sub-items"):
        done(agendas.make_part, cast.sita, made, a, seen_at=2)
    assert numbers(cast.sita, made) == "1D 2A 2.1B 2.2C 3Z"
    assert done(agendas.move_item, cast.sita, made, c, by=-1, seen_at=2)
    assert done(agendas.make_whole, cast.sita, made, c)
    assert not done(agendas.make_whole, cast.sita, made, c)
    assert numbers(cast.sita, made) == "1D 2A 2.1B 3C 4Z"
    assert positions(made) == [(None, 1), (None, 2), (None, 3), (None, 4), (a, 1)]
    assert d  # moved up when A went down


def test_an_item_with_sub_items_is_not_removed(inside, cast):
    made = meeting(cast.sita)
    parent = item(cast.sita, made, "A")
    part = item(cast.sita, made, "B", parent_id=parent)
    with pytest.raises(Rejected, match="has sub-items"):
        done(agendas.remove_item, cast.sita, made, parent)
    done(agendas.remove_item, cast.sita, made, part)
    done(agendas.remove_item, cast.sita, made, parent)
    assert shown(cast.sita, made) == []


def test_what_somebody_else_removed_is_not_found(inside, cast):
    made = meeting(cast.sita)
    gone = queries.item(made, item(cast.sita, made))
    db.session.expunge(gone)
    done(agendas.remove_item, cast.ada, made, gone.id)
    for act, more in (
        (agendas.remove_item, {}),
        (agendas.move_item, {"by": 1, "seen_at": 1}),
        (agendas.make_whole, {}),
    ):
        with pytest.raises(NotFound), transaction():
            act(cast.sita, made, gone, **more)


# --- the whole order -------------------------------------------------------------------------------------------------


def test_the_whole_order_at_once(inside, cast):
    made = meeting(cast.sita)
    a, b, c, d = (item(cast.sita, made, title) for title in "ABCD")
    with transaction():
        agendas.put_in_order(cast.sita, made, order=f"{d} {b} {a}:{b} {c}:{b}", seen=f"{a} {b} {c} {d}")
    assert numbers(cast.sita, made) == "1D 2B 2.1A 2.2C"


def test_an_order_made_from_an_old_page_is_refused(inside, cast):
    made = meeting(cast.sita)
    a, b, c = (item(cast.sita, made, title) for title in "ABC")
    seen = f"{a} {b} {c}"
    with transaction():
        agendas.put_in_order(cast.ada, made, order=f"{c} {a} {b}", seen=seen)
    with pytest.raises(Rejected, match="Somebody else changed the agenda") as refusal, transaction():
        agendas.put_in_order(cast.sita, made, order=f"{b} {a} {c}", seen=seen)
    assert refusal.value.field == "order"
    assert numbers(cast.sita, made) == "1C 2A 3B"


def test_of_four_orders_at_once_one_stands(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        ids = [item(cast.sita, made, title) for title in "ABCD"]

    def put(turn: int) -> None:
        order = ids[turn + 1 :] + ids[: turn + 1] if turn < 3 else ids[::-1]
        with transaction():
            found = queries.get(cast.sita, made.id)
            agendas.put_in_order(cast.sita, found, order=" ".join(map(str, order)), seen=" ".join(map(str, ids)))

    said = at_once(app, put)
    assert sum(one is None for one in said) == 1, said
    with app.app_context():
        assert positions(made) == [(None, 1), (None, 2), (None, 3), (None, 4)]


def test_items_moved_by_four_people_at_once_keep_an_order(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        ids = [item(cast.sita, made, title) for title in "ABCDE"]

    def move(turn: int) -> bool:
        with transaction():
            found = queries.get(cast.sita, made.id)
            target = queries.item(found, ids[turn])
            return agendas.move_item(cast.sita, found, target, by=1, seen_at=turn + 1)

    at_once(app, move)
    with app.app_context():
        assert [position for _, position in positions(made)] == [1, 2, 3, 4, 5]


# --- who leads -------------------------------------------------------------------------------------------------------


def test_a_member_leads_by_name_or_by_other_words(inside, cast):
    made = meeting(cast.sita)
    first = item(cast.sita, made, "A", lead_id=cast.bryn.id)
    second = item(cast.sita, made, "B", lead_id=cast.bryn.id, lead="Canopy Youth Trust")
    third = item(cast.sita, made, "C", lead="The Minister")
    rows = {row.id: (row.lead, row.lead_id) for row in queries.agenda(made)}
    assert rows == {
        first: ("Bryn Heron", cast.bryn.id),
        second: ("Canopy Youth Trust", cast.bryn.id),
        third: ("The Minister", None),
    }
    assert (cast.bryn.id, "Bryn Heron") in reading.lead_choices()
    assert cast.ada.id not in dict(reading.lead_choices())


def test_who_has_left_leads_nothing_new(inside, cast):
    made = meeting(cast.sita)
    gone = builders.member("Gone Away", standing=Standing.LEFT)
    for wrong in (gone.id, 999_999):
        with pytest.raises(Rejected) as refusal:
            item(cast.sita, made, "A", lead_id=wrong)
        assert refusal.value.field == "lead_id"


# --- on the day ------------------------------------------------------------------------------------------------------


def running(made: Meeting, late: int, *parts: int) -> reading.Running:
    return reading.running(made, queries.agenda(made), late, builders.moment(2027, 1, 20, *parts))


def test_what_should_be_running(inside, cast):
    made = meeting(cast.sita)  # from 10:30
    item(cast.sita, made, "A", 30)
    parent = item(cast.sita, made, "B", 40)
    item(cast.sita, made, "C", 10, parent_id=parent)
    item(cast.sita, made, "D", 200)
    assert running(made, 0, 10, 29).current is None
    assert running(made, 0, 10, 30).current.title == "A"
    assert running(made, 0, 11, 5).current.title == "C"
    assert running(made, 0, 11, 10).current.title == "B"
    assert running(made, 10, 11, 5).current.title == "A"
    assert running(made, 0, 15, 0).current is None
    late = running(made, 10, 11, 15)
    assert [(row.title, clock.show_time(starts), is_over) for row, starts, is_over in late.items] == [
        ("A", "10:30am", True),
        ("B", "11:10am", False),
        ("C", "11:10am", False),
        ("D", "11:50am", False),
    ]
    assert (clock.show_time(late.ends_at), late.over_by) == ("3:10pm", 10)


def test_the_host_follows_the_agenda_too(inside, cast):
    made = meeting(cast.sita)
    with transaction():
        made.host_id = cast.bryn.id
    may = [order_rules.may_lead_through(person, made) for person in (cast.sita, cast.bryn, cast.amina)]
    assert may == [True, True, False]


# --- proposing -------------------------------------------------------------------------------------------------------


def test_members_propose_until_the_last_day_is_over(inside, cast, before):
    made = meeting(cast.sita)
    with pytest.raises(Rejected, match="does not ask for items"):
        propose(cast.amina, made)
    call(cast.sita, made)
    assert clock.show_moment(made.items_until) == "6 January 2027 at 11:59pm"
    assert not letters()
    first = propose(cast.amina, made, form_key="once")
    assert propose(cast.amina, made, form_key="once").id == first.id
    before.move_to(made.items_until)
    propose(cast.bryn, made)
    before.shift(timedelta(seconds=1))
    with pytest.raises(Rejected, match=r"until 6 January 2027 at 11:59pm.*still below"):
        propose(cast.amina, made, "Too late")
    assert proposed.waiting(made) == 2


def test_nobody_proposes_for_a_draft_or_a_cancelled_meeting(inside, cast):
    draft, off = meeting(cast.sita, is_open=False), meeting(cast.sita)
    call(cast.sita, draft)
    call(cast.sita, off)
    with transaction():
        scheduling.cancel(cast.sita, off, "Snow")
    with pytest.raises(Rejected, match="does not ask"):
        propose(cast.sita, draft)
    with pytest.raises(Rejected, match="cancelled"):
        propose(cast.amina, off)


@pytest.mark.parametrize(
    ("last_day", "words"), [(date(2026, 11, 30), "today or later"), (date(2027, 1, 21), "not be later")]
)
def test_a_call_ends_before_the_meeting(inside, cast, last_day, words):
    made = meeting(cast.sita)
    with pytest.raises(Rejected, match=words) as refusal:
        call(cast.sita, made, last_day)
    assert refusal.value.field == "last_day"
    with pytest.raises(NotAllowed):
        call(cast.amina, made)


def test_who_left_the_forum_proposes_nothing(inside, cast):
    made = meeting(cast.sita)
    call(cast.sita, made)
    with pytest.raises(NotAllowed):
        propose(builders.member("Gone Away", standing=Standing.LEFT), made)


# --- deciding --------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(inside, cast) -> Meeting:
    made = meeting(cast.sita)
    call(cast.sita, made)
    return made


def test_what_is_accepted_is_on_the_agenda_and_its_proposer_is_told(asked, cast):
    item(cast.sita, asked, "Welcome")
    proposal = propose(cast.amina, asked)
    with transaction():
        proposals.accept(cast.sita, proposal, asked, "Well put.")
    assert shown(cast.sita, asked)[-1] == ("2", "10:40am", "Waiting times")
    row = queries.agenda(asked)[-1]
    assert (row.lead, row.lead_id, row.minutes, row.purpose) == ("Amina Rowan", cast.amina.id, 20, Purpose.DISCUSSION)
    letter = letters()[0]
    assert (letter.to_address, letter.subject) == ("amina@cast.example", "Your item is on the agenda: Waiting times")
    assert "Well put." in letter.text
    assert f"https://forum.example/meetings/{asked.id}/agenda" in letter.text
    assert (letter.list_name, letter.about) == ("meetings", f"meeting:{asked.id}")


@pytest.mark.parametrize(
    ("act", "state", "words"),
    [(proposals.defer, ProposalState.DEFERRED, "kept for a later"), (proposals.decline, ProposalState.DECLINED, "will not be on")],
)  # fmt: skip
def test_a_no_has_a_reason_that_is_told(asked, cast, act, state, words):
    proposal = propose(cast.amina, asked)
    with pytest.raises(Rejected) as refusal, transaction():
        act(cast.sita, proposal, "")
    assert refusal.value.field == "reason"
    with transaction():
        act(cast.sita, proposal, "We have no time for it.")
    assert proposal.state is state
    letter = letters()[0]
    assert words in letter.text
    assert "We have no time for it." in letter.text
    row = proposed.own(cast.amina).items[0]
    assert (row.decision, row.decided_at) == ("We have no time for it.", clock.now())
    with pytest.raises(NotAllowed), transaction():
        act(cast.bryn, proposal, "Because")


def test_a_letter_about_a_sensitive_meeting_says_nothing_of_it(asked, cast):
    with transaction():
        asked.marking = "OFFICIAL-SENSITIVE"
    proposal = propose(cast.amina, asked, "Operation Heron")
    db.session.refresh(asked)
    with transaction():
        proposals.decline(cast.sita, proposal, "Not with Operation Heron running.")
    letter = letters()[0]
    assert "Heron" not in letter.subject + letter.text + letter.html
    assert "OFFICIAL-SENSITIVE" in letter.text


def test_no_letter_to_whoever_wants_none_or_did_it_themselves(asked, cast):
    with transaction():
        cast.amina.wants_meeting_mail = False
        db.session.add(cast.amina)
    for person in (cast.amina, cast.sita):
        proposal = propose(person, asked)
        with transaction():
            proposals.decline(cast.sita, proposal, "No.")
    assert letters() == []


def test_one_withdraws_ones_own_until_it_is_decided(asked, cast):
    proposal = propose(cast.amina, asked)
    with pytest.raises(NotAllowed), transaction():
        proposals.withdraw(cast.bryn, proposal)
    with transaction():
        proposals.withdraw(cast.amina, proposal)
    assert proposal.state is ProposalState.WITHDRAWN
    for again in (
        lambda: proposals.withdraw(cast.amina, proposal),
        lambda: proposals.accept(cast.sita, proposal, asked),
        lambda: proposals.defer(cast.sita, proposal, "Later"),
    ):
        with pytest.raises(Rejected, match="was withdrawn"), transaction():
            again()
    assert letters() == []


def test_a_proposal_accepted_four_times_at_once_makes_one_item(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        call(cast.sita, made)
        number = propose(cast.amina, made).id

    def accept(turn: int) -> None:
        actor = cast.sita if turn % 2 else cast.ada
        with transaction():
            proposals.accept(actor, proposed.get(actor, number), queries.get(actor, made.id))

    said = at_once(app, accept)
    assert sum(one is None for one in said) == 1
    assert sum("is on an agenda already" in str(one) for one in said) == 3
    with app.app_context():
        assert len(queries.agenda(queries.get(cast.sita, made.id))) == 1
        assert len(letters()) == 1


def test_accepted_and_declined_at_once_is_one_of_the_two(app, cast):
    with app.app_context():
        made = meeting(cast.sita)
        call(cast.sita, made)
        number = propose(cast.amina, made).id

    def decide(turn: int) -> None:
        with transaction():
            proposal = proposed.get(cast.sita, number)
            if turn % 2:
                proposals.decline(cast.sita, proposal, "No.")
            else:
                proposals.accept(cast.sita, proposal, queries.get(cast.sita, made.id))

    said = at_once(app, decide)
    assert sum(one is None for one in said) == 1, said
    with app.app_context():
        state = db.session.get_one(Proposal, number).state
        items = len(queries.agenda(queries.get(cast.sita, made.id)))
        assert (state, items) in {(ProposalState.ACCEPTED, 1), (ProposalState.DECLINED, 0)}


# --- the backlog -----------------------------------------------------------------------------------------------------


def test_the_backlog_keeps_what_was_deferred_with_its_age(asked, cast, before):
    proposal = propose(cast.amina, asked)
    for _ in range(3):
        with transaction():
            proposals.defer(cast.sita, proposal, "Later.")
    before.shift(timedelta(days=125))
    row = proposed.backlog().items[0]
    assert (row.meeting_id, row.deferred, row.waiting(clock.now())) == (None, "Deferred for the third time", "4 months")
    later = meeting(cast.sita, day=date(2027, 6, 1))
    with transaction():
        proposals.accept(cast.sita, proposal, later)
    assert proposed.backlog().items == []
    assert [title for _, _, title in shown(cast.sita, later)] == ["Waiting times"]


def test_what_nobody_decided_on_is_not_lost_with_its_meeting(asked, cast, before):
    left_over = propose(cast.amina, asked, "Left over")
    off = meeting(cast.sita)
    call(cast.sita, off)
    snowed = propose(cast.bryn, off, "Snowed off")
    assert proposed.backlog().items == []
    with transaction():
        scheduling.cancel(cast.sita, off, "Snow")
    assert [row.id for row in proposed.backlog().items] == [snowed.id]
    before.move_to(AFTER)
    assert [row.id for row in proposed.backlog().items] == [left_over.id, snowed.id]
    with pytest.raises(Rejected) as refusal, transaction():
        proposals.accept(cast.sita, left_over, asked)
    assert refusal.value.field == "meeting"


def test_what_is_taken_off_an_agenda_goes_back_to_the_backlog(asked, cast):
    proposal = propose(cast.amina, asked)
    with transaction():
        number = proposals.accept(cast.sita, proposal, asked).id
    done(agendas.remove_item, cast.sita, asked, number)
    db.session.refresh(proposal)
    assert (proposal.state, proposal.deferred_times, proposal.agenda_item_id) == (ProposalState.DEFERRED, 1, None)
    assert "taken off the agenda" in proposed.backlog().items[0].decision
    assert len(letters()) == 2


def test_members_see_their_own_proposals_alone(asked, cast):
    mine, theirs = propose(cast.amina, asked), propose(cast.bryn, asked)
    assert [row.id for row in proposed.for_meeting(cast.amina, asked).items] == [mine.id]
    assert [row.id for row in proposed.for_meeting(cast.sita, asked).items] == [mine.id, theirs.id]
    assert [row.id for row in proposed.own(cast.bryn).items] == [theirs.id]
    with pytest.raises(NotFound):
        proposed.get(cast.amina, theirs.id)
    assert [row.id for row in proposed.calls(cast.amina)] == [asked.id]
