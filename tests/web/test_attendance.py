"""The day in the browser: who sees the list, ticking with and without script, checking in, printing, answering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.meetings import queries as meetings
from forum.meetings.commands import attendance
from forum.meetings.models import Attendance, Evaluation, Meeting
from forum.meetings.queries import attendance as attendances
from forum.meetings.queries import evaluations
from forum.meetings.rules import IN_PERSON, NO
from forum.meetings.rules import attendance as marking
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, DURING, answer, invite, meeting

FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def path(app, cast, clock) -> str:
    """A meeting under way, hosted by Bryn; Amina says yes, Olu no."""
    with app.app_context():
        made = meeting(cast.sita)
        with transaction():
            db.session.execute(sa.update(Meeting).values(host_id=cast.bryn.id))
        invite(cast.sita, made)
        answer(cast.amina, made, IN_PERSON)
        answer(cast.olu, made, NO)
        number = made.id
    clock.move_to(DURING)
    return f"/meetings/{number}"


def lines(app) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(sa.select(Attendance).order_by(Attendance.id))
        return [(line.name, line.presence.value, line.mode.value if line.mode else "") for line in found]


def test_the_list_is_for_the_secretariat_and_the_host(visit, cast, path):
    assert [visit(who).get(f"{path}/attendance").status_code for who in (cast.sita, cast.bryn, cast.ada)] == [200] * 3
    assert [visit(who).get(f"{path}/attendance").status_code for who in (cast.amina, cast.olu)] == [404] * 2
    for page in ("add", "sheet", "badges", "code", "export.csv"):
        assert visit(cast.amina).get(f"{path}/attendance/{page}").status_code == 404
    assert visit(cast.amina).post(f"{path}/attendance", data={"mark": f"m{cast.amina.id} in-person"}).status_code == 404


def test_afterwards_members_see_figures_and_organisations_but_no_names(visit, cast, path, clock):
    browser = visit(cast.sita)
    browser.post(f"{path}/attendance", data={"mark": f"m{cast.bryn.id} online"})
    clock.move_to(AFTER)
    page = visit(cast.amina).get(f"{path}/attendance").text
    assert "Canopy Youth Trust" in page
    assert "Organisations present" in page
    assert "Bryn Heron" not in page


def test_one_press_ticks_and_another_takes_it_back(app, visit, cast, path):
    browser = visit(cast.bryn)
    page = browser.post(f"{path}/attendance?q=amina", data={"mark": f"m{cast.amina.id} in-person"})
    assert page.headers["Location"] == f"{path}/attendance?q=amina#m{cast.amina.id}"
    assert lines(app) == [("Amina Rowan", "present", "in-person")]
    assert f'value="m{cast.amina.id} none" aria-pressed="true"' in browser.get(f"{path}/attendance").text
    browser.post(f"{path}/attendance", data={"mark": f"m{cast.amina.id} none"})
    assert lines(app) == []


def test_a_script_gets_the_row_and_the_figures(app, visit, cast, path):
    page = visit(cast.sita).post(f"{path}/attendance", data={"mark": f"m{cast.amina.id} online"}, headers=FETCH)
    assert page.status_code == 200
    assert 'id="counts"' in page.text
    assert f'id="m{cast.amina.id}"' in page.text
    assert "Bryn Heron" not in page.text
    assert "<html" not in page.text


@pytest.mark.parametrize("mark", ["", "m1", "m1 dancing", "m99999999999 online", "x1 online", "m0 online"])
def test_a_press_nobody_can_have_made_is_refused(visit, cast, path, mark):
    assert visit(cast.sita).post(f"{path}/attendance", data={"mark": mark}).status_code in {400, 404}


def test_a_tick_costs_the_same_few_statements(visit, cast, path, statements):
    browser = visit(cast.sita)
    browser.post(f"{path}/attendance", data={"mark": f"m{cast.bryn.id} online"}, headers=FETCH)
    with statements() as seen:
        browser.post(f"{path}/attendance", data={"mark": f"m{cast.amina.id} online"}, headers=FETCH)
    assert len(seen) <= 13, seen


def test_apologies_are_taken_over_with_one_button(app, visit, cast, path):
    browser = visit(cast.sita)
    assert "Take over the apologies of 1 person who said no" in browser.get(f"{path}/attendance").text
    page = browser.post(f"{path}/attendance/apologies", follow_redirects=True).text
    assert "1 person is marked with apologies" in page
    assert lines(app) == [("Olu Hazel", "apologies", "")]


def test_the_search_finds_people_and_organisations_without_script(visit, cast, path):
    page = visit(cast.sita).get(f"{path}/attendance?q=canopy").text
    assert "Bryn Heron" in page
    assert "Amina Rowan" not in page
    assert "Nobody of this name" in visit(cast.sita).get(f"{path}/attendance?q=zz%25").text


def test_somebody_else_comes_found_by_name_or_typed(app, visit, cast, path):
    with app.app_context():
        builders.member("Catrin Wren")
    browser = visit(cast.sita)
    add = f"{path}/attendance/add?for={cast.amina.id}"
    page = browser.get(f"{add}&who=catrin").text
    assert "Who came instead of Amina Rowan?" in page
    assert "Catrin Wren" in page
    with app.app_context():
        number = db.session.scalar(sa.text("SELECT id FROM member WHERE name = 'Catrin Wren'"))
    browser.post(add, data={"member": number, "how": "in-person"})
    page = browser.post(add, data={"name": "Beth Rush", "how": "online"}, follow_redirects=True).text
    assert "Beth Rush is on the list" in page
    assert "For Amina Rowan" in page
    assert lines(app) == [("Catrin Wren", "present", "in-person"), ("Beth Rush", "present", "online")]


def test_a_form_without_a_name_says_so_and_keeps_the_rest(app, visit, cast, path):
    page = visit(cast.sita).post(f"{path}/attendance/add", data={"organisation": "Zeal Sports", "how": "in-person"})
    assert "Enter the person’s name" in page.text
    assert 'value="Zeal Sports"' in page.text
    page = visit(cast.sita).post(f"{path}/attendance/add", data={"name": "Beth", "how": "in-person"})
    assert "Enter the organisation" in page.text
    assert lines(app) == []


@pytest.mark.parametrize("query", ["?for=0", "?for=99999999999999999999", "?for=x", "?for=999", "?who=%00", "?who=a"])
def test_addresses_nobody_made_do_no_harm(visit, cast, path, query):
    assert visit(cast.sita).get(f"{path}/attendance/add{query}").status_code in {200, 404}


def test_the_sheet_and_the_badges_name_those_who_come(visit, cast, path):
    browser = visit(cast.sita)
    for page in (browser.get(f"{path}/attendance/sheet").text, browser.get(f"{path}/attendance/badges").text):
        assert "Amina Rowan" in page
        assert "Olu Hazel" not in page
    assert browser.get(f"{path}/attendance/export.csv").data.startswith(b"\xef\xbb\xbfName,")
    assert browser.get(f"{path}/attendance/export.ods").data.startswith(b"PK")


# --- checking in ------------------------------------------------------------------------------------------------------


def test_a_stranger_signs_in_and_comes_back_to_the_code(visit, path):
    page = visit(None).get("/check-in/BCDFGH")
    assert page.headers["Location"].endswith("/sign-in?next=/check-in/BCDFGH")


def test_the_code_of_the_room_checks_people_in(app, visit, cast, path):
    host = visit(cast.bryn)
    host.post(f"{path}/attendance/code")
    with app.app_context():
        code = db.session.scalar(sa.select(Meeting.check_in_code))
    page = host.get(f"{path}/attendance/code").text
    assert code in page
    assert "https://forum.example/check-in" in page
    amina = visit(cast.amina)
    assert f'value="{code}"' in amina.get(f"/check-in/{code}").text
    assert lines(app) == []  # looking checks nobody in
    page = amina.post("/check-in", data={"code": code.lower(), "mode": "in-person"}, follow_redirects=True).text
    assert "You are checked in at" in page
    assert lines(app) == [("Amina Rowan", "present", "in-person")]


def test_guessing_ends_after_ten(visit, cast, path):
    amina = visit(cast.amina)
    for _ in range(10):
        page = amina.post("/check-in", data={"code": "NONONO", "mode": "online"}).text
        assert "This is not the code of a meeting" in page
    assert "too many wrong codes" in amina.post("/check-in", data={"code": "NONONO", "mode": "online"}).text
    assert "too many" in amina.post("/check-in/%F0%9F%98%80", data={"code": "😀", "mode": "online"}).text


# --- evaluation -------------------------------------------------------------------------------------------------------


def test_a_link_takes_an_answer_without_signing_in(app, visit, cast, path, clock):
    clock.move_to(AFTER)
    with app.app_context():
        link = "/evaluation/" + evaluations.token(int(path.rsplit("/", 1)[1]), cast.amina.id)
    stranger = visit(None)
    page = stranger.get(link)
    assert "Three questions" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    page = stranger.post(link, data={"usefulness": "4", "words": "Bring tables"})
    assert "Select whether you felt heard" in page.text
    assert "Bring tables" in page.text
    page = stranger.post(link, data={"usefulness": "4", "heard": "5", "words": "Bring tables"}, follow_redirects=True)
    assert "Your answers are kept without your name" in page.text
    assert "Bring tables" not in page.text
    again = stranger.post(link, data={"usefulness": "1", "heard": "1"})
    assert "already" in again.text
    with app.app_context():
        assert db.session.scalars(sa.select(Evaluation.usefulness)).all() == [4]
    assert stranger.get("/evaluation/nonsense").status_code == 404


def test_results_are_for_the_secretariat_officials_and_the_host(visit, cast, path, clock):
    clock.move_to(AFTER)
    results = f"{path}/evaluation/results"
    assert [visit(who).get(results).status_code for who in (cast.sita, cast.olu, cast.bryn)] == [200] * 3
    assert visit(cast.amina).get(results).status_code == 404
    assert visit(cast.bryn).get("/meetings/evaluations").status_code == 404
    visit(cast.amina).post(f"{path}/evaluation", data={"usefulness": "4", "heard": "5", "words": "Mine"})
    page = visit(cast.sita).get(results).text
    assert "Results are shown from 5 answers on" in page
    assert "Mine" not in page


def test_members_asked_before_and_long_after_are_told_when(visit, cast, path, clock):
    browser = visit(cast.amina)
    assert "once it is over" in browser.get(f"{path}/evaluation").text
    clock.move_to(AFTER + timedelta(days=31))
    assert "could be given until" in visit(cast.amina).get(f"{path}/evaluation").text


def test_the_secretariat_orders_the_letters_once(app, visit, cast, path, clock):
    with app.app_context(), transaction():
        found = meetings.get(cast.sita, int(path.rsplit("/", 1)[1]))

        attendance.mark(cast.sita, found, attendances.member(cast.amina.id), marking.IN_PERSON)
    clock.move_to(AFTER)
    browser = visit(cast.sita)
    assert "Ask for an evaluation" in browser.get(f"{path}/evaluation/results").text
    assert "1 letter will be sent" in browser.post(f"{path}/evaluation/ask", follow_redirects=True).text
    assert "Ask for an evaluation" not in browser.get(f"{path}/evaluation/results").text
    assert "Nothing was sent" in browser.post(f"{path}/evaluation/ask", follow_redirects=True).text


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_names_who_is_missing_and_draws_it(visit, cast, path, clock):
    clock.move_to(BEFORE)
    page = visit(cast.sita).get(f"{path}/coverage").text
    assert "nobody has said yes from 2 sectors and 1 police force area." in page
    assert "<li>South Wales Police (1)</li>" in page
    assert "<title>Essex Police: 1 invited, 1 said yes</title>" in page
    assert f"{path}/reminders/new" in page
    assert visit(cast.olu).get(f"{path}/coverage").status_code == 200
    assert visit(cast.amina).get(f"{path}/coverage").status_code == 404


def test_attendance_over_time_is_filtered_and_taken_away(visit, cast, path, clock):
    browser = visit(cast.olu)
    assert "No meeting was held yet" in browser.get("/meetings/coverage").text
    visit(cast.sita).post(f"{path}/attendance", data={"mark": f"m{cast.bryn.id} online"})
    clock.move_to(AFTER)
    browser = visit(cast.olu)
    page = browser.get("/meetings/coverage?from=2027-01-20&to=2027-01-20&show=never").text
    assert "Essex Police area" in page
    assert "0 of 1" in page
    assert "No meeting was held in this time" in browser.get("/meetings/coverage?to=2027-01-19").text
    for day in ("x", "2027-02-30", "%00", "9999-12-31", "0001-01-01"):
        assert browser.get(f"/meetings/coverage?from={day}").status_code in {200, 404}, day
        assert browser.get(f"/meetings/coverage?to={day}").status_code in {200, 404}, day
    assert "Essex Police area" in browser.get("/meetings/coverage/export.csv?show=never").text
    assert browser.get("/meetings/coverage/export.ods").data.startswith(b"PK")
    assert visit(cast.amina).get("/meetings/coverage").status_code == 404


def test_the_hosts_home_page_opens_the_list_on_the_day(visit, cast, path, clock):
    assert f'href="{path}/attendance"' in visit(cast.bryn).get("/").text
    assert f'href="{path}/attendance"' not in visit(cast.amina).get("/").text
    clock.move_to(DURING + timedelta(days=1))
    assert f'href="{path}/attendance"' not in visit(cast.bryn).get("/").text
