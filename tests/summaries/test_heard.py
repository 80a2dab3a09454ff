"""Which sectors and areas are heard less than the Forum at large."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotFound
from forum.feedback.commands import entering
from forum.feedback.models import Attribution, FeedbackKind, Support
from forum.meetings.models import Attendance
from forum.meetings.models.attendance import AttendanceSource, Presence
from forum.summaries.queries import heard as queries
from forum.summaries.queries.heard import Period
from forum.summaries.rules import heard as rules
from forum.summaries.rules.heard import Counted, Standing, compared, standing
from tests import builders
from tests.feedback.builders import reply, thread
from tests.meetings import builders as meetings

# --- rules, without a database ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "number", "expected", "said"),
    [
        (0, 0, 0.0, Standing.NOBODY),
        (2, 0, 40.0, Standing.FEW),  # about one or two people nothing is said
        (3, 0, 0.0, Standing.NOTHING),
        (3, 0, 2.0, Standing.AS_THE_FORUM),  # chance: one time in seven
        (3, 0, 3.0, Standing.QUIET),
        (20, 4, 10.0, Standing.QUIET),
        (20, 5, 10.0, Standing.AS_THE_FORUM),  # half is not less than half
        (5_000, 2_499, 5_000.0, Standing.QUIET),
    ],
)
def test_quiet_is_less_than_half_and_no_chance(members, number, expected, said):
    assert standing(members, number, expected) is said


def test_so_few_by_chance_is_what_the_tables_say():
    assert [round(rules.so_few(n, 3.0), 4) for n in (0, 1, 3)] == [0.0498, 0.1991, 0.6472]


def test_rows_are_measured_against_each_other_and_the_quietest_come_first():
    rows = compared(
        [
            Counted(1, "a", "Loud", members=10, speaking=10, posts=40, asked=20, came=10),
            Counted(2, "b", "Silent", members=10, speaking=10, posts=0, asked=20, came=10),
            Counted(3, "c", "Small", members=2, speaking=2, posts=0),
            Counted(4, "d", "Gone", members=0, posts=90),  # nobody left whom to measure it by
        ]
    )
    assert [(row.title, row.in_words) for row in rows] == [
        ("Silent", "Few posts"), ("Loud", "As the Forum"), ("Small", "Too few members to rate"), ("Gone", "No members"),
    ]  # fmt: skip
    assert round(rows[0].posts.expected, 1) == 18.2


# --- queries ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def forum(inside, cast):
    """Three of housing in Kent, of two organisations, who say little; a lone health trust in Cumbria."""
    homes = [builders.organisation(f"Homes {n}", sector="housing", force="kent") for n in (1, 2)]
    people = [builders.member(organisation=home) for home in (homes[0], homes[0], homes[1])]
    trust = builders.organisation("Fell Health Trust", sector="health-public", force="cumbria")
    return {"people": people, "lone": builders.member(organisation=trust)}


def row_of(rows, title):
    return next(row for row in rows if row.title.startswith(title))


def told(actor, **period):
    found = queries.heard(actor, Period(**period))
    return found, row_of(found.sectors, "Housing"), row_of(found.forces, "Kent")


def test_each_row_says_what_its_members_did(inside, cast, forum):
    one, two, _ = forum["people"]
    first = thread(one)
    thread(cast.olu)  # an official's: not what the Forum wants to hear of
    reply(two, first)
    reply(cast.amina, first, attribution=Attribution.NAMED)
    thread(cast.amina, posted_at=None)
    with transaction():
        for person in (one, two, cast.amina, cast.bryn):
            db.session.add(Support(feedback_id=first.id, member_id=person.id, organisation_id=person.organisation_id, supported_at=clock.now()))  # fmt: skip
        entering.enter(cast.sita, source="phone", said_on=clock.today(), attribution=Attribution.ORGANISATION,
                       organisation_id=one.organisation_id, kind=FeedbackKind.IDEA, title="Rang", happening="So.")  # fmt: skip
    found, housing, kent = told(cast.olu)
    assert (housing.members, housing.posts.number, housing.support.number) == (3, 3, 1)
    assert (kent.members, kent.posts.number) == (3, 3)
    assert (found.posts, found.unnamed, found.support) == (5, 0, 3)
    later = told(cast.olu, from_on=clock.today() + timedelta(days=1))[0]
    assert (later.posts, later.support, later.members) == (0, 0, 6)


def test_what_carries_no_name_is_in_the_total_alone(inside, cast, forum):
    before = told(cast.olu)
    said = thread(forum["people"][0], attribution=Attribution.UNATTRIBUTED)
    reply(forum["lone"], said, attribution=Attribution.UNATTRIBUTED)
    reply(cast.olu, said, attribution=Attribution.UNATTRIBUTED)  # not to count it would tell that it is an official's
    after = told(cast.olu)
    assert after[0].unnamed == after[0].posts == 3
    assert (after[0].sectors, after[0].forces) == (before[0].sectors, before[0].forces)


def test_a_lone_organisation_is_in_no_area_and_its_area_is_not_rated_by_it(inside, cast, forum):
    with transaction():
        forum["lone"].organisation.shown_as = "Health (public), North West"
    said = thread(forum["lone"])
    found = told(cast.olu)[0]
    assert row_of(found.forces, "Cumbria").posts.number == 0
    assert (found.unnamed, found.untold) == (0, 1)
    assert row_of(found.sectors, "Health: public").posts.number == 1
    reply(forum["lone"], said, attribution=Attribution.NAMED)
    cumbria = row_of(told(cast.olu)[0].forces, "Cumbria")
    assert (cumbria.members, cumbria.posts) == (1, (0, 0.0, Standing.NOBODY))


def test_attendance_is_places_offered_and_taken(inside, cast, forum):
    held = meetings.meeting(cast.sita)
    meetings.invite(cast.sita, held)
    with transaction():
        held.starts_at, held.ends_at = (clock.now() - timedelta(days=days) for days in (2, 1))
        for person in (forum["people"][0], cast.sita):
            db.session.add(Attendance(meeting_id=held.id, member_id=person.id, name=person.name, organisation="", organisation_id=person.organisation_id, presence=Presence.PRESENT, source=AttendanceSource.LIST, recorded_at=clock.now()))  # fmt: skip
    found, housing, _ = told(cast.olu)
    assert (housing.asked, housing.came.number) == (3, 1)
    assert (found.asked, found.came) == (6, 1)


def test_it_takes_the_same_statements_whatever_there_is(inside, cast, forum, statements):
    with statements() as few:
        queries.heard(cast.olu, Period())
    for person in forum["people"]:
        thread(person)
    with statements() as many:
        queries.heard(cast.olu, Period(clock.today(), clock.today()))
    assert len(few) == len(many) == 9


def test_whom_to_write_to(inside, cast, forum):
    number = forum["people"][0].organisation.sector_id
    rows = queries.all_contacts(cast.olu, number, None)
    assert [(row.name, row.members, row.contact_email) for row in rows] == [("Homes 1", 2, ""), ("Homes 2", 1, "")]
    with pytest.raises(NotFound):
        queries.all_contacts(cast.amina, number, None)
    with pytest.raises(NotFound):
        queries.heard(cast.amina, Period())
    for asked in ((None, None), (number, 1), (10_000, None)):
        with pytest.raises(NotFound):
            queries.place(*asked)


def test_the_pages_and_files(visit, cast):
    browser = visit(cast.olu)
    page = browser.get("/summaries/heard?from=2016-01-01&to=2015-01-01").text
    assert "The last day must be" in page
    assert "Few posts" not in browser.get("/summaries/heard").text  # too few members for that
    table = browser.get("/summaries/heard/export.csv").data.decode("utf-8-sig").splitlines()
    assert table[0].startswith("Kind,Sector or area,Members,Posts")
    assert browser.get("/summaries/heard/export.ods").data.startswith(b"PK")
    assert browser.get("/summaries/heard/contacts?sector=1").status_code == 200
    assert browser.get("/summaries/heard/contacts.csv?sector=1").status_code == 404  # addresses are the secretariat's
    assert (
        visit(cast.sita)
        .get("/summaries/heard/contacts.csv?sector=1")
        .data.decode("utf-8-sig")
        .startswith("Organisation,")
    )
    assert visit(cast.amina).get("/summaries/heard").status_code == 404
