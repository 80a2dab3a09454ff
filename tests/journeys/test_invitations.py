"""Sita schedules a meeting and mails the invitations; Amina and Bryn answer by link; the meeting is moved."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import letters
from forum.base.db import db
from forum.meetings.models import Meeting
from tests.base.letters import Mailbox, mail_server
from tests.base.test_letters_delivered import post
from tests.mail.check_invite import problems
from tests.meetings.builders import BEFORE, crowd, let_go, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mailbox(app) -> Iterator[Mailbox]:
    box = Mailbox()
    with mail_server(box) as port, post(app, port):
        yield box


def delivered(app, mailbox: Mailbox) -> dict[str, bytes]:
    """What the worker's next round brings to whom."""
    mailbox.received.clear()
    with app.app_context():
        let_go()  # the five minutes in which an update can be corrected are over
        letters.deliver_due()
    return dict(mailbox.received)


def reply_link(wire: bytes) -> str:
    """The link in the text of a mail, as its reader finds it."""
    body = email.message_from_bytes(wire, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    found = re.search(r"^https://forum\.example(/reply/\S+)\s*$", body.get_content(), re.M)
    assert found
    return found[1]


def test_from_first_idea_to_new_answers(app, visit, cast, mailbox, before):
    with app.app_context():
        crowd(113)
    sita = visit(cast.sita)
    form = {
        "title": "EGVE Forum: county lines",
        "kind": "forum",
        "day-day": "20",
        "day-month": "January",
        "day-year": "2027",
        "starts": "10:30",
        "ends": "3pm",
        "mode": "hybrid",
        "place": "Example House, London",
        "joining_link": "https://meet.example/forum",
        "marking": "OFFICIAL",
    }
    page = sita.post("/meetings/new", data=form | {"form_key": "k"})
    path = page.headers["Location"]
    for title, minutes in (("Welcome", "10"), ("Phone lines", "80")):
        sita.post(f"{path}/agenda", data={"title": title, "minutes": minutes, "purpose": "discussion"})
    sita.post(f"{path}/open")
    assert "117 people will be invited" in sita.get(f"{path}/invitations").text
    sita.post(f"{path}/invitations", data={"people": "117"})
    assert "0 of 117 sent" in sita.get(f"{path}/invitations").text

    first = delivered(app, mailbox)
    assert len(first) == 117
    assert [problem for wire in first.values() for problem in problems(wire)] == []
    assert "117 of 117 sent" in sita.get(f"{path}/invitations").text

    stranger = app.test_client()
    for person, answer in ((cast.amina, "yes-in-person"), (cast.bryn, "yes-online")):
        link = reply_link(first[person.email])
        assert person.name in stranger.get(link).text
        stranger.post(link, data={"answer": answer, "note": "Step-free access" if person is cast.amina else ""})
    page = sita.get(f"{path}/invitations?answer=yes").text
    assert "Step-free access" in page
    assert "Bryn Heron" in page
    assert "Olu Hazel" not in page

    moved = form | {"day-day": "21", "version": "1"}
    assert "117 people have an invitation" in sita.post(f"{path}/edit", data=moved).text
    sita.post(f"{path}/edit", data=moved | {"asked": "yes", "tell": "yes"})
    second = delivered(app, mailbox)
    assert len(second) == 117
    assert [p for to, wire in second.items() for p in problems(wire, previous=first[to])] == []
    page = stranger.get(reply_link(second[cast.amina.email])).text
    assert "Thursday 21 January 2027" in page
    assert "You said" not in page

    sita.post(f"{path}/cancel", data={"reason": "The hall is flooded"})
    third = delivered(app, mailbox)
    assert len(third) == 117
    assert [p for to, wire in third.items() for p in problems(wire, previous=second[to])] == []
    assert "The hall is flooded" in stranger.get(reply_link(first[cast.bryn.email])).text


def test_an_operator_invites_from_the_command_line(app, cast):
    with app.app_context():
        number = meeting(cast.sita).id
    run = app.test_cli_runner()
    invite = ["meetings", "invite", str(number), "--as"]
    refused = run.invoke(args=[*invite, cast.amina.email, "--yes"])
    assert (refused.exit_code, "Only the secretariat" in refused.output) == (1, True)
    assert run.invoke(args=[*invite, "nobody@cast.example", "--yes"]).exit_code == 1
    assert run.invoke(args=["meetings", "invite", "99", "--as", cast.sita.email, "--yes"]).exit_code == 1
    assert run.invoke(args=[*invite, cast.sita.email], input="n\n").exit_code == 1
    done = run.invoke(args=[*invite, cast.sita.email, "--yes"])
    assert (done.exit_code, "4 invitations will be sent." in done.output) == (0, True)
    again = run.invoke(args=[*invite, cast.sita.email, "--yes"])
    assert (again.exit_code, "Nothing was sent" in again.output) == (0, True)
    with app.app_context():
        assert db.session.scalar(sa.select(Meeting.version)) == 1
        assert letters.deliver_due().total() == 4
