"""The pages on which somebody chooses what to hear of."""

from __future__ import annotations

import pytest

from forum.base.db import db, transaction
from forum.feedback.models import Feedback, Follow, FollowKind, FollowLevel
from forum.members.models import Member, Notify
from tests import builders
from tests.feedback.builders import reply, thread


@pytest.fixture
def posted(app, cast):
    with app.app_context():
        theme = builders.theme()
        said = thread(cast.amina, "Doors are closed", theme_ids=[theme.id])
        return said.id, theme.id, cast.amina.organisation_id


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_link_leads_to_three_plain_words_and_one_is_chosen(app, visit, cast, posted, place):
    kind, page = (("thread", "/feedback/{}"), ("theme", "/feedback?theme={}"), ("organisation", "/organisations/{}"))[
        place
    ]
    number, browser = posted[place], visit(cast.bryn)
    address = f"/account/following/{kind}/{number}"
    assert address in browser.get(page.format(number)).text
    words = browser.get(address).text
    for name in ("No emails", "In your digest", "An email for each post"):
        assert name in words
    assert "There is a problem" in browser.post(address, data={}).text
    done = browser.post(address, data={"level": "all"}, follow_redirects=True)
    assert "Your choice is saved" in done.text
    with app.app_context():
        [row] = db.session.query(Follow).all()
        assert (row.member_id, row.kind.value, row.target_id) == (
            cast.bryn.id, {"thread": "feedback"}.get(kind, kind), number,
        )  # fmt: skip
        assert row.level is FollowLevel.ALL
    assert "An email for each post" in browser.get("/account/following").text
    assert browser.post(address, data={"level": "sometimes"}).status_code == 200
    assert browser.get(f"/account/following/{kind}/99999").status_code == 404


def test_the_thread_says_what_was_chosen_and_as_usual_takes_it_back(app, visit, cast, posted):
    browser, address = visit(cast.bryn), f"/account/following/thread/{posted[0]}"
    assert "Follow this thread" in browser.get(f"/feedback/{posted[0]}").text
    assert "As usual" not in browser.get(address).text
    browser.post(address, data={"level": "none"})
    assert "You get no emails about this thread" in browser.get(f"/feedback/{posted[0]}").text
    browser.post(address, data={"level": "usual"})
    with app.app_context():
        assert db.session.query(Follow).where(Follow.kind == FollowKind.THREAD).all() == []


def test_what_is_followed_is_told_as_it_will_come(app, visit, cast, posted):
    """Who is written to at once has no digest, and whoever wants no emails gets none."""
    author, address = visit(cast.amina), f"/account/following/thread/{posted[0]}"
    assert "because you wrote in it" in author.get(f"/feedback/{posted[0]}").text
    for notify, comes, told in (
        (Notify.DAILY, "In your digest", ""),
        (Notify.IMMEDIATE, "An email for each post", "written to at once"),
        (Notify.NONE, "No emails", "no emails about feedback"),
    ):
        with app.app_context(), transaction():
            db.session.get_one(Member, cast.amina.id).notify = notify
        assert f"{comes} <a" in author.get("/account/following").text
        assert told in author.get(address).text


def test_how_often_and_on_which_day_is_chosen_on_one_page(app, visit, cast):
    browser = visit(cast.amina)
    page = browser.get("/account/following").text
    assert "You follow nothing yet" in page
    assert "by email straight away" not in page, "replies by email are off"
    sent = {"notify": "weekly", "digest_weekday": "3", "version": "1"}
    assert browser.post("/account/following", data=sent).status_code == 302
    with app.app_context():
        amina = db.session.get(Member, cast.amina.id)
        assert (amina.notify.value, amina.digest_weekday, amina.posts_by_mail) == ("weekly", 3, False)
    assert "while you" in browser.post("/account/following", data=sent | {"version": "1"}).text.lower()


def test_the_navigation_says_how_many_threads_hold_something_new(app, visit, cast, posted, statements):
    browser = visit(cast.bryn)
    for path in ("/", "/feedback"):
        assert '1<span class="govuk-visually-hidden"> thread with something new' in browser.get(path).text
    browser.post("/feedback/read")
    assert "with something new</span>" not in browser.get("/feedback").text
    with app.app_context():
        for _ in range(100):
            thread(cast.amina)
    assert "99+<span" in browser.get("/feedback").text


def test_a_thread_leads_to_the_first_of_its_new_replies(app, visit, cast, posted):
    browser = visit(cast.bryn)
    browser.post(f"/feedback/{posted[0]}/read")
    with app.app_context():
        said = [reply(cast.amina, db.session.get(Feedback, posted[0])) for _ in range(2)]
    page = browser.get(f"/feedback/{posted[0]}").text
    assert "Go to the first of 2 replies that are new to you" in page
    assert f"?at={said[0].id}#post-{said[0].id}" in page
