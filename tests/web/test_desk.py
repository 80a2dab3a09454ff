"""The desk of a meeting and series of meetings, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import audiences
from forum.meetings.models import (
    AgendaItem,
    Audience,
    AudienceKind,
    Invitation,
    MeetingKind,
    MeetingSeries,
    Place,
)
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, answer, invite, item, meeting
from tests.web.test_meetings import stored, typed


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def words(browser, path: str, **data: str) -> str:
    page = browser.post(path, data=data, follow_redirects=True) if data else browser.get(path)
    assert page.status_code == 200
    return " ".join(page.text.split())


# --- details ---------------------------------------------------------------------------------------------------------


def test_details_that_few_meetings_need(app, visit, cast):
    browser = visit(cast.sita)
    page = words(browser, "/meetings/new")
    assert f'<option value="{cast.sita.id}" selected>Sita Curlew</option>' in page
    assert f'<option value="{cast.olu.id}">Olu Hazel</option>' in page
    assert "Amina Rowan" not in page
    further = {
        "host_id": str(cast.olu.id), "capacity": "1,200", "asks_replies": "no",
        "reply_by_on__day": "13", "reply_by_on__month": "1", "reply_by_on__year": "2027",
        "items_until_on__day": "4", "items_until_on__month": "1", "items_until_on__year": "2027",
        "papers_due_on__day": "11", "papers_due_on__month": "1", "papers_due_on__year": "2027",
    }  # fmt: skip
    browser.post("/meetings/new", data=typed(**further))
    made = stored(app)[0]
    assert (made.host_id, made.capacity, made.asks_replies) == (cast.olu.id, 1200, False)
    assert (made.reply_by_on, made.papers_due_on) == (date(2027, 1, 13), date(2027, 1, 11))
    assert made.items_until == builders.moment(2027, 1, 4, 23, 59)
    page = words(browser, f"/meetings/{made.id}/edit")
    for shown in ('value="1200"', 'name="items_until_on-day" type="text" value="4"', 'value="no" checked'):
        assert shown in page


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"capacity": "0"}, "Places must be 1 or more"),
        ({"capacity": "10001"}, "Places must be 10,000 or fewer"),
        ({"host_id": "999"}, "no longer available"),
        (
            {"reply_by_on__day": "31", "reply_by_on__month": "1", "reply_by_on__year": "2027"},
            "the day of the meeting or",
        ),
        ({"papers_due_on__day": "31"}, "must include a month and year"),
    ],
)
def test_a_wrong_detail_is_refused_where_it_is_seen(app, visit, cast, wrong, message):
    page = words(visit(cast.sita), "/meetings/new", **typed(**wrong))
    assert message in page
    assert '<details class="govuk-details forum-further" open>' in page
    assert "Line one" in page
    assert stored(app) == []


@pytest.mark.parametrize(("kind", "asks"), [("forum", True), ("working-group", True), ("roundtable", False), ("ministers", False)])  # fmt: skip
def test_only_some_kinds_ask_for_answers_unless_told(app, visit, cast, kind, asks):
    visit(cast.sita).post("/meetings/new", data=typed(kind=kind))
    assert stored(app)[0].asks_replies is asks


def test_a_meeting_may_end_past_midnight(app, visit, cast):
    page = words(visit(cast.sita), "/meetings/new", **typed(starts="2200", ends="1am"))
    assert "10pm to 1am on 21 January 2027" in page
    assert stored(app)[0].ends_at == builders.moment(2027, 1, 21, 1)


def test_places_are_not_lowered_below_those_given(app, visit, cast):
    with app.app_context():
        built = meeting(cast.sita, capacity=3)
        invite(cast.sita, built)
        answer(cast.amina, built)
        answer(cast.bryn, built)
        number = built.id
    same = typed(version="1", title="EGVE Forum: mental health", place="Example House, London", mode="hybrid",
                 joining_link="https://meet.example/forum", description="What helps and what gets in the way.")  # fmt: skip
    browser = visit(cast.sita)
    assert "Enter 2 or more" in words(browser, f"/meetings/{number}/edit", **same, capacity="1")
    assert "The changes are saved" in words(browser, f"/meetings/{number}/edit", **same, capacity="2")
    assert stored(app)[0].capacity == 2


def test_what_it_is_about_is_formatted_and_safe(app, visit, cast):
    with app.app_context():
        number = meeting(cast.sita, description="**Bold** and <script>alert(1)</script>").id
    page = words(visit(cast.amina), f"/meetings/{number}")
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page


# --- kinds -----------------------------------------------------------------------------------------------------------


def test_of_a_meeting_nobody_is_chosen_for_nobody_has_been_told(app, visit, cast):
    with app.app_context():
        number = meeting(cast.sita, kind=MeetingKind.MINISTERS).id
    sita = visit(cast.sita)
    page = words(sita, f"/meetings/{number}/invitations/new")
    assert "Nobody is chosen yet" in page
    assert "Everybody who is to be invited has been" not in page
    cancelled = sita.post(f"/meetings/{number}/cancel", data={"reason": "Not needed"}, follow_redirects=True).text
    assert "Nobody was invited, so no mail is sent." in cancelled


@pytest.mark.parametrize("kind", [MeetingKind.ROUNDTABLE, MeetingKind.MINISTERS])
def test_a_meeting_by_invitation_is_not_there_for_others(app, visit, cast, kind):
    with app.app_context():
        built = meeting(cast.sita, kind=kind, title="A quiet talk", host_id=cast.olu.id)
        with transaction():
            audiences.add(cast.sita, built, targets={AudienceKind.MEMBER: [cast.amina.id]})
        invite(cast.sita, queries.get(cast.sita, built.id))
        number, theme = built.id, builders.theme().id
    bryn = visit(cast.bryn)
    for path in ("", "/agenda", "/papers", "/calendar.ics", "/coming", "/minutes"):
        assert bryn.get(f"/meetings/{number}{path}").status_code == 404
    for path in ("/meetings", "/meetings?show=past", f"/meetings?theme={theme}", "/", "/search?q=quiet"):
        assert "A quiet talk" not in bryn.get(path).text
    assert bryn.post(f"/meetings/{number}/reply", data={"answer": "no"}).status_code == 404
    for person in (cast.amina, cast.olu, cast.sita):
        assert "A quiet talk" in words(visit(person), f"/meetings/{number}")
        assert "A quiet talk" in words(visit(person), "/meetings")
    amina = visit(cast.amina)
    assert amina.get(f"/meetings/{number}/coming").status_code == 404
    assert "Will you come?" not in words(amina, f"/meetings/{number}")
    with app.app_context(), transaction():
        db.session.execute(sa.update(Invitation).values(removed_at=BEFORE))
    assert amina.get(f"/meetings/{number}").status_code == 404


def test_those_invited_see_who_comes_but_not_who_waits(app, visit, cast, statements):
    with app.app_context():
        built = meeting(cast.sita, capacity=1)
        invite(cast.sita, built)
        answer(cast.bryn, built)
        answer(cast.olu, built)
        assert (
            db.session.scalar(sa.select(Invitation.place).where(Invitation.member_id == cast.olu.id)) is Place.WAITING
        )
        number = built.id
        builders.member("Late Comer", email="late@cast.example", password="a long test password")
    with statements() as seen:
        page = words(visit(cast.amina), f"/meetings/{number}/coming")
    assert "1 person says they will come" in page
    assert page.index("Canopy Youth Trust") < page.index("Bryn Heron")
    assert "Olu Hazel" not in page
    assert "Who is coming" in words(visit(cast.amina), f"/meetings/{number}")
    late = app.test_client()
    late.post("/sign-in", data={"email": "late@cast.example", "password": "a long test password"})
    assert late.get(f"/meetings/{number}/coming").status_code == 404
    assert len(seen) < 15


# --- opening and the desk --------------------------------------------------------------------------------------------


def test_opening_shows_what_members_will_see_and_sends_nothing(app, visit, cast):
    with app.app_context():
        number = meeting(cast.sita, is_open=False).id
    browser = visit(cast.sita)
    page = words(browser, f"/meetings/{number}/open")
    assert "No mail goes out yet" in page
    assert "What helps and what gets in the way." in page
    assert stored(app)[0].stage.value == "draft"
    assert visit(cast.amina).get(f"/meetings/{number}/open").status_code == 404
    browser.post(f"/meetings/{number}/open")
    assert stored(app)[0].stage.value == "open"
    assert browser.get(f"/meetings/{number}/open").status_code == 404
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0


def test_the_desk_says_what_is_next_and_what_is_late(app, visit, cast, before):
    with app.app_context():
        built = meeting(cast.sita, is_open=False, host_id=cast.olu.id)
        number = built.id
    browser = visit(cast.sita)
    page = words(browser, f"/meetings/{number}")
    assert "Next:" in page
    assert "Check the details and open the meeting" in page
    assert "By Wednesday 23 December 2026" in page
    host = words(visit(cast.olu), f"/meetings/{number}")
    assert "Getting this meeting ready" in host
    assert "/edit" not in host
    before.move_to(builders.moment(2027, 1, 5))
    page = words(visit(cast.sita), f"/meetings/{number}")
    assert "Late:" in page
    assert "Was due on 23 December 2026" in page
    browser = visit(cast.sita)
    browser.post(f"/meetings/{number}/open")
    assert "Getting this meeting ready" not in words(visit(cast.amina), f"/meetings/{number}")
    before.move_to(AFTER)
    page = words(visit(cast.sita), f"/meetings/{number}")
    assert "Mark who was there" in page
    assert "After the meeting" in page


# --- duplicates ------------------------------------------------------------------------------------------------------


def test_a_duplicate_has_details_agenda_and_audience(app, visit, cast):
    with app.app_context():
        built = meeting(cast.sita, capacity=40)
        first = item(cast.sita, built, "Welcome")
        part = item(cast.sita, built, "Names", 5)
        with transaction():
            db.session.get_one(AgendaItem, part).parent_id = first
        invite(cast.sita, built)
        number = built.id
    browser = visit(cast.sita)
    form = {"title": "The next one", "day-day": "29", "day-month": "2", "day-year": "2028", "starts": "10", "ends": "1pm", "form_key": "once"}  # fmt: skip
    assert "Starts must be a time" in words(browser, f"/meetings/{number}/duplicate", **form)
    for _ in range(2):
        page = words(browser, f"/meetings/{number}/duplicate", **form | {"starts": "10am"})
    assert "The next one" in page
    old, new = stored(app)
    assert (new.stage.value, new.capacity, new.place, new.starts_at) == (
        "draft", 40, old.place, builders.moment(2028, 2, 29, 10),
    )  # fmt: skip
    assert new.ical_uid != old.ical_uid
    with app.app_context():
        items = db.session.scalars(
            sa.select(AgendaItem).where(AgendaItem.meeting_id == new.id).order_by(AgendaItem.id)
        ).all()
        assert [(one.title, one.parent_id) for one in items] == [("Welcome", None), ("Names", items[0].id)]
        assert db.session.scalar(sa.select(sa.func.count()).where(Audience.meeting_id == new.id)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).where(Invitation.meeting_id == new.id)) == 0


# --- series ----------------------------------------------------------------------------------------------------------

SERIES = {
    "title": "EGVE Forum", "kind": "forum", "week": "1", "weekday": "0", "every_months": "1", "starts": "10:30am", "ends": "3pm",
    "mode": "in-person", "place": "Example House", "marking": "OFFICIAL", "form_key": "only-once",
}  # fmt: skip


def until(day: int, month: int, year: int) -> dict[str, str]:
    return {"until-day": str(day), "until-month": str(month), "until-year": str(year)}


def test_a_series_schedules_drafts_and_none_twice(app, visit, cast):
    browser = visit(cast.sita)
    page = words(browser, "/meetings/series/new", **SERIES)
    assert "First Monday of every month at 10:30am for 4 hours 30 minutes" in page
    browser.post("/meetings/series/new", data=SERIES)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(MeetingSeries)) == 1
        number = db.session.scalar(sa.select(MeetingSeries.id))
    base = f"/meetings/series/{number}"
    for title in ("Welcome", "Matters arising"):
        words(browser, f"{base}/agenda", title=title, minutes="10", purpose="information")
    page = words(browser, f"{base}/schedule", **until(31, 5, 2027))
    assert "6 drafts will be scheduled" in page
    assert "Early May bank holiday" in page
    assert stored(app) == []
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    assert seen.startswith("2026-12-07 2027-01-04")
    other = words(browser, f"{base}/schedule", confirmed="yes", seen=seen, **until(30, 6, 2027))
    assert "not those you were shown" in other
    assert stored(app) == []
    page = words(browser, f"{base}/schedule", confirmed="yes", seen=seen, **until(31, 5, 2027))
    assert "6 drafts scheduled" in page
    assert [made.stage.value for made in stored(app)] == ["draft"] * 6
    with app.app_context():
        titles = db.session.scalars(sa.select(AgendaItem.title).where(AgendaItem.meeting_id == stored(app)[0].id))
        assert list(titles) == ["Welcome", "Matters arising"]
    words(browser, f"{base}/schedule", confirmed="yes", seen=seen, **until(31, 5, 2027))
    page = words(browser, f"{base}/schedule", **until(30, 6, 2027))
    assert "1 draft will be scheduled" in page
    assert len(stored(app)) == 6


def test_a_template_changed_or_ended_touches_no_meeting(app, visit, cast):
    browser = visit(cast.sita)
    browser.post("/meetings/series/new", data=SERIES)
    base = "/meetings/series/1"
    words(browser, f"{base}/agenda", title="Welcome", minutes="10", purpose="information")
    words(browser, f"{base}/agenda", title="Close", minutes="5", purpose="information")
    words(browser, f"{base}/schedule", confirmed="yes", seen="2026-12-07", **until(31, 12, 2026))
    words(browser, f"{base}/agenda/2/move", by="-1", seen_at="2")
    words(browser, f"{base}/agenda/1", title="Welcome, all", minutes="20", purpose="decision")
    page = words(browser, base)
    assert page.index("Close") < page.index("Welcome, all")
    words(browser, f"{base}/agenda/2/remove", ok="yes")
    page = words(browser, f"{base}/edit", **SERIES | {"starts": "9am", "version": "1"})
    assert "Meetings that are scheduled already stay" in page
    page = words(visit(cast.ada), f"{base}/edit", **SERIES | {"starts": "8am", "version": "1"})
    assert "Sita Curlew changed this series" in page
    assert 'value="8am"' in page
    made = stored(app)[0]
    assert made.starts_at == builders.moment(2026, 12, 7, 10, 30)
    with app.app_context():
        assert list(db.session.scalars(sa.select(AgendaItem.title).order_by(AgendaItem.position))) == [
            "Welcome",
            "Close",
        ]
    assert "has ended" in words(browser, f"{base}/end", ok="yes")
    assert "has ended" in words(browser, f"{base}/schedule", **until(31, 5, 2027))
    assert len(stored(app)) == 1


def test_series_are_not_there_for_members(visit, cast):
    visit(cast.sita).post("/meetings/series/new", data=SERIES)
    browser = visit(cast.amina)
    for path in ("", "/new", "/1", "/1/edit", "/1/end", "/1/agenda"):
        assert browser.get(f"/meetings/series{path}").status_code == 404
    for path in ("/new", "/1/schedule", "/1/end", "/1/agenda", "/1/edit"):
        assert browser.post(f"/meetings/series{path}", data=SERIES).status_code == 404


def test_the_list_of_series_costs_the_same_however_many_meetings(app, visit, cast, statements):
    with app.app_context(), transaction():
        for number in range(20):
            series = MeetingSeries(title=f"Series {number}", kind=MeetingKind.FORUM, week=1, weekday=1, every_months=1,
                starts="10:30", minutes=60, mode="in-person", place="", marking="OFFICIAL", is_chatham_house=False)  # fmt: skip
            db.session.add(series)
    browser = visit(cast.sita)
    with statements() as seen:
        assert "Series 19" in words(browser, "/meetings/series")
    assert len(seen) <= 5


def test_meetings_by_kind_and_drafts(app, visit, cast):
    with app.app_context():
        meeting(cast.sita, title="The Forum")
        meeting(cast.sita, title="A group", kind=MeetingKind.WORKING_GROUP)
        meeting(cast.sita, title="Half made", is_open=False, day=date(2026, 1, 20), starts=time(9), ends=time(10))
    browser = visit(cast.sita)
    page = words(browser, "/meetings?kind=working-group")
    assert ("A group" in page, "The Forum" in page) == (True, False)
    page = words(browser, "/meetings?show=drafts")
    assert ("Half made" in page, "The Forum" in page) == (True, False)
    page = words(visit(cast.amina), "/meetings?show=drafts")
    assert ("Half made" in page, "The Forum" in page) == (False, True)
