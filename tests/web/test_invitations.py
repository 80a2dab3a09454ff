"""Sending invitations and following them, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import letters
from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.base.letters.models import SuppressedAddress
from forum.meetings.commands import scheduling
from forum.meetings.queries import get, reply_token
from forum.members.models import Standing
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, answer, crowd, details, invite, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> int:
    with app.app_context():
        return meeting(cast.sita).id


def outbox(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) or 0


def test_the_preview_shows_exactly_who_gets_what_and_sends_nothing(app, visit, cast, made):
    with app.app_context():
        builders.member("Rowan Left", standing=Standing.LEFT)
        builders.member("Hyacinth Post", email=None)
        with transaction():
            db.session.add(SuppressedAddress(address=builders.member("Iris Gone").email, reason="5.1.1", since=BEFORE))
    page = visit(cast.sita).get(f"/meetings/{made}/invitations").text
    assert "4 people will be invited" in page
    assert re.search(r"Central government.*?2", page, re.S)
    for words in (
        "Rowan Left",
        "Has left the Forum",
        "Hyacinth Post",
        "No email address: written to by post",
        "Iris Gone",
    ):
        assert words in page
    assert "1 person: Letters to their address come back" in page
    assert "Invitation: EGVE Forum: mental health, 20 January 2027" in page
    assert "Dear Amina Rowan" in page
    assert "accepts, declines or may come" in page
    assert "<iframe" not in page
    with app.app_context():
        assert reply_token(made, cast.amina.id, 1) not in page  # the link is hers alone
    drawn = visit(cast.sita).get(f"/meetings/{made}/invitations/sample")
    assert "Dear Amina Rowan" in drawn.text
    assert drawn.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    with app.app_context():
        assert reply_token(made, cast.amina.id, 1) not in drawn.text
    assert visit(cast.amina).get(f"/meetings/{made}/invitations/sample").status_code == 404
    assert outbox(app) == 0


def test_a_second_click_sends_nothing_twice(app, visit, cast, made):
    browser = visit(cast.sita)
    first = browser.post(f"/meetings/{made}/invitations", data={"people": "4"}, follow_redirects=True)
    assert "4 invitations will be sent" in first.text
    second = browser.post(f"/meetings/{made}/invitations", data={"people": "4"}, follow_redirects=True)
    assert "Nothing was sent twice" in second.text
    assert outbox(app) == 4


@pytest.mark.parametrize("people", ["3", "", "-1", "a", "9" * 30, "²"])
def test_a_number_that_is_not_right_shows_the_preview_again(app, visit, cast, made, people):
    page = visit(cast.sita).post(f"/meetings/{made}/invitations", data={"people": people})
    assert "changed while you were looking" in page.text
    assert "4 people will be invited" in page.text
    assert outbox(app) == 0


def test_a_draft_and_a_meeting_that_is_over_send_nothing(app, visit, cast, made, before):
    with app.app_context():
        draft = meeting(cast.sita, is_open=False).id
    browser = visit(cast.sita)
    assert "This meeting is a draft" in browser.post(f"/meetings/{draft}/invitations", data={"people": "4"}).text
    before.move_to(AFTER)
    browser = visit(cast.sita)
    assert "This meeting is over" in browser.get(f"/meetings/{made}/invitations").text
    assert "This meeting is over" in browser.post(f"/meetings/{made}/invitations", data={"people": "4"}).text
    assert outbox(app) == 0


def test_progress_is_shown_and_asks_for_itself_until_all_are_sent(app, visit, cast, made):
    with app.app_context():
        invite(cast.sita, get(cast.sita, made))
        letters.deliver_due(limit=3)
    browser = visit(cast.sita)
    page = browser.get(f"/meetings/{made}/invitations").text
    assert "3 of 4 sent" in page
    assert f'data-poll="/meetings/{made}/invitations/progress"' in page
    assert "See how far they are now" in page  # for those without script
    with app.app_context():
        letters.deliver_due()
    part = browser.get(f"/meetings/{made}/invitations/progress").text
    assert "4 of 4 sent" in part
    assert "data-poll" not in part
    assert "<html" not in part


def test_people_are_found_by_answer_letter_and_name(app, visit, cast, made):
    with app.app_context():
        built = get(cast.sita, made)
        invite(cast.sita, built)
        answer(cast.amina, built, note="Hearing loop")
        letters.deliver_due(limit=1)
    browser, path = visit(cast.sita), f"/meetings/{made}/invitations"
    everybody = browser.get(path).text
    assert "Hearing loop" in everybody
    assert all(name in everybody for name in ("Amina Rowan", "Bryn Heron", "Olu Hazel", "Sita Curlew"))
    for query, found in (
        ("answer=yes", {"Amina Rowan"}),
        ("answer=in-person", {"Amina Rowan"}),
        ("answer=online", set()),
        ("answer=none&text=br", {"Bryn Heron"}),
        ("letter=sent", {"Amina Rowan"}),
        ("letter=waiting&answer=yes", set()),
        ("text=%25", set()),
    ):
        rows = re.findall(r'/invitations/\d+">([^<]+)</a>', browser.get(f"{path}?{query}").text)
        assert set(rows) == found, query
    assert browser.get(f"{path}?answer=odd&letter=odd&key=odd").status_code == 200


def test_two_thousand_people_page_by_page(app, visit, cast, made):
    with app.app_context():
        crowd(2000)
        invite(cast.sita, get(cast.sita, made))
    browser = visit(cast.sita)
    path, seen = f"/meetings/{made}/invitations", []
    for _ in range(3):
        page = browser.get(path).text
        seen += re.findall(r'/invitations/(\d+)">', page)
        path = re.search(r'href="([^"]*key=[^"]*)" rel="next"', page)[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 150


def test_who_was_not_told_of_a_change_is_shown_and_can_be_told(app, visit, cast, made):
    with app.app_context():
        built = get(cast.sita, made)
        invite(cast.sita, built)
        with transaction():
            scheduling.change(cast.sita, built, version=1, **details(place="Another house"))
    browser = visit(cast.sita)
    assert "4 people have not been told" in browser.get(f"/meetings/{made}/invitations").text
    page = browser.post(f"/meetings/{made}/invitations/update", follow_redirects=True).text
    assert "4 updates will be sent" in page
    assert "not been told" not in page


def test_one_person_answered_for_sent_again_taken_off_and_invited_again(app, visit, cast, made):
    with app.app_context():
        invite(cast.sita, get(cast.sita, made))
        letters.deliver_due()
    browser, path = visit(cast.sita), f"/meetings/{made}/invitations/{cast.bryn.id}"
    page = browser.post(path, data={"answer": "maybe", "note": "Said by phone"}, follow_redirects=True).text
    assert "Recorded by the secretariat (Sita Curlew)" in page
    assert "Said by phone" in page
    assert "Said by phone" not in visit(cast.bryn).get(f"/meetings/{made}").text
    assert 'name="letters" value="1"' in browser.get(path).text
    assert "will be sent again" in browser.post(f"{path}/resend", data={"letters": 1}, follow_redirects=True).text
    assert "already been sent again" in browser.post(f"{path}/resend", data={"letters": 1}, follow_redirects=True).text
    assert outbox(app) == 5
    assert "Enter a reason" in browser.post(f"{path}/withdraw", data={}).text
    page = browser.post(f"{path}/withdraw", data={"reason": "By mistake"}, follow_redirects=True).text
    assert "no longer invited" in page
    assert "Will you come?" not in visit(cast.bryn).get(f"/meetings/{made}").text
    assert "was withdrawn" in browser.post(f"{path}/resend", follow_redirects=True).text
    assert "is invited again" in browser.post(f"{path}/again", follow_redirects=True).text
    assert "Will you come?" in visit(cast.bryn).get(f"/meetings/{made}").text


def test_who_was_never_invited_has_no_page(visit, cast, made):
    assert visit(cast.sita).get(f"/meetings/{made}/invitations/{cast.amina.id}").status_code == 404
