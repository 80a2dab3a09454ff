"""The admin keeps the lists and the standing pages; nobody else does."""

import pytest

from forum.base.db import db
from forum.reference.models import Page, Theme
from tests import builders

LISTS = (
    "priorities", "themes", "sectors", "regions", "police-forces", "authority-types", "programme-areas",
)  # fmt: skip


@pytest.mark.parametrize("slug", LISTS)
def test_every_list_is_shown_and_each_entry_can_be_opened(visit, cast, slug):
    browser = visit(cast.ada)
    assert browser.get(f"/admin/lists/{slug}").status_code == 200
    assert browser.get(f"/admin/lists/{slug}/1").status_code == 200


def test_the_list_of_themes_says_which_are_checked_first(visit, cast):
    browser = visit(cast.ada)
    assert "Posts checked first" not in browser.get("/admin/lists/themes").text
    entry = {"title": "Mental health", "position": "1", "is_checked_first": "yes"}
    assert browser.post("/admin/lists/themes/1", data=entry).status_code == 302
    assert browser.get("/admin/lists/themes").text.count("Posts checked first") == 1


def test_history_and_census_say_things_by_the_names_they_have_elsewhere(visit, cast):
    browser = visit(cast.ada)
    form = {"kind": "question", "title": "Who?", "happening": "Who pays?", "priority_id": "0", "marking": "OFFICIAL",
            "attribution": "named", "theme_ids": "9"}  # fmt: skip
    place = browser.post("/feedback/new", data=form).location
    assert f'href="{place}">FB-' in browser.get("/admin/history").text
    assert "NRM and modern slavery law" in browser.get("/admin/census").text


def test_only_the_admin_is_let_in(visit, cast):
    for person in (cast.amina, cast.sita, cast.olu):
        assert visit(person).get("/admin").status_code == 404
        assert visit(person).post("/admin/lists/themes/new", data={"title": "Mine"}).status_code == 404


def test_a_theme_is_added_with_a_slug_of_its_own(app, visit, cast):
    browser = visit(cast.ada)
    for _ in range(2):
        page = browser.post("/admin/lists/themes/new", data={"title": "Hostels & homes", "position": "31"})
        assert page.status_code == 302
    with app.app_context():
        assert [builders.theme(slug).position for slug in ("hostels-homes", "hostels-homes-2")] == [31, 31]


def test_a_theme_is_retired_by_its_last_day(app, visit, cast):
    with app.app_context():
        number = builders.theme("wales").id
    last = {"valid_to-day": "31", "valid_to-month": "12", "valid_to-year": "2016"}
    visit(cast.ada).post(f"/admin/lists/themes/{number}", data={"title": "Wales", "position": "30", **last})
    assert "Retired" in visit(cast.ada).get("/admin/lists/themes").text


@pytest.mark.parametrize("last", [("31", "2", "2016"), ("1", "1", "2015")])
def test_an_impossible_last_day_is_refused_and_kept(app, visit, cast, last):
    first = {"valid_from-day": "1", "valid_from-month": "1", "valid_from-year": "2016"}
    given = dict(zip(("valid_to-day", "valid_to-month", "valid_to-year"), last, strict=True))
    page = visit(cast.ada).post("/admin/lists/themes/1", data={"title": "Mind", "position": "1", **first, **given})
    assert "There is a problem" in page.text
    assert 'value="Mind"' in page.text
    with app.app_context():
        assert db.session.get(Theme, 1).title == "Mental health"


def test_what_is_too_long_for_its_list_is_refused_and_kept(visit, cast):
    entry = {"title": "Cymru", "position": "1", "gss_code": "W92000004 or longer"}
    page = visit(cast.ada).post("/admin/lists/regions/1", data=entry)
    assert "Government statistical code must be 9 characters or fewer" in page.text
    assert 'value="W92000004 or longer"' in page.text
    assert visit(cast.ada).post("/admin/lists/programme-areas/1", data=entry).status_code == 302


def test_standing_pages_are_open_to_strangers_and_name_the_department(visit, cast):
    for slug in ("accessibility", "privacy", "terms-of-reference", "contact"):
        page = visit(None).get(f"/{slug}")
        assert page.status_code == 200
        assert "Home Office" in page.text
        assert "{department}" not in page.text


def test_of_two_who_write_the_same_page_the_second_sees_both_texts(app, visit, cast):
    browser = visit(cast.ada)
    first = {"title": "Contact", "source": "The first text", "version": "1"}
    assert browser.post("/admin/pages/contact", data=first).status_code == 302
    page = browser.post("/admin/pages/contact", data={**first, "source": "The second text"})
    assert "The first text" in page.text
    assert "The second text" in page.text
    with app.app_context():
        assert db.session.query(Page).filter_by(slug="contact").one().source == "The first text"
    assert browser.post("/admin/pages/contact", data={**first, "source": "Both", "version": "2"}).status_code == 302


def test_a_page_cannot_carry_a_script(visit, cast):
    browser = visit(cast.ada)
    browser.post("/admin/pages/contact", data={"title": "Contact", "source": "<script>x()</script>", "version": "1"})
    assert "<script>x()" not in browser.get("/contact").text


def test_the_history_is_shown_and_checked(visit, cast):
    browser = visit(cast.ada)
    assert "signed in" in browser.get("/admin/history").text
    assert "hold together" in browser.get("/admin/history/check").text
    assert browser.get("/admin/history?number=99999999999999999999&kind=nothing&key=%%%").status_code == 200
