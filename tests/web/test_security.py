"""What keeps others out: tokens against forged requests, headers, cookies, single-use links, and who may do what."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

import config
from forum import create_app
from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.feedback.models import Attribution, Feedback, Reply
from forum.meetings import queries as meetings
from forum.meetings.commands import inviting
from forum.members.models import Member, PasswordLink, Role, SignIn
from tests import builders
from tests.conftest import PASSWORD
from tests.feedback.builders import reply, thread
from tests.meetings.builders import invite, meeting

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def guarded(app):
    """The application with its tokens against forged requests, as people meet it."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)
    assert found is not None
    return found[1]


def paths(app, method: str = "POST"):
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if method in rule.methods:
            words = {name: next(iter(getattr(rule._converters[name], "items", [1]))) for name in rule.arguments}
            words |= {name: "n" * 64 for name in words if name in {"token", "sha256"}}
            yield rule.endpoint, adapter.build(rule.endpoint, words, method=method)


# --- forged requests -------------------------------------------------------------------------------------------------


def test_tokens_are_asked_for_unless_a_test_says_otherwise(tmp_path):
    app = create_app(VAR=tmp_path, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/forum.db", SECRET_KEY="x" * 40)
    assert app.config.get("WTF_CSRF_ENABLED", True)
    assert app.config.get("WTF_CSRF_CHECK_DEFAULT", True)
    assert app.config["SESSION_COOKIE_HTTPONLY"]
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert not app.debug


def test_the_cookie_is_for_https_where_the_forum_is(tmp_path):
    assert config.load({"PUBLIC_URL": "https://forum.example", "VAR": str(tmp_path)})["SESSION_COOKIE_SECURE"]


def test_no_post_does_anything_without_its_token(guarded, cast):
    browser = guarded.test_client()
    page = browser.get("/sign-in").text
    signed_in = {"email": cast.ada.email, "password": PASSWORD, "csrf_token": token(page)}
    assert browser.post("/sign-in", data=signed_in).status_code == 302
    with guarded.app_context():
        thread(cast.ada)
    for sent in ({}, {"csrf_token": "forged"}, {"csrf_token": signed_in["csrf_token"][:-2]}):
        for endpoint, path in paths(guarded):
            if endpoint not in {"evaluations.give", "replies.answer", "unsubscribe.leave"}:
                assert browser.post(path, data=sent).status_code == 400, path
    assert browser.get("/").status_code == 200


def test_a_token_of_another_browser_is_none(guarded, cast):
    theirs = token(guarded.test_client().get("/sign-in").text)
    browser = guarded.test_client()
    browser.get("/sign-in")
    page = browser.post("/sign-in", data={"email": cast.ada.email, "password": PASSWORD, "csrf_token": theirs})
    assert page.status_code == 400


# --- headers and addresses -------------------------------------------------------------------------------------------


def test_every_answer_says_what_a_browser_may_do_with_it(app, visit, cast):
    visit(None).post("/password", data={"email": cast.bryn.email})
    for browser in (visit(cast.ada), visit(None)):
        for _, path in paths(app, "GET"):
            page = browser.get(path)
            headers = page.headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe-eval" not in policy, path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            kind = headers["Content-Type"].partition(";")[0]
            if page.status_code == 200 and kind not in {"text/html", "text/plain", "application/json"}:
                assert headers["Content-Disposition"].startswith("attachment"), path


def test_no_script_stands_in_a_page_without_the_nonce(visit, cast):
    page = visit(cast.ada).get("/")
    [nonce] = re.findall("'nonce-([^']+)'", page.headers["Content-Security-Policy"])
    assert all(f'nonce="{nonce}"' in tag for tag in re.findall("<script[^>]*>", page.text))
    assert not re.search(r"<[^>]+\son\w+=", page.text)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "///evil.example", "/\t/evil.example", "javascript:alert(1)",
     "/%09/evil.example\r\nSet-Cookie: a=b", "\\\\evil.example", " //evil.example", "https:evil.example"],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(visit, cast, elsewhere):
    words = {"email": cast.amina.email, "password": PASSWORD}
    place = visit(None).post("/sign-in", query_string={"next": elsewhere}, data=words).headers["Location"]
    assert urlsplit(place).netloc in {"", "localhost"}
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))


