"""The meetings pages, over HTTP: what each person finds, what is kept when something is wrong, what a page costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.meetings.models import AgendaItem, Meeting, Mode
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, answer, crowd, invite, item, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> int:
    """An open meeting with an agenda, to which everybody is invited."""
    with app.app_context():
        built = meeting(cast.sita)
        item(cast.sita, built, "Welcome", 10, lead="Chair")
        item(cast.sita, built, "Mental health", 50, paper="Paper 1")
        invite(cast.sita, built)
        return built.id


def typed(**more: str) -> dict[str, str]:
    usual = {
        "title": "EGVE Forum: girls and young women",
        "kind": "forum",
        "day-day": "20",
        "day-month": "1",
        "day-year": "2027",
        "starts": "10:30am",
        "ends": "3pm",
        "mode": "in-person",
        "place": "Example House",
        "description": "Line one\r\nLine two",
        "marking": "OFFICIAL",
        "form_key": "only-once",
    }
    return usual | {name.replace("__", "-"): value for name, value in more.items()}


def stored(app) -> list[Meeting]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Meeting).order_by(Meeting.id)))


# --- reading -----------------------------------------------------------------------------------------------------------


def test_a_member_finds_what_they_need_first(visit, cast, made):
    page = visit(cast.amina).get(f"/meetings/{made}").text
    for words in ("Wednesday 20 January 2027, 10:30am to 3pm", "Example House, London, and online", "Will you come?"):
        assert words in page
    assert "https://meet.example/forum" in page
    assert "10:40am" in page
    assert "Paper 1" in page
    assert "What comes next" not in page


def test_who_is_not_invited_gets_no_joining_link(app, visit, cast, made):
    with app.app_context():
        builders.member("Late Comer", email="late@cast.example", password="a long test password")
    late = app.test_client()
    late.post("/sign-in", data={"email": "late@cast.example", "password": "a long test password"})
    for path in (f"/meetings/{made}", f"/meetings/{made}/calendar.ics"):
        page = late.get(path)
        assert page.status_code == 200
        assert "meet.example" not in page.text
    assert "Will you come?" not in late.get(f"/meetings/{made}").text
    assert late.post(f"/meetings/{made}/reply", data={"answer": "no"}).status_code == 404
    assert "meet.example/forum" in visit(cast.amina).get(f"/meetings/{made}/calendar.ics").text.replace("\r\n ", "")


def test_a_draft_is_not_there_for_members(app, visit, cast):
    with app.app_context():
        number = meeting(cast.sita, is_open=False, title="Secret plans").id
    for person in (cast.amina, cast.olu):
        browser = visit(person)
        assert "Secret plans" not in browser.get("/meetings").text
        for path in ("", "/agenda", "/calendar.ics", "/edit", "/invitations", "/cancel"):
            assert browser.get(f"/meetings/{number}{path}").status_code == 404
    assert "Secret plans" in visit(cast.sita).get("/meetings").text


@pytest.mark.parametrize(
    "path", ["edit", "cancel", "invitations", "invitations/new", "invitations/progress", "invitations/1"]
)
def test_pages_of_the_secretariat_are_not_there_for_members(visit, cast, made, path):
    assert visit(cast.amina).get(f"/meetings/{made}/{path}").status_code == 404


def test_posting_to_pages_of_the_secretariat_does_nothing_for_members(app, visit, cast, made):
    browser = visit(cast.amina)
    with app.app_context():
        first = db.session.scalars(sa.select(AgendaItem.id)).first()
    for path in ("open", "cancel", "edit", "invitations", "invitations/update", f"invitations/{cast.bryn.id}/resend"):
        assert browser.post(f"/meetings/{made}/{path}", data=typed(reason="Because")).status_code == 404
    for path in (f"agenda/{first}", f"agenda/{first}/move", f"agenda/{first}/remove"):
        assert browser.post(f"/meetings/{made}/{path}", data={"title": "Mine", "minutes": "5"}).status_code == 404
    assert (
        browser.post(
            f"/meetings/{made}/agenda", data={"title": "Mine", "minutes": "5", "purpose": "decision"}
        ).status_code
        == 403
    )
    assert browser.post("/meetings/new", data=typed()).status_code == 404
    assert [m.stage.value for m in stored(app)] == ["open"]


def test_coming_up_and_past(app, visit, cast, made, before):
    with app.app_context():
        meeting(cast.sita, title="A year earlier", day=date(2026, 1, 20), theme_ids=[builders.theme("social-media").id])
        theme = builders.theme("social-media").id
    browser = visit(cast.amina)
    coming, past = browser.get("/meetings").text, browser.get("/meetings?show=past").text
    assert ("mental health" in coming, "A year earlier" in coming) == (True, False)
    assert ("EGVE Forum: mental" in past, "A year earlier" in past) == (False, True)
    assert "Reply" in coming
    assert "No meetings on this theme" in browser.get(f"/meetings?theme={theme}").text
    assert "A year earlier" in browser.get(f"/meetings?theme={theme}&show=past").text
    assert browser.get("/meetings?theme=nothing&show=odd&key=%00").status_code in {200, 404}
    assert browser.get("/meetings?theme=999&key=abc").status_code == 200


def test_a_long_list_has_a_second_page(app, visit, cast, statements):
    with app.app_context():
        for number in range(23):
            meeting(cast.sita, title=f"Meeting {number:02}", theme_ids=[])
    browser = visit(cast.amina)
    first = browser.get("/meetings").text
    assert "Meeting 19" in first
    assert "Meeting 20" not in first
    key = first.partition("key=")[2].partition('"')[0]
    assert "Meeting 22" in browser.get(f"/meetings?key={key}").text


# --- what pages cost ---------------------------------------------------------------------------------------------------


def cost(statements, browser, path: str) -> int:
    with statements() as seen:
        assert browser.get(path).status_code == 200
    return len([s for s in seen if "is_demonstration" not in s or "EXISTS" not in s])


@pytest.mark.parametrize("people", [20, 2000])
def test_statements_of_each_page(app, visit, cast, statements, people):
    with app.app_context():
        crowd(people)
        built = meeting(cast.sita)
        item(cast.sita, built)
        invite(cast.sita, built)
        answer(cast.amina, built)
        number = built.id
    sita, amina = visit(cast.sita), visit(cast.amina)
    assert cost(statements, amina, f"/meetings/{number}") <= 9
    assert cost(statements, sita, f"/meetings/{number}") <= 14
    assert cost(statements, amina, "/meetings") <= 5
    assert cost(statements, sita, f"/meetings/{number}/invitations") <= 7
    assert cost(statements, sita, f"/meetings/{number}/invitations?answer=none&letter=waiting&text=person") <= 7
    assert cost(statements, sita, f"/meetings/{number}/invitations/{cast.amina.id}") <= 7


# --- scheduling --------------------------------------------------------------------------------------------------------


def test_the_secretariat_schedules_and_opens(app, visit, cast):
    browser = visit(cast.sita)
    page = browser.post("/meetings/new", data=typed(), follow_redirects=True)
    assert "saved as a draft" in page.text
    again = browser.post("/meetings/new", data=typed(), follow_redirects=True)
    assert again.status_code == 200
    assert len(stored(app)) == 1  # the same form twice
    assert stored(app)[0].description == "Line one\nLine two"
    page = browser.post(f"/meetings/{stored(app)[0].id}/open", follow_redirects=True)
    assert "members can see it" in page.text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"day__day": "31", "day__month": "2"}, "The date must be a real date"),
        ({"starts": "3pm", "ends": "10:30am"}, "The end must be later than the start"),
        ({"starts": "9"}, "Starts must be a time, like 10:30am or 2pm"),
        (
            {"day__day": "29", "day__month": "3", "day__year": "2026", "starts": "1:30am"},
            "There is no 1:30am on 29 March",
        ),
        ({"day__day": "25", "day__month": "10", "day__year": "2026", "starts": "1:30am"}, "1:30am comes twice"),
        ({"place": ""}, "Enter where the meeting is"),
        ({"joining_link": "javascript:alert(1)", "mode": "hybrid"}, "The joining link must be a web address"),
        ({"title": "x" * 201}, "200 characters or fewer"),
        ({"title": "A\x00B"}, "characters that cannot be stored"),
        ({"themes": "999999"}, "no longer available"),
        ({"kind": "party"}, "no longer available"),
        ({"marking": "TOP SECRET"}, "no longer available"),
        ({"description": "[" * 200_000}, "5,000 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(app, visit, cast, wrong, message):
    page = visit(cast.sita).post("/meetings/new", data=typed(**wrong))
    assert page.status_code == 200
    assert message in page.text
    assert "There is a problem" in page.text
    assert "Line one" in page.text or "description" in wrong
    assert stored(app) == []


def test_the_hour_that_comes_twice_is_asked_for_and_kept(app, visit, cast):
    browser = visit(cast.sita)
    twice = typed(day__day="25", day__month="10", day__year="2026", starts="1:30am", ends="4am")
    assert "The second, an hour later" in browser.post("/meetings/new", data=twice).text
    browser.post("/meetings/new", data=twice | {"hour": "second"})
    assert stored(app)[0].starts_at == builders.moment(2026, 10, 25, 1, 30)
    page = browser.get(f"/meetings/{stored(app)[0].id}/edit").text
    assert 'value="second" checked' in page


def test_a_line_break_in_a_title_becomes_a_space(app, visit, cast):
    visit(cast.sita).post("/meetings/new", data=typed(title="Girls\r\nBcc: all@example.example"))
    assert stored(app)[0].title == "Girls Bcc: all@example.example"


def test_a_meeting_in_the_past_is_kept_with_a_warning(app, visit, cast):
    page = visit(cast.sita).post("/meetings/new", data=typed(day__year="2016"), follow_redirects=True)
    assert "Its date has passed" in page.text


# --- changing ----------------------------------------------------------------------------------------------------------


def test_a_change_people_would_notice_asks_whether_to_tell_them(app, visit, cast, made):
    browser = visit(cast.sita)
    change = typed(version="1", ends="4pm", place="Example House, London", mode="hybrid")
    page = browser.post(f"/meetings/{made}/edit", data=change).text
    assert "4 people have an invitation that says something else" in page
    assert "10:30am to 4pm" in page
    assert stored(app)[0].version == 1
    page = browser.post(f"/meetings/{made}/edit", data=change | {"asked": "yes"}).text
    assert "Select whether to send an update" in page
    page = browser.post(f"/meetings/{made}/edit", data=change | {"asked": "yes", "tell": "yes"}, follow_redirects=True)
    assert "4 updates will be sent" in page.text
    assert stored(app)[0].ical_sequence == 1
    assert "an update goes out at" in page.text
    assert "have not been told" not in page.text
    more = change | {"version": "2", "place": "Another House, London"}
    page = browser.post(f"/meetings/{made}/edit", data=more).text
    assert "this change too, whatever you select here" in page


def test_the_second_step_carries_everything_that_was_typed(app, visit, cast, made):
    page = visit(cast.sita).post(f"/meetings/{made}/edit", data=typed(version="1", themes="1")).text
    for hidden in ('name="day-day" value="20"', 'name="version" value="1"', 'name="themes" value="1"'):
        assert hidden in page
    assert "Line one&#10;Line two" in page


def test_a_change_nobody_invited_would_notice_is_saved_at_once(app, visit, cast, made):
    page = visit(cast.sita).get(f"/meetings/{made}/edit")
    assert page.status_code == 200
    same = typed(
        version="1",
        title="EGVE Forum: mental health",
        place="Example House, London",
        mode="hybrid",
        joining_link="https://meet.example/forum",
        description="What helps and what gets in the way.",
        is_chatham_house="yes",
    )
    page = visit(cast.sita).post(f"/meetings/{made}/edit", data=same, follow_redirects=True)
    assert "The changes are saved" in page.text
    assert "Chatham House" in page.text


def test_of_two_people_changing_the_second_sees_both_versions_and_can_save(app, visit, cast):
    with app.app_context():
        number = meeting(cast.sita, is_open=False).id
    visit(cast.ada).post(f"/meetings/{number}/edit", data=typed(version="1", place="Ada's room"))
    browser = visit(cast.sita)
    page = browser.post(f"/meetings/{number}/edit", data=typed(version="1", place="Sita's room")).text
    assert "Ada Finch changed this meeting" in page
    assert "Ada&#39;s room" in page
    assert "Sita&#39;s room" in page
    assert 'name="version" value="2"' in page
    browser.post(f"/meetings/{number}/edit", data=typed(version="2", place="Sita's room"))
    assert stored(app)[0].place == "Sita's room"


def test_cancelling_says_whom_it_tells_and_needs_a_reason(app, visit, cast, made):
    browser = visit(cast.sita)
    assert "4 people invited will be told" in browser.get(f"/meetings/{made}/cancel").text
    assert "Enter a reason" in browser.post(f"/meetings/{made}/cancel", data={"reason": " "}).text
    page = browser.post(f"/meetings/{made}/cancel", data={"reason": "Flooded"}, follow_redirects=True).text
    assert "4 letters will be sent" in page
    assert "Flooded" in visit(cast.amina).get(f"/meetings/{made}").text
    assert browser.post(f"/meetings/{made}/cancel", data={"reason": "Again"}).status_code == 200
    assert browser.post(f"/meetings/{made}/open").status_code == 400


# --- the agenda --------------------------------------------------------------------------------------------------------


def test_the_agenda_is_made_up_without_script(app, visit, cast, made):
    browser = visit(cast.sita)
    new = {"title": "Break", "minutes": "500", "purpose": "information", "form_key": "once"}
    page = browser.post(f"/meetings/{made}/agenda", data=new, follow_redirects=True).text
    assert "is on the agenda" in page
    assert "290 minutes longer than the meeting" in page
    with app.app_context():
        ids = list(db.session.scalars(sa.select(AgendaItem.id).order_by(AgendaItem.position)))
    browser.post(f"/meetings/{made}/agenda/{ids[2]}/move", data={"by": "-1", "seen_at": "3"})
    browser.post(f"/meetings/{made}/agenda/{ids[0]}/remove")
    page = browser.get(f"/meetings/{made}/agenda").text
    assert page.index("1. Break") < page.index("2. Mental health")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": ""}, "Enter what the item is about"),
        ({"minutes": "ten"}, "whole number"),
        ({"minutes": "0"}, "1 or more"),
    ],
)
def test_a_wrong_item_is_refused_and_kept(visit, cast, made, wrong, message):
    new = {"title": "Break", "minutes": "15", "purpose": "information", "lead": "Facilitators"} | wrong
    page = visit(cast.sita).post(f"/meetings/{made}/agenda", data=new).text
    assert message in page
    assert "Facilitators" in page


def test_two_people_changing_one_item(app, visit, cast, made):
    with app.app_context():
        first = db.session.scalars(sa.select(AgendaItem.id).order_by(AgendaItem.position)).first()
    path = f"/meetings/{made}/agenda/{first}"
    change = {"minutes": "20", "purpose": "decision", "lead": "", "paper": "", "version": "1"}
    visit(cast.ada).post(path, data=change | {"title": "Ada's words"})
    page = visit(cast.sita).post(path, data=change | {"title": "Sita's words"}).text
    assert "Ada Finch changed this item" in page
    assert "Ada&#39;s words" in page
    assert "Sita&#39;s words" in page


def test_a_member_reads_the_agenda(visit, cast, made):
    page = visit(cast.amina).get(f"/meetings/{made}/agenda").text
    assert "Mental health" in page
    assert "Add an item" not in page


# --- answering while signed in -----------------------------------------------------------------------------------------


def test_a_member_answers_on_the_meetings_page(visit, cast, made):
    browser = visit(cast.amina)
    page = browser.post(f"/meetings/{made}/reply", data={"answer": "yes-online", "note": ""}, follow_redirects=True)
    assert "Your answer is saved: Yes, online" in page.text
    assert "You: Yes, online" in browser.get("/meetings").text
    page = browser.post(f"/meetings/{made}/reply", data={"note": "Large print"})
    assert "Select an answer" in page.text
    assert "Large print" in page.text


def test_an_answer_that_no_longer_fits_is_refused(app, visit, cast, made):
    with app.app_context(), transaction():
        db.session.get_one(Meeting, made).mode = Mode.ONLINE
    page = visit(cast.amina).post(f"/meetings/{made}/reply", data={"answer": "yes-in-person"})
    assert "no longer available" in page.text


def test_answers_end_with_the_meeting(visit, cast, made, before):
    before.move_to(AFTER)
    page = visit(cast.amina).post(f"/meetings/{made}/reply", data={"answer": "no"})
    assert "This meeting is over" in page.text
