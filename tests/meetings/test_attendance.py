"""The list of who was there: marks, substitutes, walk-ins, apologies, codes, and the figures made from them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.base.errors import NotFound, Rejected
from forum.meetings import queries as meetings
from forum.meetings.commands import attendance
from forum.meetings.exports import attendance as exports
from forum.meetings.models import (
    Attendance,
    Invitation,
    InvitationReply,
    Meeting,
    MeetingKind,
    Mode,
    Place,
    Presence,
    Stage,
)
from forum.meetings.queries import attendance as queries
from forum.meetings.rules import IN_PERSON, NO, ONLINE
from forum.meetings.rules import attendance as rules
from forum.members.models import Member, Role, Standing
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, DURING, answer, crowd, invite, meeting

HOST = Member(id=7, role=Role.MEMBER, standing=Standing.ACTIVE)
SECRETARY = Member(id=8, role=Role.SECRETARIAT, standing=Standing.ACTIVE)
OTHER = Member(id=9, role=Role.OFFICIAL, standing=Standing.ACTIVE)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def forum(inside, cast, clock) -> Meeting:
    """A hybrid meeting to which all are invited; it is under way."""
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made, IN_PERSON)
    answer(cast.bryn, made, NO)
    answer(cast.olu, made, ONLINE)
    clock.move_to(DURING)
    return meetings.get(cast.sita, made.id)


def mark(by: Member, at: Meeting, who: Member, how: rules.Mark = rules.IN_PERSON, **more) -> None:
    with transaction():
        attendance.mark(by, at, queries.member(who.id), how, **more)


def figures(at: Meeting, *names: str) -> list[int]:
    db.session.rollback()
    counts = queries.counts(at)
    return [getattr(counts, name) for name in names]


# --- rules ------------------------------------------------------------------------------------------------------------


def planned(**more) -> Meeting:
    usual = {"stage": Stage.OPEN, "kind": MeetingKind.FORUM, "mode": Mode.HYBRID, "host_id": 7}
    return Meeting(starts_at=DURING, ends_at=AFTER, **(usual | more))


def test_the_secretariat_and_the_host_keep_the_list_of_an_open_meeting():
    assert [rules.may_keep(who, planned()) for who in (HOST, SECRETARY, OTHER)] == [True, True, False]
    assert not rules.may_keep(SECRETARY, planned(stage=Stage.CANCELLED))
    with pytest.raises(NotFound):
        rules.check_keeping(OTHER, planned())
    with pytest.raises(Rejected, match="cancelled"):
        rules.check_keeping(HOST, planned(stage=Stage.CANCELLED))


def test_members_see_counts_after_the_meeting_and_not_before():
    assert not rules.may_see_counts(OTHER, planned(), DURING)
    assert rules.may_see_counts(OTHER, planned(), AFTER)
    assert rules.shows_organisations(planned())
    assert not rules.shows_organisations(planned(kind=MeetingKind.MINISTERS))


def test_apologies_come_any_time_and_presence_on_the_day():
    week_before = DURING - timedelta(days=7)
    rules.check_marking(HOST, planned(), rules.APOLOGIES, week_before)
    for how in (rules.IN_PERSON, rules.ONLINE, rules.ABSENT):
        with pytest.raises(Rejected, match="from the day of the meeting"):
            rules.check_marking(HOST, planned(), how, week_before)
        rules.check_marking(HOST, planned(), how, DURING - timedelta(hours=3))


def test_nobody_is_online_at_a_meeting_in_a_room():
    with pytest.raises(Rejected, match="has changed"):
        rules.check_marking(HOST, planned(mode=Mode.IN_PERSON), rules.ONLINE, DURING)


@pytest.mark.parametrize("typed", ["bcdfgh", " BCD FGH ", "bcd-fgh", "ＢＣＤＦＧＨ"])
def test_a_code_is_read_however_it_is_typed(typed):
    assert rules.plain_code(typed) == "BCDFGH"


def test_no_letter_of_a_code_looks_like_another():
    assert not set("AEIOULQSYZ") & set(rules.CODE_LETTERS)


@pytest.mark.parametrize(
    ("name", "size"), [("Gwenllian Ŵŷn", "large"), ("Gwenllian Llywelyn-Bowen ap Rhys", "middle"), ("x" * 60, "small")]
)
def test_long_names_are_set_smaller_on_a_badge(name, size):
    row = queries.TickRow(1, name, "", None, None, True, None, None, None, False, False, None, None, None)
    assert exports.badge(row).size == size


# --- marking ----------------------------------------------------------------------------------------------------------


def test_counts_follow_from_marks(cast, forum):
    mark(cast.sita, forum, cast.amina)
    mark(cast.sita, forum, cast.sita, rules.ONLINE)
    mark(cast.sita, forum, cast.bryn, rules.APOLOGIES)
    names = ("present", "in_person", "online", "apologies", "organisations", "expected", "no_shows", "no_answer")
    assert figures(forum, *names) == [2, 1, 1, 1, 2, 2, 1, 1]  # Olu said yes and is not there; Sita did not answer


def test_two_who_tick_the_same_person_make_one_line_and_the_last_mark_stands(cast, forum):
    mark(cast.sita, forum, cast.amina)
    mark(cast.ada, forum, cast.amina)
    mark(cast.ada, forum, cast.amina, rules.ONLINE)
    lines = db.session.scalars(sa.select(Attendance)).all()
    assert [(line.member_id, line.mode, line.recorded_by_id) for line in lines] == [
        (cast.amina.id, Mode.ONLINE, cast.ada.id)
    ]


def test_a_mark_is_taken_back_and_taken_back_again(cast, forum):
    mark(cast.sita, forum, cast.amina)
    for _ in range(2):
        with transaction():
            attendance.clear(cast.sita, forum, cast.amina)
    assert figures(forum, "present", "no_shows") == [0, 2]


def test_who_was_not_invited_is_a_walk_in(cast, forum):
    late = builders.member("Catrin Wren")
    mark(cast.sita, forum, late, is_observer=True)
    assert figures(forum, "present", "walk_ins", "observers") == [1, 1, 1]
    assert [(row.name, row.said) for row in queries.others(forum)] == [("Catrin Wren", "Not invited")]


def test_a_member_or_a_visitor_comes_in_somebodys_place(cast, forum):
    with transaction():
        attendance.stand_in(
            cast.sita, forum, queries.member(cast.bryn.id), queries.member(cast.amina.id), rules.IN_PERSON
        )
    assert figures(forum, "present", "substitutes", "no_shows") == [1, 1, 1]  # Amina is stood in for; Olu is missing
    with transaction():
        for key in ("first", "second"):  # the same stand-in added from two phones is one person
            attendance.add_visitor(
                cast.sita,
                forum,
                "Beth Rush",
                "",
                rules.ONLINE,
                stands_in_for=queries.member(cast.olu.id),
                form_key=key,
            )
    assert figures(forum, "present", "substitutes", "no_shows", "walk_ins") == [2, 2, 0, 0]
    assert queries.row(forum, f"m{cast.olu.id}").came_instead == "Beth Rush"
    assert [(row.organisation, row.substitute_for) for row in queries.others(forum)] == [
        ("Gangs and exploitation unit", "Olu Hazel")
    ]
    mark(cast.sita, forum, cast.bryn, rules.ONLINE)  # another mode leaves a substitute one
    assert figures(forum, "substitutes") == [2]


def test_nobody_comes_in_their_own_place(cast, forum):
    amina = queries.member(cast.amina.id)
    with pytest.raises(Rejected, match="their own place"), transaction():
        attendance.stand_in(cast.sita, forum, amina, amina, rules.IN_PERSON)


def test_the_same_form_sent_twice_adds_one_visitor(cast, forum):
    for _ in range(2):
        with transaction():
            attendance.add_visitor(
                cast.sita, forum, "Dewi Tern", "canopy youth trust", rules.IN_PERSON, form_key="once", is_observer=True
            )
    line = db.session.scalars(sa.select(Attendance)).one()
    assert (line.organisation_id, line.is_walk_in) == (cast.bryn.organisation_id, True)
    with transaction():
        attendance.remove_visitor(cast.sita, forum, line.id)
    assert figures(forum, "present") == [0]


@pytest.mark.parametrize(("name", "organisation", "field"), [("", "Home", "name"), ("Dewi", "", "organisation")])
def test_a_visitor_has_a_name_and_an_organisation(cast, forum, name, organisation, field):
    with pytest.raises(Rejected) as refusal, transaction():
        attendance.add_visitor(cast.sita, forum, name, organisation, rules.IN_PERSON)
    assert refusal.value.field == field


def test_apologies_are_taken_over_from_those_who_said_no_and_only_from_them(cast, forum):
    assert figures(forum, "said_no") == [1]
    with transaction():
        assert attendance.take_over_apologies(cast.sita, forum) == 1
        assert attendance.take_over_apologies(cast.sita, forum) == 0
    assert figures(forum, "apologies", "said_no") == [1, 0]


def test_who_came_after_all_keeps_that_mark(cast, forum):
    mark(cast.sita, forum, cast.bryn)
    with transaction():
        assert attendance.take_over_apologies(cast.sita, forum) == 0
    assert figures(forum, "present", "apologies") == [1, 0]


def test_a_member_ticks_nobody(cast, forum):
    with pytest.raises(NotFound):
        mark(cast.amina, forum, cast.amina)


# --- checking in ------------------------------------------------------------------------------------------------------


@pytest.fixture
def code(cast, forum) -> str:
    with transaction():
        return attendance.make_code(cast.sita, forum)


def check_in(who: Member, typed: str, mode: Mode = Mode.IN_PERSON) -> Meeting | None:
    with transaction():
        return attendance.check_in(who, typed, mode)


def test_the_code_in_the_room_puts_people_on_the_list(cast, forum, code):
    assert check_in(cast.amina, code.lower()).id == forum.id
    assert check_in(cast.amina, code, Mode.ONLINE).id == forum.id
    late = builders.member("Catrin Wren")
    check_in(late, code)
    assert figures(forum, "in_person", "online", "walk_ins") == [1, 1, 1]


def test_ten_wrong_codes_within_ten_minutes_are_enough(cast, forum, code, clock):
    for _ in range(rules.WRONG_CODES):
        assert check_in(cast.amina, "WRONGG") is None
    with pytest.raises(Rejected, match="too many wrong codes"):
        check_in(cast.amina, code)
    assert check_in(cast.olu, code)  # one person's tries keep nobody else out
    clock.shift(timedelta(minutes=11))
    assert check_in(cast.amina, code)


def test_checking_in_opens_an_hour_before_and_closes_with_the_meeting(cast, forum, code, clock):
    clock.move_to(forum.starts_at - timedelta(minutes=61))
    with pytest.raises(Rejected, match="opens one hour before the start, on 20 January 2027 at 9:30am"):
        check_in(cast.amina, code)
    clock.shift(timedelta(minutes=1))
    assert check_in(cast.amina, code)
    clock.move_to(AFTER)
    with pytest.raises(Rejected, match="is over"):
        check_in(cast.olu, code)


def test_another_code_ends_the_one_before(cast, forum, code):
    with transaction():
        assert attendance.make_code(cast.sita, forum) != code
    assert check_in(cast.amina, code) is None


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_sheet_has_those_who_come_and_those_who_come_instead(cast, forum):
    reply = db.session.scalars(
        sa.select(InvitationReply)
        .join(Invitation, Invitation.id == InvitationReply.invitation_id)
        .where(Invitation.member_id == cast.bryn.id)
    ).one()
    with transaction():
        reply.stand_in = "Beth Rush, deputy head"
    rows = {row.name: row for row in queries.expected(forum)}
    assert set(rows) == {"Amina Rowan", "Bryn Heron", "Olu Hazel"}
    assert exports.badge(rows["Bryn Heron"])[:3] == ("Beth Rush", "Canopy Youth Trust", "For Bryn Heron")
    assert rows["Olu Hazel"].is_online
    mark(cast.sita, forum, cast.amina, rules.APOLOGIES)
    assert "Amina Rowan" not in {row.name for row in queries.expected(forum)}


@pytest.mark.parametrize("many", [20, 300])
def test_the_list_costs_the_same_however_long_it_is(cast, forum, many, statements):
    with time_machine.travel(BEFORE, tick=False):
        crowd(many)
        invite(cast.sita, forum)
    assert not queries.found(forum, "P")
    with statements() as seen:
        page = queries.people(forum)
        queries.others(forum)
        queries.counts(forum)
        queries.found(forum, "Person 0000")
    assert len(seen) == 5
    assert len(page.items) == min(many + 4, queries.AT_ONCE)
    assert [row.name for row in queries.people(forum, text="person 00007").items] == ["Person 00007"]
    assert len(queries.people(forum, text="a crowded").items) == min(many, queries.AT_ONCE)


def test_a_tick_is_one_write_however_many_are_on_the_list(cast, forum, statements):
    member = queries.member(cast.amina.id)
    with statements() as seen, transaction():
        attendance.mark(cast.sita, forum, member, rules.IN_PERSON)
    writes = [one for one in seen if not one.lstrip().upper().startswith("SELECT")]
    assert [one.split()[2] for one in writes] == ["attendance", "history_line"]


def test_the_file_has_everybody_and_no_formula(cast, forum):
    with transaction():
        attendance.add_visitor(cast.sita, forum, "=cmd()", "Dŵr & Sons", rules.IN_PERSON)
    out = BytesIO()
    exports.as_csv(queries.everybody(forum), out)
    text = out.getvalue().decode("utf-8-sig")
    assert "'=cmd(),Dŵr & Sons,Not invited,In person,,Walk-in" in text
    assert 'Olu Hazel,Gangs and exploitation unit,"Yes, online",,,' in text
    ods = BytesIO()
    exports.as_ods(queries.everybody(forum), forum, queries.counts(forum), "EGVE Forum", DURING, ods)
    assert ods.getvalue().startswith(b"PK")


def test_a_host_is_shown_the_way_to_the_list_on_the_day(cast, forum, clock):
    with transaction():
        forum.host_id = cast.olu.id
    assert [one.id for one in queries.hosted_today(cast.olu)] == [forum.id]
    assert queries.hosted_today(cast.amina) == []
    clock.shift(timedelta(days=1))
    assert queries.hosted_today(cast.olu) == []


def test_presence_is_kept_when_the_members_name_changes(cast, forum):
    mark(cast.sita, forum, cast.amina)
    with transaction():
        db.session.execute(sa.update(Member).where(Member.id == cast.amina.id).values(name="Amina Hazel"))
    assert queries.row(forum, f"m{cast.amina.id}").name == "Amina Rowan"
    assert db.session.scalar(sa.select(Attendance.presence)) is Presence.PRESENT


def test_who_waits_for_a_place_is_not_expected_and_no_no_show(cast, forum):
    with transaction():
        db.session.execute(sa.update(Invitation).where(Invitation.member_id == cast.olu.id).values(place=Place.WAITING))
    assert figures(forum, "expected", "no_shows") == [1, 1]
    assert "Olu Hazel" not in {row.name for row in queries.expected(forum)}


def test_two_phones_ticking_at_the_same_moment_make_one_line(app, cast, forum):
    """Each in a transaction of its own, at once: no unique constraint is hit, on either database."""
    at, who, by = forum.id, cast.amina.id, cast.sita.id

    def press(how: rules.Mark) -> None:
        with app.app_context(), transaction():
            sita = db.session.get_one(Member, by)
            attendance.mark(sita, meetings.get(sita, at), queries.member(who), how)

    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, [rules.IN_PERSON, rules.ONLINE] * 6))
    assert db.session.scalar(sa.select(sa.func.count(Attendance.id))) == 1
