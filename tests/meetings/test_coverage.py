"""Which sectors and areas are missing, and which organisations never come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.meetings import queries as meetings
from forum.meetings.commands import attendance
from forum.meetings.exports import attendance as exports
from forum.meetings.models import Attendance, AttendanceSource, Meeting, Mode, Presence
from forum.meetings.queries import attendance as attendances
from forum.meetings.queries import coverage as queries
from forum.meetings.rules import IN_PERSON
from forum.meetings.rules import attendance as marking
from forum.members.models import Member, Organisation
from forum.reference.models import PoliceForce
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, DURING, answer, crowd, invite, meeting

TILEMAP = Path(__file__).parents[2] / "templates/components/tilemap.html"


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def forum(inside, cast, clock) -> Meeting:
    made = meeting(cast.sita)
    invite(cast.sita, made)
    answer(cast.amina, made, IN_PERSON)
    return meetings.get(cast.sita, made.id)


def mark(by: Member, at: Meeting, who: Member) -> None:
    with transaction():
        attendance.mark(by, at, attendances.member(who.id), marking.IN_PERSON)


def test_before_the_meeting_those_are_missing_of_whom_none_said_yes(forum):
    found = queries.of_meeting(forum)
    by_slug = {row.slug: row for row in (*found.sectors, *found.forces, *found.regions)}
    assert (by_slug["police"].invited, by_slug["police"].yes, by_slug["police"].is_missing) == (1, 1, False)
    assert [(row.slug, row.in_words) for row in found.missing()] == [
        ("voluntary", "1 invited, none has said yes"),
        ("central-government", "2 invited, none has said yes"),
        ("south-wales", "1 invited, none has said yes"),
    ]
    assert by_slug["essex"].in_words == "1 invited, 1 said yes"
    assert (by_slug["kent"].in_words, by_slug["kent"].is_missing) == ("nobody invited", False)


def test_after_it_those_are_missing_of_whom_none_was_there(cast, forum, clock):
    clock.move_to(DURING)
    mark(cast.sita, forum, cast.bryn)
    clock.move_to(AFTER)
    found = queries.of_meeting(meetings.get(cast.sita, forum.id))
    assert "police" in {row.slug for row in found.missing()}
    assert "voluntary" not in {row.slug for row in found.missing()}
    assert next(row.in_words for row in found.forces if row.slug == "essex") == "1 invited, none was there"


def test_whose_area_is_not_known_is_counted_apart(forum):
    found = queries.of_meeting(forum)
    assert [(row.title, row.invited) for row in found.forces if not row.slug] == [("Not known", 2)]
    assert len([row for row in found.forces if row.slug]) == 44


def test_every_force_has_a_tile_and_no_two_share_one(inside):
    places = re.findall(r'"([a-z-]+)": \((\d), (\d), "([^"]+)"\)', TILEMAP.read_text("utf-8"))
    assert {slug for slug, *_ in places} == set(db.session.scalars(sa.select(PoliceForce.slug)))
    assert len({(x, y) for _, x, y, _ in places}) == len({short for *_, short in places}) == 44


@pytest.mark.parametrize("many", [20, 300])
def test_coverage_costs_the_same_however_many_are_invited(cast, forum, many, statements):
    crowd(many)
    invite(cast.sita, forum)
    forum = meetings.get(cast.sita, forum.id)
    with statements() as seen:
        assert sum(row.invited for row in queries.of_meeting(forum).sectors) == many + 4
    assert len(seen) <= 6


# --- over time --------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(cast, forum, clock) -> Meeting:
    clock.move_to(DURING)
    mark(cast.sita, forum, cast.amina)
    clock.move_to(AFTER)
    return forum


def test_organisations_stand_beside_the_meetings_they_came_to(cast, held):
    found = queries.held()
    rows = {row.name: row for row in queries.over_time(found).items}
    assert [meeting.id for meeting in found] == [held.id]
    assert {name: row.people for name, row in rows.items()} == {
        "Canopy Youth Trust": (0,),
        "Essex Police area": (1,),
        "Gangs and exploitation unit": (0,),
    }
    never = queries.over_time(found, only_never=True).items
    assert [row.name for row in never] == ["Canopy Youth Trust", "Gangs and exploitation unit"]


def test_an_organisation_nobody_invited_is_shown_when_it_came(cast, held):
    late = builders.member(organisation=builders.organisation("Zeal Sports"))
    mark(cast.sita, held, late)
    found = queries.held()
    assert [(row.people, row.meetings, row.asked) for row in queries.over_time(found).items][-1] == ((1,), 1, 1)


def test_days_narrow_the_meetings_and_both_count(held):
    on = date(2027, 1, 20)
    day = timedelta(days=1)
    assert len(queries.held(on, on)) == 1
    assert queries.held(on + day) == queries.held(None, on - day) == []
    assert queries.over_time([]).items == []


def test_the_file_says_what_the_page_says(held):
    found, out = queries.held(), BytesIO()
    exports.over_time_as_csv(queries.all_over_time(found), found, out)
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == f"Organisation,Sector,{held.reference},Meetings attended"
    assert lines[2].startswith("Essex Police area,")
    assert lines[2].endswith(",1,1")


@pytest.mark.parametrize("many", [20, 120])
def test_the_page_costs_the_same_however_many_organisations_there_are(cast, held, many, statements):
    with transaction():
        rows = [{"slug": f"many-{n}", "name": f"Many {n:03}"} for n in range(many)]
        numbers = db.session.scalars(sa.insert(Organisation).returning(Organisation.id), rows).all()
        db.session.execute(sa.insert(Attendance), [seat(held, number) for number in numbers])
    with statements() as seen:
        found = queries.held()
        page = queries.over_time(found)
    assert len(seen) == 4
    assert len(page.items) == min(many + 3, 50)
    assert bool(page.next_key) == (many > 50)


def seat(at: Meeting, number: int) -> dict[str, object]:
    return {
        "meeting_id": at.id,
        "name": "Somebody",
        "organisation": "Many",
        "organisation_id": number,
        "presence": Presence.PRESENT,
        "mode": Mode.IN_PERSON,
        "source": AttendanceSource.LIST,
        "recorded_at": DURING,
    }


def test_a_meeting_whose_attendance_nobody_recorded_does_not_make_people_absent(cast, forum, clock):
    clock.move_to(AFTER)
    found = queries.of_meeting(meetings.get(cast.sita, forum.id))
    assert not found.is_over
    assert "police" not in {row.slug for row in found.missing()}
    assert queries.held() == []
