"""The agenda's pages over HTTP: put in order, followed on the day, proposed for, decided on; and what a page costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock
from forum.base.db import db, transaction
from forum.meetings import queries
from forum.meetings.models import AgendaItem, Meeting, Proposal, ProposalState, Purpose
from tests.challenges.builders import challenge
from tests.meetings.builders import BEFORE, crowd, item, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> int:
    """An open meeting with the items A, B and C, which asks for more until 6 January."""
    with app.app_context():
        built = meeting(cast.sita)
        for title in ("Item A", "Item B", "Item C"):
            item(cast.sita, built, title, 10)
        with transaction():
            db.session.get_one(Meeting, built.id).items_until = clock.moments_of(*TILL)[0]
        return built.id


TILL = ((BEFORE + timedelta(days=36)).date(), (BEFORE + timedelta(hours=14)).time())  # 6 January 2027, 11pm
WORDS = {"title": "Waiting times", "reason": "Nobody knows how long.", "minutes": "20", "purpose": "discussion"}


def ids(app) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(sa.select(AgendaItem.id).order_by(AgendaItem.id)))


def order_on(page: str) -> str:
    found = re.search(r'data-order="([^"]*)"', page)
    assert found
    return found[1]


def proposed(app, cast, number: int, count: int = 1) -> list[int]:
    with app.app_context(), transaction():
        rows = [
            Proposal(
                meeting_id=number, title=f"Proposal {n}", reason="Because.", minutes=10, purpose=Purpose.DISCUSSION,
                proposed_by_id=cast.amina.id, proposed_at=clock.now(), state=ProposalState.PROPOSED, deferred_times=0,
            )
            for n in range(count)
        ]  # fmt: skip
        db.session.add_all(rows)
        db.session.flush()
        return [row.id for row in rows]


# --- the agenda --------------------------------------------------------------------------------------------------------


def test_sub_items_without_script(app, visit, cast, made):
    browser, (a, b, c) = visit(cast.sita), ids(app)
    new = {"title": "Part", "minutes": "25", "purpose": "decision", "parent_id": str(a), "lead_id": str(cast.bryn.id)}
    page = browser.post(f"/meetings/{made}/agenda", data=new, follow_redirects=True).text
    assert "1.1 Part" in page
    assert "Bryn Heron" in page
    browser.post(f"/meetings/{made}/agenda/{b}/part", data={"seen_at": "2"})
    page = browser.get(f"/meetings/{made}/agenda").text
    assert page.index("1.1 Part") < page.index("1.2 Item B") < page.index("2. Item C")
    assert "Make an item of its own" in page
    browser.post(f"/meetings/{made}/agenda/{b}/whole")
    assert "2. Item B" in browser.get(f"/meetings/{made}/agenda").text
    page = browser.post(f"/meetings/{made}/agenda/{a}/remove", follow_redirects=True).text
    assert "has sub-items" in page
    assert c


def test_the_order_of_a_page_that_is_out_of_date_is_refused_in_words(app, visit, cast, made):
    sita, ada, (a, b, c) = visit(cast.sita), visit(cast.ada), ids(app)
    seen = order_on(sita.get(f"/meetings/{made}/agenda").text)
    assert seen == f"{a} {b} {c}"
    page = ada.post(
        f"/meetings/{made}/agenda/order", data={"order": f"{c} {a}:{c} {b}", "seen": seen}, follow_redirects=True
    ).text
    assert order_on(page) == f"{c} {a}:{c} {b}"
    page = sita.post(
        f"/meetings/{made}/agenda/order", data={"order": f"{b} {a} {c}", "seen": seen}, follow_redirects=True
    ).text
    assert "Somebody else changed the agenda" in page
    assert order_on(page) == f"{c} {a}:{c} {b}"
    for wrong in ("", "x", f"{a} {b}", f"{a} " * 9_000):
        sent = {"order": wrong, "seen": f"{c} {a}:{c} {b}"}
        assert browser_answers(sita, made, sent) == 200


def browser_answers(browser, number: int, sent: dict[str, str]) -> int:
    return int(browser.post(f"/meetings/{number}/agenda/order", data=sent, follow_redirects=True).status_code)


def test_words_that_repeat_the_members_name_follow_another_member(app, visit, cast, made):
    browser, (a, *_) = visit(cast.sita), ids(app)
    path, change = f"/meetings/{made}/agenda/{a}", {"title": "Item A", "minutes": "10", "purpose": "decision"}
    browser.post(path, data=change | {"lead_id": str(cast.bryn.id), "version": "1"})
    page = browser.get(path).text
    assert re.search(rf'value="{cast.bryn.id}" selected', page)
    assert re.search(r'name="lead"[^>]*value="Bryn', page) is None
    browser.post(path, data=change | {"lead_id": str(cast.amina.id), "lead": "", "version": "2"})
    with app.app_context():
        assert db.session.get_one(AgendaItem, a).lead == "Amina Rowan"


@pytest.mark.parametrize("count", [3, 60])
def test_the_agenda_costs_the_same_whatever_its_length(app, visit, cast, statements, count):
    with app.app_context():
        built = meeting(cast.sita)
        parent = item(cast.sita, built, "First")
        rows = [
            {"meeting_id": built.id, "parent_id": parent if n % 3 else None, "position": n, "title": f"Item {n}",
             "lead": "", "minutes": 5, "purpose": Purpose.DISCUSSION, "paper": "", "version": 1}
            for n in range(2, count + 1)
        ]  # fmt: skip
        with transaction():
            db.session.execute(sa.insert(AgendaItem), rows)
    for person, budget in ((cast.sita, 8), (cast.amina, 7)):
        browser = visit(person)
        browser.get(f"/meetings/{built.id}/agenda")
        with statements() as seen:
            assert browser.get(f"/meetings/{built.id}/agenda").status_code == 200
        # One of them asks whether demonstration data is loaded: in the tests for every page, in service once a minute.
        assert len(seen) <= budget, "\n".join(seen)


# --- on the day --------------------------------------------------------------------------------------------------------


def test_the_host_follows_the_agenda_on_the_day(app, visit, cast, made, before):
    with app.app_context(), transaction():
        db.session.get_one(Meeting, made).host_id = cast.bryn.id
    path = f"/meetings/{made}/agenda/live"
    assert visit(cast.amina).get(path).status_code == 404
    browser = visit(cast.bryn)
    assert "Starts on 20 January 2027 at 10:30am" in browser.get(path).text
    before.move_to(BEFORE.replace(year=2027, month=1, day=20, hour=10, minute=42))
    browser = visit(cast.bryn)
    page = browser.get(path).text
    assert 'data-now="2"' in page
    late = browser.get(f"{path}?late=15").text
    assert 'data-now="1"' not in late
    assert "We are 15 minutes late" in late
    assert "10:45am" in late
    for odd in ("-5", "x", "99999", "1" * 30):
        assert browser.get(f"{path}?late={odd}").status_code == 200


# --- proposing ---------------------------------------------------------------------------------------------------------


def test_a_member_proposes_and_withdraws(app, visit, cast, made):
    browser = visit(cast.amina)
    assert "Propose an item" in browser.get(f"/meetings/{made}/agenda").text
    page = browser.post(f"/meetings/{made}/items/propose", data=WORDS, follow_redirects=True).text
    assert "is proposed" in page
    assert "Not decided yet" in page
    number = re.search(r"/meetings/items/(\d+)/withdraw", page)
    assert number
    page = browser.post(number[0], follow_redirects=True).text
    assert "is withdrawn" in page
    assert visit(cast.bryn).post(number[0]).status_code == 404


def test_the_deadline_passes_while_the_form_is_open(app, visit, cast, made, before):
    browser = visit(cast.amina)
    assert "You can propose items until 6 January 2027 at 11pm" in browser.get(f"/meetings/{made}/items/propose").text
    before.shift(timedelta(days=37))
    browser = visit(cast.amina)
    page = browser.post(f"/meetings/{made}/items/propose", data=WORDS).text
    assert "Items could be proposed until 6 January 2027 at 11pm, so this one was not sent" in page
    assert "Nobody knows how long." in page
    assert "Waiting times" in page
    page = browser.get(f"/meetings/{made}/items/propose").text
    assert "could be proposed until" in page
    assert "<textarea" not in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"title": ""}, "Enter what the item is about"), ({"reason": ""}, "Enter why"), ({"minutes": "0"}, "1 or more"),
     ({"purpose": "fun"}, "Select"), ({"title": "x" * 201}, "200 characters")],
)  # fmt: skip
def test_a_wrong_proposal_is_refused_and_kept(visit, cast, made, wrong, words):
    page = visit(cast.amina).post(f"/meetings/{made}/items/propose", data=WORDS | {"reason": "Kept words"} | wrong).text
    assert words in page
    assert "Kept words" in page or wrong.get("reason") == ""


# --- deciding ----------------------------------------------------------------------------------------------------------


def test_the_secretariat_decides_and_the_second_is_told(app, visit, cast, made):
    sita, ada = visit(cast.sita), visit(cast.ada)
    (number,) = proposed(app, cast, made)
    assert "Proposal 0" in sita.get(f"/meetings/{made}/items").text
    page = sita.post(f"/meetings/items/{number}/accept", data={"meeting": str(made)}, follow_redirects=True).text
    assert "4. Proposal 0" in page
    page = ada.post(f"/meetings/items/{number}/accept", data={"meeting": str(made)}).text
    assert "is on an agenda already" in page
    assert "Sita Curlew decided this" in page
    page = ada.post(f"/meetings/items/{number}/decline", data={"reason": "No time"}).text
    assert "is on an agenda already" in page
    assert "On the agenda" in visit(cast.amina).get("/meetings/items").text


def test_a_no_needs_a_reason_and_what_is_deferred_waits_in_the_backlog(app, visit, cast, made):
    browser = visit(cast.sita)
    first, second = proposed(app, cast, made, 2)
    assert "Enter a reason" in browser.post(f"/meetings/items/{first}/decline", data={"reason": ""}).text
    page = browser.post(f"/meetings/items/{first}/decline?next=/meetings/{made}/items", data={"reason": "Said before"})
    assert page.location == f"/meetings/{made}/items"
    page = browser.post(f"/meetings/items/{second}/defer", data={"reason": "No room"}, follow_redirects=True).text
    assert "Deferred once" in page
    assert page.count('id="proposal-') == 1
    own = visit(cast.amina).get("/meetings/items").text
    assert "Said before" in own
    assert "No room" in own


def test_the_call_for_items_is_opened_and_ended(app, visit, cast, made):
    browser = visit(cast.sita)
    day = {"last_day-day": "4", "last_day-month": "1", "last_day-year": "2027"}
    page = browser.post(f"/meetings/{made}/items", data=day, follow_redirects=True).text
    assert "until 4 January 2027 at 11:59pm. No mail was sent." in page
    page = browser.post(f"/meetings/{made}/items", data=day | {"last_day-year": "2028"}).text
    assert "not be later than the day of the meeting" in page
    empty = dict.fromkeys(day, "")
    assert "no longer propose" in browser.post(f"/meetings/{made}/items", data=empty, follow_redirects=True).text


def test_pages_of_the_secretariat_are_not_there_for_members(app, visit, cast, made):
    (number,), (a, *_) = proposed(app, cast, made), ids(app)
    for person in (cast.bryn, cast.amina):
        browser = visit(person)
        for path in ("backlog", *(f"items/{number}/{what}" for what in ("accept", "defer", "decline"))):
            assert browser.get(f"/meetings/{path}").status_code == 404, path
        for path in (f"items/{number}/accept", f"items/{number}/defer", f"{made}/items", f"{made}/agenda/order",
                     f"{made}/agenda/{a}/part", f"{made}/agenda/{a}/whole"):  # fmt: skip
            sent = {"reason": "x", "meeting": str(made), "order": "1", "seen": "1", "seen_at": "1"}
            assert browser.post(f"/meetings/{path}", data=sent).status_code == 404, path
    assert "Proposal 0" not in visit(cast.bryn).get(f"/meetings/{made}/items").text


@pytest.mark.parametrize("count", [2, 120])
def test_lists_of_proposals_cost_the_same_whatever_their_length(app, visit, cast, made, statements, count):
    proposed(app, cast, made, count)
    with app.app_context(), transaction():
        db.session.execute(sa.insert(Proposal), [
            {"meeting_id": None, "title": f"Old {n}", "reason": "", "minutes": 5, "purpose": Purpose.DISCUSSION,
             "proposed_by_id": cast.amina.id, "proposed_at": clock.now(), "state": ProposalState.DEFERRED, "deferred_times": 3}
            for n in range(count)
        ])  # fmt: skip
    sita, amina = visit(cast.sita), visit(cast.amina)
    for browser, path, budget in ((sita, f"{made}/items", 5), (sita, "backlog", 3), (amina, "items", 4)):
        with statements() as seen:
            page = browser.get(f"/meetings/{path}").text
        assert len(seen) <= budget, "\n".join(seen)
        assert page.count('id="proposal-') == min(50, count if path != "items" else 2 * count)
        assert ("key=" in page) == (count > 50)
    assert "third time" in sita.get("/meetings/backlog").text


# --- challenges --------------------------------------------------------------------------------------------------------


def test_a_challenge_is_put_on_an_agenda_and_taken_off(app, visit, cast, made):
    with app.app_context():
        number = challenge(cast.sita).id
    path = f"/challenges/{number}"
    assert visit(cast.olu).get(f"{path}/agenda").status_code == 404
    browser = visit(cast.sita)
    assert "Put on an agenda" in browser.get(path).text
    sent = {"meeting": str(made), "minutes": "30", "purpose": "decision", "form_key": "once"}
    page = browser.post(f"{path}/agenda", data=sent, follow_redirects=True).text
    assert f"CH-{number}</a>" in page
    again = browser.post(f"{path}/agenda", data=sent | {"form_key": "twice"}).text
    assert "already, as item 4" in again
    page = visit(cast.amina).get(path).text
    assert f"MTG-{made}, item 4" in page
    assert "Take off" not in page
    found = re.search(rf"{path}/agenda/\d+/remove", browser.get(path).text)
    assert found
    assert "is off the agenda" in browser.post(found[0], follow_redirects=True).text
    assert browser.post(found[0]).status_code == 404


def test_the_secretariat_chooses_a_lead_among_many(app, visit, cast, made):
    with app.app_context():
        crowd(300)
    assert visit(cast.sita).get(f"/meetings/{made}/agenda").text.count("<option") > 300


def test_the_minutes_follow_the_agenda(app, visit, cast, made):
    browser, (_, b, _) = visit(cast.sita), ids(app)
    browser.post(f"/meetings/{made}/agenda/{b}/part", data={"seen_at": "2"})
    page = browser.post(f"/meetings/{made}/minutes", follow_redirects=True).text
    assert page.index("1. Item A") < page.index("1.1 Item B") < page.index("2. Item C")
    browser.post(f"/meetings/{made}/agenda/{b}/whole")
    browser.post(f"/meetings/{made}/agenda/{b}/remove")
    page = browser.post(f"/meetings/{made}/minutes", follow_redirects=True).text
    assert page.index("1. Item A") < page.index("2. Item C") < page.index("3. Item B")
    with app.app_context():
        assert [row.title for row in queries.agenda(queries.get(cast.sita, made))] == ["Item A", "Item C"]
