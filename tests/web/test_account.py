"""One's own account, and getting in by a link, over HTTP."""

from __future__ import annotations

from time import monotonic

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.members.commands import joining
from forum.members.models import Member, Notify, Standing
from forum.web.account import routes
from tests import builders
from tests.conftest import PASSWORD

GOOD = "otter lantern gravel"


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(routes, "ANSWER_TAKES", 0.0)


def link_in_last_letter(app) -> str:
    with app.app_context():
        text = db.session.scalars(sa.select(Letter.text).order_by(Letter.id.desc())).first()
    return next(word for word in text.split() if word.startswith("https://forum.example/")).partition(".example")[2]


def test_members_keep_their_own_details(app, visit, cast):
    browser = visit(cast.amina)
    with app.app_context():
        theme = builders.theme().id
    details = {"name": "Amina Rowan-Bird", "job_title": "DI", "notify": "weekly", "language": "cy", "version": 1}
    details |= {"wants_meeting_mail": "False"}
    page = browser.post("/account", data=details | {"themes": [theme], "role": "admin"}, follow_redirects=True)
    assert "Your details are saved" in page.text
    with app.app_context():
        amina = db.session.get(Member, cast.amina.id)
        assert (amina.name, amina.notify, amina.role.value) == ("Amina Rowan-Bird", Notify.WEEKLY, "member")
        assert not amina.wants_meeting_mail
    assert "Mental health" in visit(cast.sita).get(f"/members/{cast.amina.id}").text
    page = browser.post("/account", data=details | {"name": "Second try"})
    assert "What is saved now" in page.text
    assert "Second try" in page.text


def test_a_changed_password_ends_the_other_browsers(visit, cast):
    here, there = visit(cast.amina), visit(cast.amina)
    page = here.post("/account/password", data={"current_password": "wrong", "password": GOOD})
    assert "current password is not right" in page.text
    page = here.post("/account/password", data={"current_password": PASSWORD, "password": "short"})
    assert "at least 10 characters" in page.text
    page = here.post("/account/password", data={"current_password": PASSWORD, "password": GOOD}, follow_redirects=True)
    assert "Your password is changed" in page.text
    assert there.get("/").status_code == 302


def test_browsers_are_listed_and_signed_out_everywhere(visit, cast):
    here, there = visit(cast.amina), visit(cast.amina)
    assert here.get("/account/browsers").text.count("(this one)") == 1
    here.post("/account/sign-out-everywhere")
    assert [browser.get("/").status_code for browser in (here, there)] == [302, 302]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/127.0 Safari/537.36 Edg/127.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit Version/17.5 Safari/604",
            "Safari on iPhone",
        ),
        ("", "A browser"),
    ],
)
def test_browsers_are_called_what_people_call_them(agent, name):
    assert routes.browser(agent) == name


def test_a_forgotten_password_is_answered_the_same_for_everybody(app, visit, cast):
    pages, times = [], []
    for address in (cast.amina.email, "zzzzz@cast.example"):
        began = monotonic()
        pages.append(visit(None).post("/password", data={"email": address}).text.replace(address, ""))
        times.append(monotonic() - began)
    assert pages[0].split("<main")[1].split("</main")[0] == pages[1].split("<main")[1].split("</main")[0]
    assert min(times) >= routes.ANSWER_TAKES
    with app.app_context():
        assert db.session.scalars(sa.select(Letter.to_address)).all() == [cast.amina.email]


@pytest.mark.usefixtures("at_once")
def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(app, visit, cast):
    stranger, there = visit(None), visit(cast.amina)
    stranger.post("/password", data={"email": "AMINA@cast.example "})
    link = link_in_last_letter(app)
    for _ in range(3):  # mail scanners look
        assert "Choose a new password" in stranger.get(link).text
    assert "at least 10 characters" in stranger.post(link, data={"password": "short"}).text
    answer = stranger.post(link, data={"password": GOOD})
    assert answer.headers["Location"].startswith("/sign-in")
    assert there.get("/").status_code == 302
    assert stranger.get("/").status_code == 302
    assert stranger.get(link).status_code == 404
    assert stranger.post(link, data={"password": "another good one"}).status_code == 404
    assert stranger.post("/sign-in", data={"email": cast.amina.email, "password": GOOD}).headers["Location"] == "/"


def test_joining_makes_a_member_active(app, visit, cast):
    with app.app_context(), transaction():
        ann = builders.member("Ann Teal", email="ann@x.example", standing=Standing.INVITED)
        joining.invite(None, [ann])
    browser, link = visit(None), link_in_last_letter(app)
    assert "Welcome, Ann Teal" in browser.get(link).text
    page = browser.post(link, data={"password": GOOD}, follow_redirects=True)
    assert "Your password is set" in page.text
    assert 'value="ann@x.example"' in page.text
    assert browser.post("/sign-in", data={"email": "ann@x.example", "password": GOOD}).status_code == 302


@pytest.mark.parametrize("path", ["/join/nothing", "/password/nothing", "/join/%00", f"/join/{'x' * 2000}"])
def test_a_link_that_is_none_says_how_to_get_one(visit, cast, path):
    assert visit(None).get(path).status_code == 404
    assert visit(None).post(path, data={"password": GOOD}).status_code in {400, 404}


def test_no_password_is_handed_back_when_the_session_has_ended(visit, cast):
    sent = {"current_password": "something secret", "password": "something secret too"}
    page = visit(None).post("/account/password", data=sent, headers={"Origin": "https://forum.example"})
    assert page.status_code == 401
    assert "something secret" not in page.text
