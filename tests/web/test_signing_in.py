"""Signing in and out, over HTTP."""

from forum.base.db import db
from forum.members.models import SignIn


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
