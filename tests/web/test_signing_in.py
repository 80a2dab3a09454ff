"""Signing in and out, over HTTP."""

from __future__ import annotations

import html
import re
from time import monotonic

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base import clock
from forum.base.db import db, transaction
from forum.feedback.models import Feedback
from forum.members.models import SignIn
from tests import builders

HERE = {"Origin": "http://localhost"}


def test_a_member_signs_in_and_out(visit, cast):
    browser = visit(cast.amina)
    assert "Amina Rowan" in browser.get("/").text
    assert browser.post("/sign-out").status_code == 302
    assert browser.get("/").headers["Location"].startswith("/sign-in")


def test_a_cookie_kept_from_before_signing_out_opens_nothing(app, visit, cast):
    browser = visit(cast.amina)
    cookie = browser.get_cookie("session").value
    browser.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie("session", cookie)
    assert thief.get("/").status_code == 302


def test_a_wrong_password_is_refused_and_the_address_kept(visit, cast):
    page = visit(None).post("/sign-in", data={"email": cast.amina.email, "password": "something else"})
    assert "not right" in page.text
    assert cast.amina.email in page.text


def test_guessing_is_stopped_after_ten_failures(visit, cast):
    browser = visit(None)
    for _ in range(10):
        browser.post("/sign-in", data={"email": cast.bryn.email, "password": "guess"})
    page = browser.post("/sign-in", data={"email": cast.bryn.email, "password": "a long test password"})
    assert "too many attempts" in page.text


def test_the_cookie_holds_no_token_that_is_stored(app, visit, cast):
    visit(cast.amina)
    with app.app_context():
        assert len(db.session.query(SignIn).one().token_hash) == 64


def test_the_page_to_sign_in_asks_the_database_nothing(app, statements, monkeypatch):
    browser = app.test_client()
    monkeypatch.setattr(app, "testing", False)  # in tests the demonstration is asked for at every page
    app.extensions["forum.demonstration"] = (monotonic(), False)
    with statements() as seen:
        assert browser.get("/sign-in").status_code == 200
    assert seen == []


def test_a_demonstration_shows_whom_to_try_and_the_password(app, visit, cast):
    assert "People to try" not in visit(None).get("/sign-in").text
    with app.app_context():
        where = builders.organisation(is_demonstration=True)
        builders.member("Wren Alder", organisation=where, is_demonstration=True, email="wren@demo.example")
    page = visit(None).get("/sign-in?next=/members")
    assert "Wren Alder" in page.text
    assert app.config["DEMO_PASSWORD"] in page.text
    assert 'value="wren@demo.example"' in visit(None).get("/sign-in?email=wren@demo.example").text


def test_signing_in_goes_on_to_where_one_was_going_but_never_elsewhere(visit, cast):
    words = {"email": cast.amina.email, "password": "a long test password"}
    assert visit(None).post("/sign-in?next=/members?text=x", data=words).headers["Location"] == "/members?text=x"
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert visit(None).post("/sign-in", data=words | {"next": elsewhere}).headers["Location"] == "/"


@pytest.fixture
def guarded(app):
    """The application with its tokens against forged requests, as people meet it."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def inputs(page: str) -> dict[str, list[str]]:
    """The hidden inputs of the form that goes on, as a browser reads them."""
    form = page.split("<main")[1].split("</main")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def token(page: str) -> str:
    return re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)[1]


def test_words_typed_before_being_signed_out_come_back_and_arrive(guarded, cast):
    browser = guarded.test_client()
    words = {"email": cast.amina.email, "password": "a long test password"}
    here = {"csrf_token": token(browser.get("/sign-in").text)}
    assert browser.post("/sign-in", data=words | here, headers=HERE).status_code == 302
    before = browser.get("/feedback/new").text
    with guarded.app_context(), transaction():
        themes = [str(builders.theme(slug).id) for slug in ("mental-health", "social-media")]
        db.session.execute(sa.update(SignIn).values(ended_at=clock.now()))
    typed = {
        "title": 'No "bed" within 90 miles & <b>none</b> nearer',
        "happening": "First line, 1 < 2\n\n- Second\n  - Third “line”",
        "kind": "challenge",
        "priority_id": "0",
        "theme_ids": themes,
        "marking": "OFFICIAL",
        "attribution": "organisation",
    }
    kept = browser.post("/feedback/new", data=typed | {"csrf_token": token(before)}, headers=HERE)
    assert kept.status_code == 401
    assert "Nothing you wrote is lost" in kept.text
    here = {"csrf_token": token(browser.get("/sign-in").text)}
    assert browser.post("/sign-in", data=words | here, headers=HERE).status_code == 302
    done = browser.post("/feedback/new", data=inputs(kept.text), headers=HERE)
    assert done.status_code == 302, done.text
    with guarded.app_context():
        posted = db.session.execute(sa.select(Feedback).options(selectinload(Feedback.themes))).scalar_one()
        assert (posted.title, posted.happening) == (typed["title"], typed["happening"])
        assert sorted(str(theme.id) for theme in posted.themes) == sorted(themes)


@pytest.mark.parametrize("origin", ["http://[", "https://elsewhere.example", "null", ""])
def test_words_sent_from_elsewhere_are_not_handed_back(visit, cast, origin):
    page = visit(None).post("/feedback/new", data={"title": "Planted words"}, headers={"Origin": origin})
    assert page.status_code == 400
    assert "Planted words" not in page.text