def test_links_in_letters_come_from_the_settings_alone(app, visit, cast):
    poisoned = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"}
    visit(None).post("/password", data={"email": cast.bryn.email}, headers=poisoned)
    with app.app_context():
        letter = db.session.execute(sa.select(Letter)).scalar_one()
    assert "https://forum.example/password/" in letter.text
    assert "evil" not in letter.text + letter.html


# --- getting in ------------------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_session_and_ends_with_its_row(app, cast):
    browser = app.test_client()
    browser.get("/sign-in")
    with browser.session_transaction() as session:
        session["_user_id"] = "planted"
        session["more"] = "planted"
    browser.post("/sign-in", data={"email": cast.amina.email, "password": PASSWORD})
    with browser.session_transaction() as session:
        assert session["_user_id"] != "planted"
        assert "more" not in session
    with app.app_context(), transaction():
        db.session.execute(sa.update(SignIn).values(began_at=clock.now() - timedelta(days=8)))
    assert browser.get("/").status_code == 302


def test_signing_in_says_the_same_of_everybody(app, visit, cast):
    with app.app_context():
        builders.member("Not Joined", email="waits@cast.example", standing=cast.amina.standing)
    pages = []
    for email in (cast.amina.email, "nobody@cast.example", "waits@cast.example"):
        page = visit(None).post("/sign-in", data={"email": email, "password": "wrong words"}).text
        pages.append(re.sub(r"nonce=\"[^\"]+\"", "", page.replace(email, "")))
    assert pages[0] == pages[1] == pages[2]
    asked = [
        re.sub(r"nonce=\"[^\"]+\"", "", visit(None).post("/password", data={"email": one}).text.replace(one, ""))
        for one in (cast.amina.email, "nobody@cast.example")
    ]
    assert asked[0] == asked[1]


def _link(app, visit, email: str) -> str:
    visit(None).post("/password", data={"email": email})
    with app.app_context():
        text = db.session.scalars(sa.select(Letter.text).order_by(Letter.id.desc())).first()
    return urlsplit(re.search(r"https://\S+/password/\S+", text)[0]).path


def test_a_password_link_serves_once_and_a_newer_one_ends_it(app, visit, cast):
    old, new = (_link(app, visit, cast.bryn.email) for _ in range(2))
    words = {"password": "three quiet herons"}
    assert visit(None).post(old, data=words).status_code == 404
    before = visit(cast.bryn)
    assert visit(None).get(new).status_code == 200
    assert visit(None).post(new, data=words).status_code == 302
    assert before.get("/").status_code == 302  # whoever was signed in is no longer
    assert visit(None).post(new, data=words).status_code == 404
    assert visit(None).get(new.replace("/password/", "/reply/")).status_code == 404


