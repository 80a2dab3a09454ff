"""The letters pages: who sees them, what they show and never show, and what can be done there."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock, history, letters
from forum.base.db import db, transaction
from forum.base.letters import FAILED, Kind, Letter, State
from tests.base.letters import fields, invitations
from tests.meetings import builders as meetings
from tests.meetings.test_exports import ENTRY

TOKEN = "WzMsN10.qL4vN3mTn0kQ8sY1fJ5oC2xB7zR"


def write(app, number: int = 1, state: State = State.WAITING, **more) -> int:
    """The number of a letter that has come to this state."""
    with app.app_context(), transaction():
        letter = letters.write(**fields(number, **more))
        if state is not State.WAITING:
            letter.state, letter.next_try_at = state, None
        return letter.id


def state_of(app, number: int) -> State:
    with app.app_context():
        return db.session.get_one(Letter, number).state


def test_only_those_who_run_the_forum_know_of_letters(app, visit, cast):
    number = write(app)
    for person in (cast.amina, cast.olu):
        browser = visit(person)
        for path in ("/letters", f"/letters/{number}", f"/letters/{number}/html", "/letters/release"):
            assert browser.get(path).status_code == 404
        for path in (f"/letters/{number}/hold", "/letters/send-again", "/letters/release"):
            assert browser.post(path).status_code == 404
    assert state_of(app, number) is State.WAITING
    for person in (cast.sita, cast.ada):
        assert visit(person).get("/letters").status_code == 200


def test_an_empty_outbox_says_what_will_be_there(visit, cast):
    assert "No letters yet" in visit(cast.sita).get("/letters").text


def test_every_letter_is_listed_with_its_state_and_the_servers_answer(app, visit, cast):
    number = write(app, about="meeting:3", kind=Kind.INVITATION)
    with app.app_context(), transaction():
        letter = db.session.get_one(Letter, number)
        letter.state, letter.attempts, letter.last_code, letter.last_words = State.REFUSED, 2, 550, "No such <user>"
    page = visit(cast.sita).get("/letters").text
    for words in ("Person 1", "person1@police.example", "Refused", "2 attempts", "550 No such &lt;user&gt;", "MTG-3"):
        assert words in page
    assert 'href="/meetings/3"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {1, 2, 3}),
        ("state=refused", {2}),
        ("state=nonsense", {1, 2, 3}),
        ("kind=reminder", {3}),
        ("about=MTG-3", {1, 2}),
        ("about=mtg-03", {1, 2}),
        ("about=CH-3", set()),
        ("text=person2", {2}),
        ("text=Papers+Person+3", {3}),
        ("text=100%25", set()),
        ("about=MTG-3&state=waiting", {1}),
    ],
)
def test_filters(app, visit, cast, query, found):
    write(app, 1, about="meeting:3")
    write(app, 2, State.REFUSED, about="meeting:3")
    write(app, 3, kind=Kind.REMINDER, about="challenge:5")
    page = visit(cast.sita).get(f"/letters?{query}").text
    assert {number for number in (1, 2, 3) if f"Person {number}" in page} == found
    assert found or "No letters match" in page


def test_pages_follow_each_other_and_keep_the_filter(app, visit, cast):
    with app.app_context(), transaction():
        letters.write_many(fields(number, about="meeting:3") for number in range(1, 61))
    browser = visit(cast.sita)
    first = browser.get("/letters?about=MTG-3").text
    assert "Person 60" in first
    assert "Person 10<" not in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "about=MTG-3" in older
    second = browser.get(older).text
    assert "Person 10<" in second
    assert "Person 60" not in second


def test_a_withheld_recipient_is_shown_nowhere_and_cannot_be_searched_for(app, visit, cast):
    secret = {
        "to_name": "Bryn Heron",
        "to_address": "bryn@cast.example",
        "text": "Dear Bryn Heron",
        "html": "Dear Bryn",
    }
    number = write(app, is_recipient_withheld=True, **secret)
    browser = visit(cast.sita)
    for path in ("/letters", f"/letters/{number}"):
        page = browser.get(path).text
        assert "asked not to be named" in page
        assert "Bryn" not in page
        assert "bryn@" not in page
    assert browser.get(f"/letters/{number}/html").status_code == 404
    for words in ("bryn", "heron", "cast.example"):
        assert "No letters match" in browser.get(f"/letters?text={words}").text


def test_nobody_reads_keys_out_of_the_outbox(app, visit, cast):
    """With somebody's link one could choose their password, or answer for them."""
    link = f"https://forum.example/join/{TOKEN}"
    more = f"https://forum.example/meetings/3 {link} https://forum.example/x?key={TOKEN}&a=b"
    number = write(app, text=more, html=f'<a href="{link}">{link}</a>', kind=Kind.ACCOUNT)
    browser = visit(cast.ada)
    for path in (f"/letters/{number}", f"/letters/{number}/html"):
        page = browser.get(path).text
        assert TOKEN not in page
        assert TOKEN[8:] not in page
        assert "https://forum.example/join/…" in page
    assert "https://forum.example/meetings/3 " in browser.get(f"/letters/{number}").text


