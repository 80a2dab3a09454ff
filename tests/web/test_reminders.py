"""The pages of reminders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db
from forum.meetings.models import Reminder, Segment
from tests.meetings.builders import BEFORE, invite, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> str:
    with app.app_context():
        built = meeting(cast.sita)
        invite(cast.sita, built)
        return f"/meetings/{built.id}/reminders"


def stored(app) -> list[Reminder]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Reminder).order_by(Reminder.id)))


DAYS = {"segment": "no-answer", "timing": "days", "days_before": "7", "form_key": "k"}


def test_a_reminder_is_set_seen_changed_and_removed(app, cast, visit, made, statements):
    browser = visit(cast.sita)
    assert "No reminders yet" in browser.get(made).text
    assert "4 people now" in browser.get(f"{made}/new").text
    page = browser.post(f"{made}/new", data=DAYS | {"words": "Please **answer**."}, follow_redirects=True).text
    assert "13 January 2027 at 9am (7 days before, at 9am)" in page
    assert "4 people now" in page
    assert "What Amina Rowan would get" in page
    assert "Please **answer**." in page
    assert "https://forum.example/reply/…" in page
    moment = {"segment": "yes", "timing": "moment", "days_before": "nonsense", "version": "1",
              "day-day": "19", "day-month": "1", "day-year": "2027", "at": "2pm"}  # fmt: skip
    page = browser.post(f"{made}/1/edit", data=moment, follow_redirects=True).text
    assert "19 January 2027 at 2pm" in page
    assert "Nobody would get this reminder now" in page
    assert browser.get(f"{made}/1/edit").text.count('value="2pm"') == 1
    with statements() as seen:
        assert "Those who said yes" in browser.get(made).text
    assert len(seen) <= 6
    browser.post(f"{made}/1/remove")
    assert "No reminders yet" in browser.get(made).text
    assert browser.get(f"{made}/1").status_code == 404


def test_the_usual_ones_come_by_one_button(app, cast, visit, made):
    browser = visit(cast.sita)
    assert "2 reminders are set" in browser.post(f"{made}/usual", follow_redirects=True).text
    assert "has these reminders already" in browser.post(f"{made}/usual", follow_redirects=True).text
    assert [(one.segment, one.days_before) for one in stored(app)] == [(Segment.NO_ANSWER, 7), (Segment.YES, 2)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"segment": ""}, "Select who it is for"),
        ({"timing": ""}, "Select when it goes out"),
        ({"days_before": ""}, "Enter how many days before"),
        ({"days_before": "61"}, "Days before must be 60 or fewer"),
        ({"days_before": "60"}, "That moment has passed"),
        ({"timing": "moment"}, "Enter the day"),
        (
            {"timing": "moment", "day-day": "31", "day-month": "2", "day-year": "2027", "at": "9am"},
            "must be a real date",
        ),
        ({"words": "x" * 2001}, "must be 2,000 characters or fewer"),
        ({"words": "kept words", "days_before": "7.5"}, "must be a whole number"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(app, cast, visit, made, change, words):
    page = visit(cast.sita).post(f"{made}/new", data=DAYS | change)
    assert page.status_code == 200
    assert words in page.text
    assert change.get("words", "") in page.text
    assert stored(app) == []


def test_members_find_no_such_pages(cast, visit, made):
    for path in ("", "/new", "/1", "/1/edit"):
        assert visit(cast.amina).get(made + path).status_code == 404
    assert visit(cast.amina).post(made + "/usual").status_code == 404
