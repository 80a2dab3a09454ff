"""Leaving the emails about meetings with one press, by the link in one of them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from forum.base import letters
from forum.base.db import db, transaction
from forum.base.history import HistoryLine
from forum.base.letters import Kind, State
from forum.members.models import Member
from tests.base.letters import fields

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path(app, cast) -> str:
    with app.app_context():
        return letters.leaving("meetings", cast.amina.id)["unsubscribe_path"]


def wants(app, person) -> bool:
    with app.app_context():
        return db.session.get(Member, person.id).wants_meeting_mail


def test_looking_changes_nothing_and_pressing_does(app, cast, visit, path):
    stranger = visit(None)
    page = stranger.get(path)
    assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "Stop these emails" in page.text
    assert cast.amina.email in page.text
    assert wants(app, cast.amina)
    page = stranger.post(path)
    assert page.status_code == 200
    assert "Emails about meetings are off" in page.text
    assert not wants(app, cast.amina)


def test_a_mail_program_presses_without_cookie_token_or_page_and_may_do_so_twice(app, cast, path):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for _ in range(2):
            page = app.test_client(use_cookies=False).post(path, data=ONE_CLICK)
            assert page.status_code == 200
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert not wants(app, cast.amina)
    with app.app_context():
        noted = db.session.scalars(sa.select(HistoryLine.verb).where(HistoryLine.thing_kind == "member")).all()
    assert noted.count("stopped emails about meetings") == 1


def test_who_pressed_by_mistake_presses_again(app, cast, visit, path):
    stranger = visit(None)
    stranger.post(path)
    page = stranger.post(path, data={"again": "yes"})
    assert "Emails about meetings are on" in page.text
    assert wants(app, cast.amina)


@pytest.mark.parametrize("change", [lambda path: path + "x", lambda path: "/unsubscribe/nothing"])
def test_a_link_that_is_not_ours_leaves_nothing(app, cast, visit, path, change):
    assert visit(None).post(change(path)).status_code == 404
    assert wants(app, cast.amina)


def test_it_is_a_setting_of_the_account_too(app, cast, visit, path):
    visit(None).post(path)
    browser = visit(cast.amina)
    page = browser.get("/account").text
    assert "Which emails about meetings do you want?" in page
    stale = {"name": "Amina", "notify": "daily", "language": "en", "wants_meeting_mail": "True"}
    assert "What is saved now" in browser.post("/account", data=stale | {"version": 1}).text
    assert browser.post("/account", data=stale | {"version": 2}).status_code == 302
    assert wants(app, cast.amina)


def test_a_letter_of_the_list_is_asked_again_when_its_turn_comes(inside, cast, statements):
    with transaction():
        for number, person in enumerate([cast.amina, cast.bryn]):
            of_list = letters.leaving("meetings", person.id)
            letters.write(**fields(number, kind=Kind.NOTICE, member_id=person.id, **of_list))
        letters.write(**fields(7, kind=Kind.NOTICE, member_id=cast.amina.id))
        db.session.execute(sa.update(Member).where(Member.id == cast.amina.id).values(wants_meeting_mail=False))
    with statements() as seen:
        assert letters.deliver_due() == {State.SKIPPED: 1, State.SENT: 2}
    assert sum("FROM member" in statement for statement in seen) == 2
    skipped = db.session.scalars(sa.select(letters.Letter).where(letters.Letter.state == State.SKIPPED)).one()
    assert skipped.last_words == "This member has switched emails about meetings off."


def feedback_path(app, person):
    with app.app_context():
        return letters.leaving(letters.FEEDBACK, person.id)["unsubscribe_path"]


def notify_of(app, person):
    with app.app_context():
        return db.session.get(Member, person.id).notify.value


def test_one_press_stops_every_email_about_feedback_and_the_page_offers_less(app, cast, visit):
    address, browser = feedback_path(app, cast.amina), visit(None)
    page = browser.get(address).text
    assert "Stop these emails" in page
    assert "Once a week" in page
    assert notify_of(app, cast.amina) == "daily", "looking changes nothing"
    done = browser.post(address, data={"List-Unsubscribe": "One-Click"})
    assert (done.status_code, notify_of(app, cast.amina)) == (200, "none")
    assert "Emails about feedback are off" in done.text
    browser.post(address, data={"notify": "weekly"})
    assert notify_of(app, cast.amina) == "weekly"
    assert wants(app, cast.amina), "emails about meetings are another list"
