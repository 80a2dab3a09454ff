"""The library of good practice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.base.history import HistoryLine
from forum.feedback.models import Attribution, Feedback, FeedbackKind
from forum.feedback.queries import library
from forum.feedback.queries.library import OUTSIDE_LONDON, Wanted
from forum.members.models import Group
from forum.reference.models import PoliceForce, Sector
from forum.search.queries import threads_matching
from tests import builders
from tests.feedback.builders import thread

NAMED, SILENT = Attribution.NAMED, Attribution.UNATTRIBUTED


def area(slug):
    return builders.listed(PoliceForce, slug).id


@pytest.fixture
def shelf(inside, cast):
    """Three practices: one that an organisation says works, one in London by nobody known, one kept to a group."""
    usual = {"kind": FeedbackKind.GOOD_PRACTICE}
    mentors = thread(cast.bryn, "Mentors", happening="Mentoring **works**.", force_id=area("essex"), attribution=NAMED, theme_ids=[builders.theme().id], **usual)  # fmt: skip
    clinic = thread(cast.amina, "Clinic", happening="A clinic in the club.", force_id=area("metropolitan"), attribution=SILENT, **usual)  # fmt: skip
    kept = thread(cast.amina, "Kept", happening="Among us.", force_id=area("kent"), **usual)
    thread(cast.amina, "No practice", happening="Mentors do not come.")
    with transaction():
        group = Group(slug="nights", title="Night work")
        db.session.add(group)
        db.session.flush()
        db.session.get_one(Feedback, kept.id).group_id = group.id
        db.session.get_one(Feedback, mentors.id).support_count = 2
    return mentors, clinic, kept


def found(actor, wanted=Wanted()):
    return [row.title for row in library.practices(actor, wanted).items]


def test_what_most_say_works_comes_first_and_says_whom_to_ask(inside, cast, shelf):
    mentors, clinic = library.practices(cast.olu, Wanted()).items
    assert (mentors.title, mentors.words.strip(), mentors.area, mentors.support_count) == ("Mentors", "Mentoring works.", "Essex Police", 2)  # fmt: skip
    assert (mentors.author, mentors.member_id) == ("Bryn Heron, Canopy Youth Trust", cast.bryn.id)
    assert (clinic.author, clinic.member_id, clinic.organisation_id) == ("A Forum member", None, None)
    assert found(cast.sita) == ["Mentors", "Kept", "Clinic"]


def test_it_is_narrowed_by_theme_sector_place_and_words(inside, cast, shelf):
    sectors = {slug: builders.listed(Sector, slug).id for slug in ("voluntary", "police")}
    for wanted, titles in (
        (Wanted(theme_id=builders.theme().id), ["Mentors"]),
        (Wanted(sector_id=sectors["voluntary"]), ["Mentors"]),
        (Wanted(sector_id=sectors["police"]), []),  # nobody is found by their sector who is not to be found
        (Wanted(region_id=OUTSIDE_LONDON), ["Mentors"]),
        (Wanted(region_id=builders.listed(PoliceForce, "metropolitan").region_id), ["Clinic"]),
        (Wanted(force_id=area("essex")), ["Mentors"]),
        (Wanted(within=threads_matching("mentor")), ["Mentors"]),
        (Wanted(within=threads_matching("clubs")), ["Clinic"]),
        (Wanted(within=threads_matching("among")), []),
    ):
        assert found(cast.olu, wanted) == titles, wanted


def test_pages_follow_each_other_in_one_statement_each(inside, cast, statements):
    for number in range(23):
        thread(cast.amina, f"Practice {number}", kind=FeedbackKind.GOOD_PRACTICE)
    with statements() as seen:
        first = library.practices(cast.olu, Wanted())
        second = library.practices(cast.olu, Wanted(), first.next_key)
    assert [len(first.items), len(second.items), len(seen)] == [20, 3, 2]
    assert len({row.id for row in first.items + second.items}) == 23


def test_the_page_and_its_files(visit, cast, app):
    with app.app_context():
        thread(cast.bryn, "Mentors", kind=FeedbackKind.GOOD_PRACTICE, happening="=cmd", force_id=area("essex"))
    member, official = visit(cast.amina), visit(cast.olu)
    assert 'href="/feedback/good-practice"' in member.get("/feedback").text
    page = member.get("/feedback/good-practice?region=-1").text
    assert "Mentors" in page
    assert "Region: Outside London" in page
    assert "export" not in page
    assert member.get("/feedback/good-practice/export.csv").status_code == 404
    assert "No good practice fits" in member.get("/feedback/good-practice?text=xylophone").text
    assert member.get("/feedback/good-practice?theme=x&key=x&text=%22%28*").status_code == 200
    table = official.get("/feedback/good-practice/export.csv?region=-1").data.decode("utf-8-sig").splitlines()
    assert table[1].split(",")[2:4] == ["Mentors", "'=cmd"]
    assert official.get("/feedback/good-practice/export.ods").data.startswith(b"PK")
    with app.app_context():
        lines = db.session.scalars(sa.select(HistoryLine.details).where(HistoryLine.verb == "exported")).all()
    assert lines[0] == {"what": "good practice", "kind": "csv", "rows": 1, "narrowed": "Region: Outside London"}


def test_the_demonstration_has_ten_eight_of_them_outside_london(demonstration, app):
    from forum.members.queries import by_email

    with app.app_context():
        secretary = by_email("admin@egve-forum.example")
        everywhere = library.practices(secretary, Wanted()).items
        outside = library.practices(secretary, Wanted(region_id=OUTSIDE_LONDON)).items
    assert (len(everywhere), len(outside)) == (10, 8)
