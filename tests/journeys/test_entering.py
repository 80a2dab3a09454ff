"""Bryn rings the secretariat; Sita enters what he says, and he puts it right himself."""

from __future__ import annotations

import re

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.letters import Letter
from forum.feedback.models import Flag
from forum.members.models import Member
from tests import builders

TODAY = clock.today()
DAY = {"said_on-day": str(TODAY.day), "said_on-month": str(TODAY.month), "said_on-year": str(TODAY.year)}
CALL = {
    "source": "phone", "who": "member", "member": "bryn heron", "attribution": "unattributed", "kind": "challenge",
    "title": "Nobody answers at night", "happening": "Heron says the line rings out.", "priority_id": "0", "force_id": "0",
    "marking": "OFFICIAL", "form_key": "call",
} | DAY  # fmt: skip


def test_a_phone_call_becomes_a_thread_of_whoever_rang(app, visit, cast):
    sita, bryn, amina = (visit(person) for person in (cast.sita, cast.bryn, cast.amina))
    for stranger in (amina, visit(cast.olu)):
        assert stranger.get("/feedback/enter").status_code == 404
        assert stranger.post("/feedback/enter", data=CALL).status_code == 404
    for place in ("/feedback", "/"):
        assert 'href="/feedback/enter"' in sita.get(place).text
    assert f'href="/feedback/enter?member={cast.bryn.id}"' in sita.get(f"/members/{cast.bryn.id}").text
    for other in (cast.sita, cast.ada):
        assert "/feedback/enter" not in sita.get(f"/members/{other.id}").text
    assert 'href="/feedback/templates"' in sita.get("/feedback").text

    # Two are called Bryn Heron, so Sita is asked which; a date to come is refused; nothing she typed is lost.
    with app.app_context():
        builders.member("Bryn Heron")
    page = sita.post("/feedback/enter", data=CALL | {"said_on-year": str(TODAY.year + 1)}).text
    assert "Select which member you mean" in page
    number = re.search(r'value="(\d+)"[^>]*>\s*<label[^>]*>\s*Bryn Heron\s*</label>\s*<div[^>]*>\s*Canopy', page)[1]
    call = CALL | {"member_id": number}
    page = sita.post("/feedback/enter", data=call | {"said_on-year": str(TODAY.year + 1)}).text
    assert "must be today or in the past" in page
    assert "Heron says the line rings out.</textarea>" in page

    # His name slipped into the text though he asked not to be named: it is pointed at, and she takes it out.
    page = sita.post("/feedback/enter", data=call).text
    assert "<mark>Heron</mark>" in page
    call |= {"happening": "The line rings out."}
    assert "A Forum member" in sita.post("/feedback/enter", data=call | {"preview": "1"}).text
    page = sita.post("/feedback/enter", data=call, follow_redirects=True)
    thread = page.request.path
    assert "they are told by email" in page.text
    for browser in (sita, amina):
        page = browser.get(thread).text
        assert "Entered by the secretariat from a phone call, said on" in page
        assert "Bryn" not in page

    # He is told, says that it is not what he said, and puts it right.
    with app.app_context():
        letter = db.session.scalars(sa.select(Letter).where(Letter.to_address == cast.bryn.email)).one()
        assert "The line rings out." in letter.text
    assert "Bryn" not in sita.get("/letters").text
    page = bryn.get(thread).text
    assert f'href="{thread}/flag"' in page
    assert "That is not what you said" in bryn.get(f"{thread}/flag").text
    bryn.post(f"{thread}/flag", data={"reason": "misquoted", "words": "I said: at weekends."})
    assert "I said: at weekends." in sita.get("/feedback/checks").text
    version = re.search(r'name="version" value="(\d+)"', bryn.get(f"{thread}/edit").text)[1]
    mine = CALL | {"version": version, "happening": "It rings out at weekends.", "force_id": ""}
    assert bryn.post(f"{thread}/edit", data=mine).status_code == 302
    assert "It rings out at weekends." in amina.get(thread).text
    with app.app_context():
        assert [flag.raised_by_id for flag in db.session.scalars(sa.select(Flag))] == [cast.bryn.id]


def test_a_pile_from_an_event_is_entered_one_after_the_other(app, visit, cast):
    sita = visit(cast.sita)
    with app.app_context():
        theme = builders.theme()
        home = db.session.get(Member, cast.amina.id).organisation_id
    card = CALL | {
        "source": "event", "occasion": "Roundtable in Leeds", "who": "other", "contributor": "Carys Teal", "member": "",
        "organisation_id": str(home), "attribution": "named", "theme_ids": str(theme.id), "another": "1",
    }  # fmt: skip
    page = sita.post("/feedback/enter", data=card, follow_redirects=True)
    assert page.request.path == "/feedback/enter"
    for kept in (r'value="event"[^>]* checked', r'value="Roundtable in Leeds"', rf'name="theme_ids"[^>]*value="{theme.id}"[^>]* checked'):  # fmt: skip
        assert re.search(kept, page.text), kept
    assert "Carys" not in page.text
    assert re.search(r'name="attribution"[^>]*value="unattributed"[^>]* checked', page.text)
    shown = visit(cast.olu).get("/feedback/1").text
    assert "Carys Teal, Essex Police area" in shown
    assert "from an event: Roundtable in Leeds" in shown
    reply = {"source": "email", "who": "other", "attribution": "unattributed", "body": "Here as well."} | DAY
    page = sita.post("/feedback/1/enter", data=reply, follow_redirects=True).text
    assert "A contributor" in page
    assert "Entered by the secretariat from an email" in page