def test_a_letter_is_shown_with_its_headers_and_its_calendar_entry_in_words(app, visit, cast):
    with app.app_context(), transaction():
        letters.write_many(invitations(1, ENTRY))
        number = db.session.scalars(sa.select(Letter.id)).one()
    page = visit(cast.sita).get(f"/letters/{number}").text
    for words in ("Message-ID", "forum@egve-forum.example", "Invites, or updates", clock.show_moment(ENTRY.starts_at)):
        assert words in page
    assert "BEGIN:VCALENDAR" not in page


def test_the_html_part_is_shown_shut_off(app, visit, cast):
    number = write(app, html="<p>Hello</p><script>alert(1)</script>")
    browser = visit(cast.sita)
    page = browser.get(f"/letters/{number}/html")
    assert page.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "<script>alert" not in browser.get(f"/letters/{number}").text


@pytest.mark.parametrize(
    ("before", "path", "after", "told"),
    [
        (State.WAITING, "hold", State.HELD, "The letter is held"),
        (State.HELD, "release", State.WAITING, "The letter is released"),
        (State.BOUNCED, "send-again", State.WAITING, "The letter will be sent again"),
        (State.SENT, "hold", State.SENT, "can no longer be held"),
        (State.SENT, "send-again", State.SENT, "Only a letter that was refused"),
        (State.REFUSED, "release", State.REFUSED, "This letter is not held"),
    ],
)
def test_what_can_be_done_about_one_letter(app, visit, cast, before, path, after, told):
    number = write(app, 1, before)
    page = visit(cast.sita).post(f"/letters/{number}/{path}", follow_redirects=True)
    assert page.status_code == 200
    assert told in page.text
    assert state_of(app, number) is after
    with app.app_context():
        assert [line.actor_id for line in history.lines("letter", number).items] == [cast.sita.id] * (before != after)


def test_a_letter_offers_only_what_can_be_done(app, visit, cast):
    sent, held = write(app, 1, State.SENT), write(app, 2, State.HELD)
    browser = visit(cast.sita)
    assert "/hold" not in browser.get(f"/letters/{sent}").text
    assert f"/letters/{held}/release" in browser.get(f"/letters/{held}").text


def test_all_that_failed_are_sent_again_after_a_question(app, visit, cast):
    failed = [write(app, number, FAILED[number % 2], about="meeting:3") for number in (1, 2)]
    other, sent = write(app, 3, State.REFUSED, about="meeting:4"), write(app, 4, State.SENT, about="meeting:3")
    browser = visit(cast.sita)
    assert "Send 2 letters again" in browser.get("/letters/send-again?about=MTG-3").text
    assert "Send 3 letters again" in browser.get("/letters/send-again").text
    page = browser.post("/letters/send-again", data={"about": "MTG-3"}, follow_redirects=True)
    assert "2 letters are on the way again" in page.text
    assert [state_of(app, number) for number in failed] == [State.WAITING] * 2
    assert (state_of(app, other), state_of(app, sent)) == (State.REFUSED, State.SENT)
    with app.app_context():
        assert history.lines("letter").items[0].details == {"filed_under": "meeting:3", "letters": 2}
    assert (
        "No letters were left"
        in browser.post("/letters/send-again", data={"about": "MTG-3"}, follow_redirects=True).text
    )


def test_all_that_are_held_are_released_and_failed_ones_stay(app, visit, cast):
    held, failed = write(app, 1, State.HELD), write(app, 2, State.REFUSED)
    assert "1 letter is on the way" in visit(cast.sita).post("/letters/release", follow_redirects=True).text
    assert (state_of(app, held), state_of(app, failed)) == (State.WAITING, State.REFUSED)


