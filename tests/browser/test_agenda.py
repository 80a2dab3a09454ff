"""The agenda put in order by dragging and by its buttons, with script: nothing is loaded anew, and it is said aloud."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from forum.base import clock
from forum.base.db import db, expect_writing, transaction
from forum.meetings import queries as meetings
from forum.meetings.commands import agendas
from forum.members.models import Member, Role
from forum.members.queries import by_email
from tests.browser.conftest import NARROW, Site, Visit
from tests.meetings import builders as building


@pytest.fixture
def agenda(site: Site) -> tuple[int, list[int]]:
    """A meeting with the items A, B, C and D; its number and theirs."""
    with site.app.app_context():
        secretary = by_email(site.people[Role.SECRETARIAT])
        assert isinstance(secretary, Member)
        made = building.meeting(secretary, day=clock.today() + timedelta(days=90))
        items = [building.item(secretary, made, f"Item {letter}", 10) for letter in "ABCD"]
        expect_writing(False)
        db.session.remove()
    return made.id, items


def titles(page: Page) -> list[str]:
    return [re.sub(r"\s+", " ", said).strip() for said in page.locator(".forum-agenda__title").all_inner_texts()]


def drag(page: Page, item: int, onto: int, part_of_it: float) -> None:
    """Hold the handle of one item over another, this far down it, and let go."""
    page.locator(f"#item-{item} [data-handle]").first.hover()
    page.mouse.down()
    box = page.locator(f"#item-{onto}").bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] * part_of_it, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "narrow"])
def test_items_are_dragged(visit: Visit, agenda, size):
    number, (a, _b, _c, d) = agenda
    visitor = visit(Role.SECRETARIAT, **({"size": size} if size else {}))
    visitor.open(f"/meetings/{number}/agenda")
    drag(visitor.page, d, a, 0.2)
    expect(visitor.page.get_by_role("status").first).to_contain_text("“Item D” is now item 1, 10:30am, 10 minutes")
    assert titles(visitor.page) == ["1. Item D", "2. Item A", "3. Item B", "4. Item C"]
    visitor.page.reload()
    assert titles(visitor.page) == ["1. Item D", "2. Item A", "3. Item B", "4. Item C"]
    assert visitor.complaints == []


def test_a_sub_item_is_dragged_into_another_item(site: Site, visit: Visit, agenda):
    number, (a, b, c, _d) = agenda
    with site.app.app_context():
        expect_writing(True)
        secretary = by_email(site.people[Role.SECRETARIAT])
        assert secretary is not None
        with transaction():
            made = meetings.get(secretary, number)
            agendas.make_part(secretary, made, meetings.item(made, b), seen_at=2)
        expect_writing(False)
        db.session.remove()
    visitor = visit(Role.SECRETARIAT)
    visitor.open(f"/meetings/{number}/agenda")
    drag(visitor.page, b, c, 0.5)
    expect(visitor.page.get_by_role("status").first).to_contain_text("“Item B” is now item 2.1")
    assert titles(visitor.page) == ["1. Item A", "2. Item C", "2.1 Item B", "3. Item D"]
    drag(visitor.page, c, a, 0.1)
    expect(visitor.page.get_by_role("status").first).to_contain_text("“Item C” is now item 1")
    assert titles(visitor.page) == ["1. Item C", "1.1 Item B", "2. Item A", "3. Item D"]


def test_a_button_moves_an_item_and_stays_in_focus(visit: Visit, agenda):
    number, (_a, b, c, _d) = agenda
    visitor = visit(Role.SECRETARIAT)
    page = visitor.page
    visitor.open(f"/meetings/{number}/agenda")
    button = page.locator(f"#item-{c}").get_by_role("button", name="Move up")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("“Item C” is now item 2")
    expect(page.locator(f"#item-{c}").get_by_role("button", name="Move up")).to_be_focused()
    page.locator(f"#item-{b}").get_by_role("button", name="Make a sub-item").click()
    expect(page.get_by_role("status").first).to_contain_text("“Item B” is now item 2.1")
    assert titles(page) == ["1. Item A", "2. Item C", "2.1 Item B", "3. Item D"]
    assert visitor.violations() == []


def test_a_page_that_is_out_of_date_says_so_and_shows_the_agenda_as_it_is(site: Site, visit: Visit, agenda):
    number, (a, _b, _c, d) = agenda
    visitor = visit(Role.SECRETARIAT)
    visitor.open(f"/meetings/{number}/agenda")
    with site.app.app_context():
        expect_writing(True)
        secretary = by_email(site.people[Role.SECRETARIAT])
        assert secretary is not None
        building.item(secretary, meetings.get(secretary, number), "Item E", 10)
        expect_writing(False)
        db.session.remove()
    drag(visitor.page, d, a, 0.2)
    expect(visitor.page.get_by_role("status").first).to_contain_text("Somebody else changed the agenda")
    assert titles(visitor.page) == [f"{place}. Item {letter}" for place, letter in enumerate("ABCDE", 1)]
