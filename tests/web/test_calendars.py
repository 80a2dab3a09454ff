"""Calendars to subscribe to, and events of others, over HTTP."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
import time_machine

from forum.base.db import db, transaction
from forum.meetings import queries
from forum.meetings.commands import inviting, scheduling
from forum.meetings.queries import calendars
from forum.meetings.rules import NO
from forum.members.models import Member
from forum.web import calendars as web_calendars
from tests import builders
from tests.meetings.builders import BEFORE, answer, invite, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    web_calendars._reads.clear()
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def subscribe(client, **chosen: str) -> str:
    """The path of a new calendar of whoever is signed in."""
    page = client.post("/account/calendars", data={"theme": "", "declined": "yes", **chosen})
    found = re.search(r"<code>https?://[^/]+(/calendar/[\w-]{43}\.ics)</code>", page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
def made(app, cast) -> int:
    with app.app_context():
        built = meeting(cast.sita)
        invite(cast.sita, built)
        return built.id


def test_a_calendar_reads_its_owners_meetings_without_signing_in(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    page = app.test_client().get(path)
    text = page.text.replace("\r\n ", "")
    assert page.mimetype == "text/calendar"
    assert "SUMMARY:EGVE Forum: mental health" in text
    assert "https://meet.example/forum" in text, "who is invited needs the joining link"
    assert "Your answer: No answer" in text
    for absent in ("METHOD", "ATTENDEE", "ORGANIZER", cast.amina.name, cast.bryn.name):
        assert absent not in text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_nothing_new_costs_no_body(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    stranger = app.test_client()
    first = stranger.get(path)
    assert stranger.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_a_feed_takes_two_statements_however_many_meetings(app, cast, visit, statements):
    with app.app_context():
        for number in range(12):
            invite(cast.sita, meeting(cast.sita, title=f"Meeting {number}"))
    path = subscribe(visit(cast.bryn))
    with statements() as run:
        app.test_client().get(path)
    assert len(run) <= 2


def test_only_the_newest_address_works_after_it_was_renewed_and_none_after_it_ended(app, cast, visit, made):
    bryn = visit(cast.bryn)
    old = subscribe(bryn)
    with app.app_context():
        [feed] = calendars.feeds_of(cast.bryn)
    new = re.search(r"(/calendar/[\w-]{43}\.ics)</code>", bryn.post(f"/account/calendars/{feed.id}/renew").text)[1]
    stranger = app.test_client()
    assert (stranger.get(old).status_code, stranger.get(new).status_code) == (404, 200)
    with app.app_context():
        [feed] = calendars.feeds_of(cast.bryn)
    bryn.post(f"/account/calendars/{feed.id}/end")
    assert stranger.get(new).status_code == 404


def test_nobody_ends_the_calendar_of_somebody_else(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    with app.app_context():
        [feed] = calendars.feeds_of(cast.bryn)
    assert visit(cast.amina).post(f"/account/calendars/{feed.id}/end").status_code == 404
    assert app.test_client().get(path).status_code == 200


def test_the_token_itself_is_not_kept(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    with app.app_context():
        found = calendars.by_token(path.removeprefix("/calendar/").removesuffix(".ics"))
    assert found is not None
    assert found.feed.token_hash not in path


def test_who_left_has_no_calendar_any_more(app, cast, visit, made):
    from forum.members.commands import keeping

    path = subscribe(visit(cast.bryn))
    with app.app_context(), transaction():
        keeping.leave(cast.sita, db.session.get(Member, cast.bryn.id), BEFORE.date())
    assert app.test_client().get(path).status_code == 404


def test_a_meeting_declined_is_left_out_when_asked_for(app, cast, visit, made):
    bryn = visit(cast.bryn)
    all_of_it, some = subscribe(bryn), subscribe(bryn, declined="no")
    with app.app_context():
        answer(cast.bryn, queries.get(cast.bryn, made), NO)
    stranger = app.test_client()
    assert "BEGIN:VEVENT" in stranger.get(all_of_it).text
    assert "BEGIN:VEVENT" not in stranger.get(some).text


def test_a_theme_has_what_one_may_know_of_and_no_joining_link(app, cast, visit):
    with app.app_context():
        theme = builders.theme().id
        meeting(cast.sita, title="Open to all")
        meeting(cast.sita, title="Only a draft", is_open=False)
    text = app.test_client().get(subscribe(visit(cast.bryn), theme=str(theme))).text.replace("\r\n ", "")
    assert "Open to all" in text
    assert "Only a draft" not in text
    assert "meet.example" not in text


def test_a_cancelled_meeting_stays_a_month_as_cancelled(app, cast, visit, made, before):
    path = subscribe(visit(cast.bryn))
    with app.app_context(), transaction():
        scheduling.cancel(cast.sita, queries.get(cast.sita, made), "The room is flooded")
    stranger = app.test_client()
    assert "STATUS:CANCELLED" in stranger.get(path).text
    before.shift(31 * 24 * 3600)
    assert "BEGIN:VEVENT" not in stranger.get(path).text


def test_an_invitation_withdrawn_is_gone(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    with app.app_context(), transaction():
        kept = queries.get(cast.sita, made)
        inviting.withdraw(cast.sita, kept, queries.invitation(kept, cast.bryn.id), "By mistake")
    assert "BEGIN:VEVENT" not in app.test_client().get(path).text


def test_reading_every_second_is_slowed_down(app, cast, visit, made):
    path = subscribe(visit(cast.bryn))
    stranger = app.test_client()
    codes = [stranger.get(path).status_code for _ in range(web_calendars.READS + 1)]
    assert codes == [200] * web_calendars.READS + [429]


def test_an_eleventh_address_is_refused_and_says_what_to_do(cast, visit, made):
    bryn = visit(cast.bryn)
    for _ in range(10):
        subscribe(bryn)
    page = bryn.post("/account/calendars", data={"theme": "", "declined": "yes"})
    assert "End one that you do not use" in page.text


# --- events of others ------------------------------------------------------------------------------------------------

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:9@police.example\r\nSUMMARY:National conference\r\n"
    "DTSTART{zone}:20270120T090000{z}\r\nDTEND{zone}:20270120T170000{z}\r\nLOCATION:Leeds\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def upload(client, text: str, name: str = "event.ics"):
    return client.post("/meetings/outside/import", data={"file": (io.BytesIO(text.encode()), name)})


def test_an_event_is_taken_over_after_a_look_at_it_and_once(app, cast, visit):
    sita = visit(cast.sita)
    checking = upload(sita, EVENT.format(zone="", z="Z")).headers["Location"]
    assert "National conference" in sita.get(checking).text
    with app.app_context():
        assert not calendars.outside().items, "looking keeps nothing"
    for _ in range(2):
        sita.post(checking, data={})
    page = sita.get("/meetings/outside")
    assert page.text.count("National conference") >= 1
    with app.app_context():
        [event] = calendars.outside().items
    sita.post(f"/meetings/outside/{event.id}/remove")
    with app.app_context():
        assert not calendars.outside().items


def test_a_time_without_a_zone_is_asked_about(app, cast, visit):
    sita = visit(cast.sita)
    checking = upload(sita, EVENT.format(zone="", z="")).headers["Location"]
    assert "time zone that cannot be known" in sita.get(checking).text
    refused = sita.post(checking, data={"zone_0": "Mars/Olympus"})
    assert refused.status_code == 200
    with app.app_context():
        assert not calendars.outside().items
    sita.post(checking, data={"zone_0": "Europe/Paris"})
    with app.app_context():
        [event] = calendars.outside().items
    assert event.starts_at.hour == 8


@pytest.mark.parametrize("text", ["no calendar", "BEGIN:VCALENDAR\r\nEND:VCALENDAR", "\x00\x01"])
def test_what_is_no_calendar_is_refused_beside_the_field(cast, visit, text):
    page = upload(visit(cast.sita), text)
    assert page.status_code == 200
    assert "govuk-error-summary" in page.text


def test_members_know_nothing_of_events_of_others(cast, visit):
    bryn = visit(cast.bryn)
    assert bryn.get("/meetings/outside").status_code == 404
    assert upload(bryn, EVENT.format(zone="", z="Z")).status_code == 404
