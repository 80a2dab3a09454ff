"""Writing letters, reading the outbox, and what a person may do with a letter."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import letters
from forum.base.db import db, transaction
from forum.base.errors import NotFound, Rejected
from forum.base.letters import Kind, Letter, State
from tests.base.letters import fields, invitations
from tests.meetings.test_exports import ENTRY

pytestmark = pytest.mark.usefixtures("inside")


def write(number: int = 1, **more) -> Letter:
    with transaction():
        return letters.write(**fields(number, **more))


def ended(number: int, state: State, **more) -> Letter:
    """A letter that has come to this state."""
    written = write(number, **more)
    with transaction():
        written.state, written.next_try_at = state, None
    return written


def test_a_letter_is_written_once_whatever_is_said_the_second_time():
    first = write()
    second = write(subject="Something else")
    assert second.id == first.id
    assert second.subject == "Papers for the Forum"
    assert (first.state, first.attempts, first.sender) == (
        State.WAITING,
        0,
        "EGVE Forum secretariat <forum@egve-forum.example>",
    )


def test_many_letters_are_written_by_one_statement_and_only_once(statements):
    with statements() as seen, transaction():
        letters.write_many(invitations(120, ENTRY))
    assert len(seen) == 1
    with transaction():
        letters.write_many(invitations(121, ENTRY))
    assert letters.counts_of("gathering:3") == {State.WAITING: 121}


def write_and_fail() -> None:
    with transaction():
        letters.write(**fields())
        raise ZeroDivisionError


def test_what_was_rolled_back_sends_nothing():
    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert db.session.scalar(sa.select(sa.func.count(Letter.id))) == 0


def test_the_worker_is_woken_when_there_is_something_new(monkeypatch):
    rung = []
    monkeypatch.setattr("forum.base.db._waking", [lambda: rung.append("bell")])
    write()
    write()
    with transaction():
        letters.write_many([])
    assert rung == ["bell"]


def test_a_letter_is_rendered_with_the_forums_name_and_its_own_address(inside):
    text, html = letters.render("base")
    for words in ("EGVE Forum", "Home Office", "https://forum.example"):
        assert words in text
        assert words in html
    assert '<html lang="en-GB">' in html
    assert letters.link("/meetings/3") == "https://forum.example/meetings/3"
    assert letters.sender() == ("EGVE Forum secretariat", "forum@egve-forum.example")


def test_what_people_wrote_is_escaped_in_the_html_part(inside):
    environment = inside.extensions["letters"]
    template = environment.from_string(
        "{% import 'mail/parts.html' as parts %}{{ parts.details([('Where', where), ('Not', '')]) }}"
    )
    shown = template.render(where="<script>")
    assert "&lt;script&gt;" in environment.get_template("mail/parts.html").module.heading("<script>")
    assert "Not" not in shown


def test_the_outbox_is_counted_and_paged_newest_first():
    for number in range(1, 6):
        write(number, about="gathering:3" if number < 5 else "digest")
    ended(6, State.REFUSED, about="gathering:3")
    assert letters.counts_of("gathering:3") == {State.WAITING: 4, State.REFUSED: 1}
    page = letters.listed(about="gathering:3", size=2)
    rest = letters.listed(about="gathering:3", key=page.next_key)
    assert [row.to_name for row in page.items + rest.items] == [
        "Person 6",
        "Person 4",
        "Person 3",
        "Person 2",
        "Person 1",
    ]
    assert [row.to_name for row in letters.listed(state=State.REFUSED).items] == ["Person 6"]


def test_a_withheld_recipient_is_in_no_list():
    write(is_recipient_withheld=True)
    (row,) = letters.listed().items
    assert (row.to_name, row.to_address) == ("", "")
    assert row.subject == "Papers for the Forum"


def test_the_oldest_letter_under_way_is_known():
    assert letters.oldest_waiting() is None
    with time_machine.travel("2026-11-22T09:00:00+00:00", tick=False):
        first = write(1)
    write(2)
    assert letters.oldest_waiting() == first.written_at
    ended(1, State.SENT)
    assert letters.oldest_waiting() > first.written_at


def test_a_letter_is_held_and_released():
    written = write()
    with transaction():
        letters.hold(written)
    assert (written.state, written.next_try_at) == (State.HELD, None)
    assert not letters.deliver_due()
    with transaction():
        letters.release(written)
    assert letters.deliver_due() == {State.SENT: 1}


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.REFUSED, State.SKIPPED])
def test_what_is_leaving_or_gone_cannot_be_held(state):
    with pytest.raises(Rejected, match="can no longer be held"):
        letters.hold(ended(1, state))


@pytest.mark.parametrize("state", [State.REFUSED, State.BOUNCED])
def test_a_failed_letter_is_sent_again_with_all_its_attempts(state):
    failed = ended(1, state)
    with transaction():
        letters.resend(failed)
    assert (failed.state, failed.attempts) == (State.WAITING, 0)
    assert letters.deliver_due() == {State.SENT: 1}


@pytest.mark.parametrize("state", [State.WAITING, State.SENT, State.HELD])
def test_what_did_not_fail_is_not_sent_twice(state):
    with pytest.raises(Rejected, match="Only a letter that was refused"):
        letters.resend(ended(1, state))


def test_a_letter_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        letters.find(99)
    assert letters.find(write(kind=Kind.REMINDER).id).kind is Kind.REMINDER