def test_an_expired_password_link_is_none(app, visit, cast):
    link = _link(app, visit, cast.bryn.email)
    with app.app_context(), transaction():
        db.session.execute(sa.update(PasswordLink).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert visit(None).post(link, data={"password": "three quiet herons"}).status_code == 404


def test_a_letter_of_the_letters_page_lets_nobody_in(app, visit, cast):
    link = _link(app, visit, cast.ada.email)
    browser, secret = visit(cast.sita), link.rpartition("/")[2]
    for path in ("/letters", "/letters/1", "/letters/1/html"):
        assert secret not in browser.get(path).text


def test_an_address_that_only_looks_the_same_is_another(app, visit, cast):
    """The Cyrillic а of аmina is not hers; and a Kelvin sign, which lower case makes a k, brings no letter elsewhere."""
    with app.app_context():
        builders.member("Kit Kestrel", email="kit@cast.example")
    for asked in ("аmina@cast.example", "\u212ait@cast.example"):
        visit(None).post("/password", data={"email": asked})
    with app.app_context():
        assert set(db.session.scalars(sa.select(Letter.to_address))) <= {"kit@cast.example"}


# --- the links of invitations ----------------------------------------------------------------------------------------


def test_a_reply_link_acts_for_one_person_at_one_meeting_while_they_are_invited(app, visit, cast):
    with app.app_context():
        held = meeting(cast.sita)
        invite(cast.sita, held)
        own = meetings.invitation_of(cast.amina, held)
        token_ = re.search(r"/reply/([\w.-]+)", db.session.scalars(
            sa.select(Letter.text).where(Letter.member_id == cast.amina.id)).one())[1]  # fmt: skip
    stranger = visit(None)
    assert stranger.post(f"/reply/{token_}", data={"answer": "no"}).status_code == 302
    payload, _, seal = token_.rpartition(".")
    for forged in (token_[:-1], payload, f"{payload}.{seal[::-1]}", f"{payload}x.{seal}", "." * 9):
        assert stranger.post(f"/reply/{forged}", data={"answer": "no"}).status_code == 404, forged
    assert stranger.get("/").status_code == 302  # it signs nobody in
    with app.app_context(), transaction():
        held = meetings.get(cast.sita, held.id)
        inviting.withdraw(cast.sita, held, meetings.invitation(held, own.member_id), "Moved on")
    for page in (stranger.get(f"/reply/{token_}"), stranger.post(f"/reply/{token_}", data={"answer": "yes"})):
        assert page.status_code == 404
        assert "Amina" not in page.text


# --- who may do what -------------------------------------------------------------------------------------------------


def test_nobody_changes_what_another_said(app, visit, cast):
    with app.app_context():
        post = thread(cast.amina, "Hers", happening="My own words.")
        said = reply(cast.amina, post, "And these.")
    form = {"kind": "question", "title": "Taken", "happening": "Other words", "priority_id": "0", "marking": "OFFICIAL",
            "attribution": "named", "version": "1", "body": "Other words", "reason": "Because"}  # fmt: skip
    for who in (cast.bryn, cast.olu, cast.sita, cast.ada):
        browser = visit(who)
        for path in (f"/feedback/{post.id}/edit", f"/feedback/{post.id}/replies/{said.id}/edit"):
            assert browser.get(path).status_code == browser.post(path, data=form).status_code == 404
    for who in (cast.bryn, cast.olu):
        for path in (f"/feedback/{post.id}/withdraw", f"/feedback/{post.id}/replies/{said.id}/withdraw",
                     f"/feedback/{post.id}/close", f"/feedback/{post.id}/file"):  # fmt: skip
            assert visit(who).post(path, data=form).status_code == 404
    with app.app_context():
        post, said = db.session.get_one(Feedback, post.id), db.session.get_one(Reply, said.id)
        assert (post.title, post.happening, post.version) == ("Hers", "My own words.", 1)
        assert (said.body, said.version, said.withdrawn_at) == ("And these.", 1, None)


def test_nobody_writes_as_somebody_else_or_gives_themselves_more(app, visit, cast):
    """Columns that no form has are not taken from what is sent."""
    more = {"author_id": cast.amina.id, "author": cast.amina.id, "posted_by_id": "1", "is_official": "yes",
            "official": "yes", "role": "admin", "standing": "active", "organisation": "1", "organisation_id": "1",
            "email": "other@cast.example", "is_demonstration": "yes", "posted_at": "2001-01-01"}  # fmt: skip
    browser = visit(cast.bryn)
    browser.post("/feedback/new", data=more | {"kind": "idea", "title": "T", "happening": "H", "priority_id": "0",
                                               "marking": "OFFICIAL", "attribution": "named"})  # fmt: skip
    browser.post("/feedback/1/reply", data=more | {"body": "R", "attribution": "named"})
    browser.post("/account", data=more | {"name": "Bryn H", "notify": "daily", "wants_meeting_mail": "True",
                                          "language": "en", "version": "1"})  # fmt: skip
    visit(cast.sita).post("/members/new", data=more | {"name": "New One", "email": "new@cast.example", "notify": "daily",
                                                       "language": "en", "organisation": ""})  # fmt: skip
    with app.app_context():
        post, said = db.session.get_one(Feedback, 1), db.session.get_one(Reply, 1)
        bryn = db.session.get_one(Member, cast.bryn.id)
        assert post.author_id == said.author_id == cast.bryn.id
        assert not said.is_official
        assert post.attribution is Attribution.NAMED
        assert post.posted_at.year > 2001
        assert not post.is_demonstration
        assert (bryn.name, bryn.role, bryn.email) == ("Bryn H", Role.MEMBER, "bryn@cast.example")
        assert bryn.organisation_id == cast.bryn.organisation_id
        assert db.session.scalars(sa.select(Member.role).where(Member.email == "new@cast.example")).one() is Role.MEMBER


@pytest.mark.parametrize("who", ["ada", "olu"])
def test_the_secretariat_cannot_get_in_as_somebody_of_rank(app, visit, cast, who):
    """A new password goes to the address: whoever may change that may become them."""
    person = getattr(cast, who)
    form = {"name": person.name, "email": "mine@evil.example", "organisation": str(person.organisation_id),
            "job_title": "", "notify": "daily", "language": "en", "version": "1"}  # fmt: skip
    page = visit(cast.sita).post(f"/members/{person.id}/edit", data=form)
    assert "Only an administrator changes the email address" in page.text
    assert "mine@evil.example" in page.text
    with app.app_context():
        assert db.session.get_one(Member, person.id).email == person.email
    assert visit(cast.sita).post(f"/members/{person.id}/edit", data=form | {"email": person.email}).status_code == 302


def test_rooms_of_others_are_closed_to_members(app, visit, cast):
    """Whatever they send: 404, or a refusal; and the doors open to them are these."""
    open_to_members = {
        "account.change_password", "account.choose_password", "account.forgotten_password", "account.join", "account.show",
        "account.sign_in", "account.sign_out", "account.sign_out_everywhere", "feedback.edit", "feedback.edit_reply",
        "feedback.alike", "feedback.post", "feedback.read", "feedback.read_all", "feedback.reply", "feedback.withdraw", "feedback.withdraw_reply",
        "meetings.reply", "replies.answer", "calendars.mine", "calendars.renew", "check_in.check_in", "feedback.flag",
        "feedback.flag_reply", "feedback.save_draft", "feedback.throw_draft_away", "following.choose", "following.show",
        "meetings.evaluation", "meetings.propose", "feedback.say_same", "feedback.take_back",
    }  # fmt: skip
    with app.app_context():
        post = thread(cast.amina)
        reply(cast.amina, post)
        meeting(cast.sita)
        letters.write(
            key="k", kind=letters.Kind.NOTICE, to_name="A", to_address="a@cast.example", subject="S", text="T", html="H"
        )
        db.session.commit()
    browser = visit(cast.bryn)
    for endpoint, path in paths(app):
        if endpoint not in open_to_members:
            data = {
                "feedback": "1",
                "words": "x",
                "reason": "R",
                "title": "T",
                "text": "T",
                "name": "N",
                "status": "closed",
                "minutes": "5",
                "purpose": "decision",
            }
            page = browser.post(path, data=data)
            assert page.status_code in {403, 404}, path


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 10**30])
def test_a_number_no_database_holds_is_not_found(app, visit, cast, number):
    """PostgreSQL refuses to compare what does not fit into an integer column, where SQLite finds nothing."""
    with app.app_context():
        thread(cast.amina)
    browser = visit(cast.ada)
    for path in ("/members", "/organisations", "/meetings", "/feedback", "/challenges", "/summaries", "/letters"):
        assert browser.get(f"{path}/{number}").status_code == 404, path
    for path in (f"/feedback/1?at={number}", f"/feedback/1?quote={number}", f"/feedback/new?theme={number}",
                 f"/challenges?q=CH-{number}", f"/admin/history?number={number}", f"/members/new?organisation={number}"):  # fmt: skip
        assert browser.get(path).status_code == 200, path
    assert browser.get(f"/challenges/words?feedback={number}").status_code == 404


def test_a_nul_from_outside_any_form_is_passed_over(visit, cast):
    for path in ("/letters/send-again", "/letters/release"):
        assert visit(cast.sita).post(path, data={"about": "MTG-1\0"}).status_code == 302
