"""Letters that come back: known by their envelope, believed only then, and what follows for the address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from forum.base import history, inbox, letters
from forum.base.db import db, transaction
from forum.base.inbox import ReceivedMail, Verdict
from forum.base.letters import Letter, State, bouncing
from forum.base.letters.bouncing import Meaning
from forum.base.letters.models import Bounce, SuppressedAddress
from tests.base.letters import Mailbox, fields, mail_server
from tests.mail.replies import returned

NOW = datetime(2026, 12, 10, 9, tzinfo=UTC)


@pytest.fixture
def proving(inside):
    """Letters leave with an envelope sender of their own."""
    inside.config["MAIL_BOUNCES"] = True
    yield inside
    inside.config["MAIL_BOUNCES"] = False


def sent(number: int = 1, address: str = "person@police.example", **more) -> Letter:
    """A letter that was sent to this address."""
    with transaction():
        letter = letters.write(**fields(number, to_address=address, **more))
        letter.state, letter.next_try_at, letter.sent_at = State.SENT, None, NOW
    return letter


def come_back(letter: Letter, status: str = "5.1.1", number: int = 0, **more) -> inbox.Received:
    raw = returned(bouncing.envelope_sender(letter), letter.to_address, status, number=number or letter.id, **more)
    return inbox.take_in(raw)


def state_of(letter: Letter) -> State:
    db.session.rollback()
    return db.session.execute(sa.select(Letter.state).where(Letter.id == letter.id)).scalar_one()


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("5.1.1", Meaning.GONE),
        ("5.1.2", Meaning.GONE),
        ("5.1.10", Meaning.GONE),
        ("5.1.8", Meaning.OURS),
        ("5.2.2", Meaning.FULL),
        ("5.2.1", Meaning.FULL),
        ("4.2.2", Meaning.FULL),
        ("4.7.1", Meaning.FULL),
        ("5.0.0", Meaning.FULL),
        ("5.4.1", Meaning.FULL),
        ("5.7.1", Meaning.OURS),
        ("5.7.26", Meaning.OURS),
        ("5.3.4", Meaning.OURS),
        ("5.6.0", Meaning.OURS),
        ("nonsense", Meaning.FULL),
    ],
)
def test_a_status_says_whose_trouble_it_is(status, means):
    assert bouncing.meaning(status) is means


# --- the envelope ----------------------------------------------------------------------------------------------------


def test_the_envelope_says_which_letter_it_is_and_fits(proving):
    letter = sent()
    letter.id = 123_456_789
    address = bouncing.envelope_sender(letter)
    assert len(address.partition("@")[0]) <= 64
    assert address.endswith("@egve-forum.example")
    assert bouncing.letter_of(address) == bouncing.letter_of(address.upper()) == 123_456_789
    forged = address.replace("123456789", "123456788")
    assert bouncing.letter_of(forged) is None
    proving.config["MAIL_BOUNCES"] = False
    assert bouncing.envelope_sender(letter) == "forum@egve-forum.example"


def test_no_address_made_up_by_others_is_ours(embedded):
    made_up = st.text(max_size=80) | st.from_regex(r"bounce\+\d{1,12}-[0-9a-f]{16}@x\.example", fullmatch=True)

    @given(made_up)
    def ask(address):
        assert bouncing.letter_of(address) is None

    with embedded.app_context():
        ask()


def test_a_letter_leaves_with_its_own_envelope_and_the_same_from(proving):
    mailbox = Mailbox()
    seen: list[str] = []

    async def note(server, session, envelope, address, options):
        seen.append(address)
        envelope.mail_from = address
        return "250 OK"

    mailbox.handle_MAIL = note  # type: ignore[method-assign]
    with transaction():
        letter = letters.write(**fields())
    with mail_server(mailbox) as port:
        mail, before = proving.extensions["mail"], proving.config["MAIL_SERVER"]
        known = mail.server, mail.port
        mail.server, mail.port, proving.config["MAIL_SERVER"] = "127.0.0.1", port, "127.0.0.1"
        try:
            assert letters.deliver_due()[State.SENT] == 1
        finally:
            (mail.server, mail.port), proving.config["MAIL_SERVER"] = known, before
    assert [bouncing.letter_of(address) for address in seen] == [letter.id]
    assert b"From: EGVE Forum secretariat <forum@egve-forum.example>" in mailbox.received[0][1]


# --- what comes back -------------------------------------------------------------------------------------------------


def test_nothing_more_is_sent_to_a_mailbox_that_is_gone(proving):
    first = sent(address="Person@Police.example")
    received = come_back(first)
    assert received.verdict is Verdict.RECORDED
    assert state_of(first) is State.BOUNCED
    (stopped,) = letters.suppressed()
    assert (stopped.address, stopped.reason) == ("person@police.example", "There is no such mailbox (5.1.1)")
    assert letters.suppression("PERSON@police.example") is not None
    with transaction():
        second = letters.write(**fields(2, to_address="person@police.example"))
        other = letters.write(**fields(3))
    letters.deliver_due()
    assert (state_of(second), state_of(other)) == (State.SKIPPED, State.SENT)
    assert "come back" in db.session.execute(sa.select(Letter.last_words).where(Letter.id == second.id)).scalar_one()
    assert history.lines("suppressed_address").items[0].verb == "stopped letters to"
    with transaction():
        assert letters.lift("person@police.example")
        third = letters.write(**fields(4, to_address="person@police.example"))
    letters.deliver_due()
    assert state_of(third) is State.SENT


@pytest.mark.parametrize("status", ["5.2.2", "4.4.7"])
def test_a_full_mailbox_is_given_up_after_three_letters_in_a_fortnight(proving, status):
    for number, day in enumerate((0, 10, 15, 20), 1):
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            come_back(sent(number), status)
            assert bool(letters.suppressed()) is (number == 4), number


def test_letters_turned_away_for_our_sake_are_no_fault_of_the_address(proving, caplog):
    for number in (1, 2, 3, 4):
        received = come_back(sent(number), "5.7.1", words="550 5.7.1 not accepted")
        assert received.verdict is Verdict.QUEUED
        assert "Tell the administrator" in received.words
    assert not letters.suppressed()
    assert "not because of its address" in caplog.text
    assert inbox.waiting() == 4


def test_a_mail_of_a_delay_or_of_success_changes_nothing(proving):
    letter = sent()
    for number, action in enumerate(("delayed", "delivered", "relayed", ""), 1):
        assert come_back(letter, action=action, number=number).verdict is Verdict.IGNORED
    assert state_of(letter) is State.SENT


def test_the_same_report_twice_counts_once(proving):
    letter = sent()
    first, second, third = come_back(letter, "5.2.2"), come_back(letter, "5.2.2"), come_back(letter, "5.2.2", number=9)
    assert (first.is_new, second.is_new, third.is_new) == (True, False, True)
    assert db.session.scalar(sa.select(sa.func.count(Bounce.id))) == 1


def test_a_forged_report_changes_nothing(proving):
    letter = sent()
    address = bouncing.envelope_sender(letter)
    forged = [f"bounce+{letter.id}-{'0' * 16}@egve-forum.example", "forum@egve-forum.example", address.replace("-", "")]
    for number, to in enumerate(forged, 1):
        received = inbox.take_in(returned(to, letter.to_address, number=number))
        assert received.verdict is Verdict.IGNORED
    named = inbox.take_in(returned(forged[0], letter.to_address, message_id=letter.message_id, number=9))
    assert named.verdict is Verdict.QUEUED  # somebody saw the letter; a person looks
    assert "Nothing was changed" in named.words
    assert state_of(letter) is State.SENT
    assert not letters.suppressed()


def test_a_report_about_a_withheld_recipient_names_nobody_and_stops_nothing(proving):
    letter = sent(is_recipient_withheld=True)
    for to in (bouncing.envelope_sender(letter), "forum@egve-forum.example"):
        inbox.take_in(returned(to, letter.to_address, message_id=letter.message_id, number=len(to)))
    kept = list(db.session.scalars(sa.select(ReceivedMail)))
    assert len(kept) == 2
    for row in kept:
        assert (row.verdict, row.raw, row.from_address, row.subject, row.about) == (Verdict.IGNORED, None, "", "", "")
        assert "person" not in row.words
    assert not letters.suppressed()
    assert not list(db.session.scalars(sa.select(Bounce)))
    with transaction():
        db.session.add(SuppressedAddress(address="person@police.example", reason="x", since=NOW))
        other = letters.write(**fields(2, to_address="person@police.example", is_recipient_withheld=True))
    letters.deliver_due()
    assert state_of(other) is State.SENT  # a letter left out would say whom it was for


def test_of_a_report_only_the_servers_words_are_kept(proving):
    received = come_back(sent(), words="550 5.1.1 <person@police.example> unknown")
    kept = db.session.get_one(ReceivedMail, received.number)
    assert (kept.raw, kept.subject) == (None, "")
    assert "5.1.1" in kept.words


# --- refused at once -------------------------------------------------------------------------------------------------

REFUSALS = {
    "550 5.1.1 no such user": True,
    "553 bad address": True,
    "550 rejected": False,
    "550 5.7.1 not wanted": False,
    "554 5.7.1 spam": False,
    "552 5.2.2 full": False,
}


@pytest.mark.parametrize(("answer", "stops"), REFUSALS.items(), ids=REFUSALS)
def test_an_address_refused_by_the_mail_server_is_stopped_likewise(proving, answer, stops):
    mailbox = Mailbox()
    mailbox.at_recipient = answer
    with transaction():
        letters.write(**fields(2))  # to the one recipient our server refuses
    with mail_server(mailbox) as port:
        mail = proving.extensions["mail"]
        known = mail.server, mail.port
        mail.server, mail.port, proving.config["MAIL_SERVER"] = "127.0.0.1", port, "127.0.0.1"
        try:
            assert letters.deliver_due()[State.REFUSED] == 1
        finally:
            (mail.server, mail.port), proving.config["MAIL_SERVER"] = known, ""
    assert bool(letters.suppressed()) is stops
    assert db.session.scalar(sa.select(sa.func.count(Bounce.id))) == 1