def test_an_idle_worker_is_noticed_after_a_quarter_of_an_hour_but_a_delay_is_none(app, visit, cast):
    number = write(app)
    browser = visit(cast.sita)
    with time_machine.travel(clock.now() + timedelta(minutes=14)):
        assert "The worker may not be running" not in browser.get("/letters").text
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert "The worker may not be running" in browser.get("/letters").text
    with app.app_context(), transaction():
        letter = db.session.get_one(Letter, number)
        letter.state, letter.next_try_at = State.DELAYED, clock.now() + timedelta(hours=4)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert "The worker may not be running" not in browser.get("/letters").text


def test_the_page_asks_again_only_while_letters_are_on_their_way(app, visit, cast):
    write(app, 1, State.SENT)
    browser = visit(cast.sita)
    assert "data-poll" not in browser.get("/letters").text
    write(app, 2)
    assert 'data-poll="/letters"' in browser.get("/letters").text


@pytest.mark.parametrize("many", [20, 2_000])
def test_the_page_costs_five_statements_however_many_letters(app, visit, cast, statements, many):
    with app.app_context(), transaction():
        letters.write_many(fields(number) for number in range(many))
    browser = visit(cast.sita)
    with statements() as seen:
        assert browser.get("/letters?text=person").status_code == 200
    assert len(seen) <= 5, seen


@pytest.mark.parametrize(
    "query", ["key=rubbish", "state=%F0%9F%92%A9", "about=MTG-99999999999999999999", "about=MTG-", "text=" + "a" * 500]
)
def test_odd_questions_get_an_answer(app, visit, cast, query):
    write(app)
    browser = visit(cast.sita)
    assert browser.get(f"/letters?{query}").status_code == 200
    assert browser.get(f"/letters/send-again?{query}").status_code == 200


@time_machine.travel(meetings.BEFORE, tick=False)
def test_a_test_of_a_letter_comes_to_whoever_asks_without_keys_and_calendar(app, cast, visit):
    with app.app_context():
        built = meetings.meeting(cast.sita)
        meetings.invite(cast.sita, built)
        number = db.session.scalars(sa.select(Letter.id).where(Letter.member_id == cast.amina.id)).one()
    browser = visit(cast.sita)
    for _ in range(2):
        page = browser.post(f"/letters/{number}/test", follow_redirects=True).text
        assert "A test is on its way to sita@cast.example" in page
    with app.app_context():
        (copy,) = db.session.scalars(sa.select(Letter).where(Letter.subject.startswith("[Test] Invitation: "))).all()
        assert (copy.to_address, copy.calendar, copy.calendar_method) == ("sita@cast.example", None, None)
        assert copy.text.startswith("This is a test.")
        assert "Dear Amina Rowan" in copy.text
        assert "/reply/…" in copy.text
        assert "/reply/…" in copy.html
    assert visit(cast.amina).post(f"/letters/{number}/test").status_code == 404


@time_machine.travel(meetings.BEFORE, tick=False)
def test_an_invitation_is_tested_before_anybody_is_invited(app, cast, visit):
    with app.app_context():
        number = meetings.meeting(cast.sita, is_open=False).id
    browser = visit(cast.sita)
    assert "Send me a test" in browser.get(f"/meetings/{number}/invitations/new").text
    assert "A test is on its way" in browser.post(f"/meetings/{number}/invitations/test", follow_redirects=True).text
    with app.app_context():
        (letter,) = db.session.scalars(sa.select(Letter)).all()
        assert letter.subject.startswith("[Test] Invitation: EGVE Forum: mental health")
        assert "Dear Sita Curlew" in letter.text
        assert letters.deliver_due() == {State.SENT: 1}


def test_a_letter_whose_words_are_gone_says_so_and_the_rest_stays(app, cast, visit):
    with app.app_context(), transaction():
        letter = letters.write(**fields(1))
        letter.text = letter.html = ""
        letter.state, letter.next_try_at = State.REFUSED, None
    page = visit(cast.sita).get("/letters/1").text
    assert "The words of this letter were deleted 365 days after it was written" in page
    assert "Send this letter again" not in page
    assert "person1@police.example" in page


def test_where_all_letters_go_for_trying_out_is_said(app, cast, visit, monkeypatch):
    assert "For trying out" not in visit(cast.sita).get("/letters").text
    monkeypatch.setitem(app.config, "MAIL_TEST_TO", "tester@forum.example")
    assert "every letter goes to tester@forum.example" in visit(cast.sita).get("/letters").text


def test_the_letters_of_a_meeting_have_a_short_address(cast, visit):
    page = visit(cast.sita).get("/letters?meeting=3")
    assert page.headers["Location"] == "/letters?about=MTG-3"
