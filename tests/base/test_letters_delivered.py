"""Letters through a real SMTP server in this process, and through every way in which it can fail."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from aiosmtpd.smtp import AuthResult
from flask import Flask

import config
from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.errors import Rejected
from forum.base.letters import Kind, Letter, State, answers, build, carrying, commands, delivering
from forum.meetings.exports import prepare
from tests.base.letters import ORGANIZER, Mailbox, fields, invitation, invitations, mail_server
from tests.conftest import unavailable
from tests.mail.check_invite import problems
from tests.meetings.test_exports import ENTRY


@pytest.fixture(autouse=True)
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms' own objections play no part here."""
    monkeypatch.setattr(delivering, "_checks", {})


@contextlib.contextmanager
def post(app: Flask, port: int, **settings: object) -> Iterator[None]:
    """The application sends by this port."""
    before = dict(app.config)
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, **settings)
    letters.init_app(app)
    try:
        yield
    finally:
        app.config.clear()
        app.config.update(before)
        letters.init_app(app)


@pytest.fixture
def mailbox(inside: Flask) -> Iterator[Mailbox]:
    """A mail server that the application sends to."""
    box = Mailbox()
    with mail_server(box) as port, post(inside, port):
        yield box


def write(*numbers: int, **more) -> None:
    with transaction():
        for number in numbers:
            letters.write(**fields(number, **more))


def outbox() -> list[Letter]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Letter).order_by(Letter.id).execution_options(populate_existing=True)))


def states() -> list[State]:
    return [letter.state for letter in outbox()]


def test_117_invitations_arrive_and_every_one_is_clean(mailbox):
    with transaction():
        letters.write_many(invitations(117, ENTRY))
    assert letters.deliver_due() == {State.SENT: 117}
    assert [to for to, _ in mailbox.received] == [f"person{number}@police.example" for number in range(1, 118)]
    assert [words for _, wire in mailbox.received for words in problems(wire)] == []
    assert [wire for _, wire in mailbox.received] == [build(letter) for letter in outbox()]
    assert letters.counts_of("gathering:3") == {State.SENT: 117}
    assert letters.deliver_due() == {}


def test_one_connection_carries_many_letters_but_not_all(mailbox, monkeypatch):
    monkeypatch.setattr(carrying, "LETTERS_A_CONNECTION", 2)
    opened = []
    connect = carrying._Connection.configure_host
    monkeypatch.setattr(carrying._Connection, "configure_host", lambda self: opened.append(1) or connect(self))
    write(1, 2, 3, 4, 5)
    letters.deliver_due()
    assert len(mailbox.received) == 5
    assert len(opened) == 3


def test_without_a_mail_server_letters_become_files(inside, tmp_path, monkeypatch):
    monkeypatch.setitem(inside.config, "VAR", tmp_path)
    write(1)
    write(2, to_address="o'neill/../x@police.example")
    assert letters.deliver_due() == {State.SENT: 2}
    files = sorted((tmp_path / "mail").glob("*"))
    first, second = outbox()
    assert [file.name for file in files] == [
        f"{first.id}-person1@police.example.eml",
        f"{second.id}-o_neill_.._x@police.example.eml",
    ]
    assert files[0].read_bytes() == build(first)


def test_a_folder_that_cannot_be_written_delays_them_all(inside, tmp_path, monkeypatch):
    (tmp_path / "mail").write_text("a file where the folder should be")
    monkeypatch.setitem(inside.config, "VAR", tmp_path)
    write(1, 2)
    assert letters.deliver_due() == {State.DELAYED: 1}
    assert letters.deliver_due() == {}
    assert [letter.attempts for letter in outbox()] == [0, 0]


def test_a_recipient_who_does_not_exist_stops_nobody_else(mailbox, caplog):
    mailbox.at_recipient = "550 5.1.1 No such mailbox"
    write(1, 2, 3)
    assert letters.deliver_due() == {State.SENT: 2, State.REFUSED: 1}
    refused = outbox()[1]
    assert (refused.state, refused.last_code, refused.last_words) == (State.REFUSED, 550, "5.1.1 No such mailbox")
    assert refused.next_try_at is None
    assert caplog.records == []


def test_a_refusal_of_what_we_send_is_told_to_the_administrator(mailbox, caplog):
    mailbox.at_data = "554 5.7.1 We do not like the look of this"
    write(1)
    assert letters.deliver_due() == {State.REFUSED: 1}
    assert "not for its address" in caplog.text


def test_greylisting_delays_one_letter_longer_each_time_and_then_gives_up(mailbox):
    mailbox.at_recipient = "451 4.7.1 Come back later"
    write(1, 2, 3)
    with time_machine.travel(clock.now() + timedelta(seconds=5), tick=False) as traveller:
        assert letters.deliver_due() == {State.SENT: 2, State.DELAYED: 1}
        waits = []
        while (delayed := outbox()[1]).state is State.DELAYED:
            waits.append((delayed.next_try_at - clock.now()) / timedelta(minutes=1))
            traveller.move_to(delayed.next_try_at)
            letters.deliver_due()
    for wait, minutes in zip(waits, [1, 5, 15, 30, 60, 120, 240, 240, 240, 240, 240], strict=True):
        assert 0.8 * minutes <= wait <= 1.2 * minutes
    assert delayed.state is State.REFUSED
    assert delayed.last_words == "Given up after 12 attempts. The last answer was: 4.7.1 Come back later"


def test_a_delayed_letter_is_not_taken_before_its_time_and_repeats_its_bytes(mailbox):
    write(1)
    before = build(outbox()[0])
    mailbox.at_data = "451 4.3.0 Try again"
    letters.deliver_due()
    mailbox.at_data = ""
    assert letters.deliver_due() == {}
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert letters.deliver_due() == {State.SENT: 1}
    assert mailbox.received == [("person1@police.example", before)]


def test_a_server_that_hangs_up_between_letters_is_called_again(mailbox):
    mailbox.hangs_up_after = 1
    write(1, 2, 3)

    def slowly(letter: Letter) -> None:
        time.sleep(0.05)

    letters.check(Kind.NOTICE, slowly)
    assert letters.deliver_due() == {State.SENT: 3}
    assert len(mailbox.received) == 3


def test_a_letter_that_may_have_arrived_is_repeated_once_and_then_left_to_a_person(mailbox):
    mailbox.at_data = "keep and hang up"
    write(1, 2)
    assert letters.deliver_due() == {State.DELAYED: 1}
    first, second = outbox()
    assert (second.state, second.attempts) == (State.WAITING, 0)
    assert first.next_try_at - clock.now() > timedelta(minutes=14)
    with transaction():
        letters.hold(second)
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert letters.deliver_due() == {State.HELD: 1}
    assert "may have arrived" in outbox()[0].last_words
    assert len(mailbox.received) == 2
    assert mailbox.received[0] == mailbox.received[1]


def test_a_silent_server_holds_the_worker_up_only_so_long(inside, monkeypatch):
    monkeypatch.setattr(carrying, "PATIENCE", 0.2)
    write(1, 2, 3)
    with socket.create_server(("127.0.0.1", 0)) as silent, post(inside, silent.getsockname()[1]):
        began = time.monotonic()
        assert letters.deliver_due() == {State.DELAYED: 1}
        assert time.monotonic() - began < 2
    assert states() == [State.DELAYED, State.WAITING, State.WAITING]
    assert [letter.attempts for letter in outbox()] == [1, 0, 0]


def test_no_server_at_all_delays_and_says_so(inside):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    write(1)
    with post(inside, port):
        assert letters.deliver_due() == {State.DELAYED: 1}
    assert outbox()[0].last_words.startswith("The mail server cannot be reached")


def test_a_wrong_password_burns_no_attempts_and_is_not_tried_again_at_once(inside, caplog):
    box = Mailbox()
    tries = []

    def refuse(*_details: object) -> AuthResult:
        tries.append(1)
        return AuthResult(success=False, handled=False)

    options = {"authenticator": refuse, "auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN"]}
    write(1, 2, 3)
    with mail_server(box, **options) as port, post(inside, port, MAIL_USERNAME="us", MAIL_PASSWORD="wrong"):
        letters.deliver_due()
        assert letters.deliver_due() == {}
    assert len(tries) == 1
    assert [letter.attempts for letter in outbox()] == [0, 0, 0]
    assert {letter.next_try_at for letter in outbox()} == {outbox()[0].next_try_at}
    assert "MAIL_PASSWORD" in caplog.text
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert letters.deliver_due() == {State.SENT: 3}


def test_a_refused_sender_is_our_fault_and_no_letters(mailbox, caplog):
    mailbox.at_sender = "553 5.7.1 That is not your address"
    write(1, 2)
    assert letters.deliver_due() == {State.DELAYED: 1}
    assert [letter.attempts for letter in outbox()] == [0, 0]
    assert "refuses the sender" in caplog.text


@pytest.mark.parametrize(
    ("code", "words", "about_address"),
    [
        (550, "5.1.1 Unknown", True),
        (550, "5.7.1 Policy", False),
        (550, "No such user", True),
        (554, "Spam", False),
        (552, "5.3.4 Too big", False),
    ],
)
def test_an_address_is_blamed_only_for_itself(code, words, about_address):
    outcome = answers.refused(code, words, 1)
    assert outcome.state is State.REFUSED
    assert answers.is_about_address(outcome) is about_address


def test_a_shutting_down_server_ends_the_batch():
    assert answers.refused(421, "4.3.2 Going away", 1).stops
    assert not answers.refused(450, "4.2.1 Busy", 1).stops
    assert answers.sender_refused(552, "5.3.4 Too big", 1).state is State.REFUSED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        unavailable("No openssl to make a certificate with.")
    folder = tmp_path_factory.mktemp("certificate")
    made = [folder / "certificate.pem", folder / "key.pem"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run(command, check=True, capture_output=True)
    return made[0], made[1]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_letter_is_only_given_to_a_server_that_proves_who_it_is(inside, certificate, is_trusted, monkeypatch):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    write(1)
    box = Mailbox()
    with mail_server(box, tls_context=context, require_starttls=True) as port, post(inside, port, MAIL_USE_TLS=True):
        letters.deliver_due()
    assert len(box.received) == is_trusted
    (letter,) = outbox()
    assert (letter.state, letter.attempts) == ((State.SENT, 1) if is_trusted else (State.DELAYED, 0))


def test_a_letter_that_came_too_late_is_skipped(mailbox):
    write(1, not_after=clock.now() - timedelta(minutes=1))
    write(2, not_after=clock.now() + timedelta(minutes=1))
    assert letters.deliver_due() == {State.SKIPPED: 1, State.SENT: 1}
    assert outbox()[0].last_words.startswith("It was only worth sending until")


def test_a_room_may_object_at_the_last_moment(mailbox):
    letters.check(Kind.REMINDER, lambda letter: "The meeting was cancelled." if letter.member_id == 1 else None)
    write(1, kind=Kind.REMINDER, member_id=1)
    write(2, kind=Kind.REMINDER, member_id=2)
    write(3, member_id=1)
    assert letters.deliver_due() == {State.SKIPPED: 1, State.SENT: 2}
    assert outbox()[0].last_words == "The meeting was cancelled."


def test_a_letter_that_breaks_something_is_held_and_the_others_go(mailbox, caplog):
    letters.check(Kind.REMINDER, lambda letter: db.session.execute(sa.text("SELECT nothing FROM nowhere")) and None)
    write(1, kind=Kind.REMINDER)
    write(2, to_address="not an address")
    write(3)
    assert letters.deliver_due() == {State.HELD: 1, State.REFUSED: 1, State.SENT: 1}
    assert "Letter" in caplog.text
    assert outbox()[1].last_words.endswith("Correct the address.")


def test_letters_leave_by_rank_and_then_in_the_order_of_writing(mailbox):
    write(1, 2, rank=5)
    write(3, rank=0)
    letters.deliver_due()
    assert [to[:7] for to, _ in mailbox.received] == ["person3", "person1", "person2"]


def cancellation(number: int):
    prepared = prepare(ENTRY._replace(sequence=1), ORGANIZER, "CANCEL")
    return invitation(number, prepared, ENTRY.title, key=f"cancel:3:{number}", kind=Kind.CANCELLATION, rank=-1)


def test_a_cancellation_never_overtakes_its_invitation(mailbox):
    mailbox.at_recipient = "451 4.2.0 Not now"
    with transaction():
        letters.write_many(invitations(2, ENTRY))
    letters.deliver_due()
    mailbox.at_recipient = ""
    with transaction():
        letters.write_many([cancellation(1), cancellation(2)])
    assert letters.deliver_due() == {State.SENT: 1}  # person 1's; person 2 still waits for the invitation
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert letters.deliver_due() == {State.SENT: 2}
    assert [(to[:7], b"method=CANCEL" in wire) for to, wire in mailbox.received] == [
        ("person1", False),
        ("person1", True),
        ("person2", False),
        ("person2", True),
    ]


def test_an_invitation_does_not_come_after_its_cancellation(mailbox):
    with transaction():
        letters.write_many([*invitations(1, ENTRY), cancellation(1)])
    (held, _) = outbox()
    with transaction():
        letters.hold(held)
    letters.deliver_due()
    with transaction():
        letters.release(held)
    assert letters.deliver_due() == {State.SKIPPED: 1}
    assert len(mailbox.received) == 1


def test_no_transaction_is_open_while_the_mail_server_is_spoken_to(inside, monkeypatch):
    open_ones = []
    carry = carrying.Folder.carry

    def watched(self, letter, wire):
        open_ones.append(db.session().in_transaction())
        return carry(self, letter, wire)

    monkeypatch.setattr(carrying.Folder, "carry", watched)
    letters.check(Kind.NOTICE, lambda letter: None if letters.oldest_waiting() else "Nothing")
    write(1, 2)
    letters.deliver_due()
    assert open_ones == [False, False]


def test_no_more_than_asked_for_and_no_faster(inside, monkeypatch):
    write(1, 2, 3, 4, 5, 6)
    monkeypatch.setitem(inside.config, "MAIL_PER_SECOND", 20)
    assert letters.deliver_due(limit=0) == {}
    began = time.monotonic()
    assert letters.deliver_due(limit=5) == {State.SENT: 5}
    assert time.monotonic() - began >= 0.2
    assert states().count(State.WAITING) == 1


def test_two_workers_share_the_work_and_no_letter_goes_twice(inside, mailbox):
    with transaction():
        letters.write_many([fields(number) for number in range(60)])

    def work() -> None:
        with inside.app_context():
            letters.deliver_due()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(to for to, _ in mailbox.received) == sorted(f"person{number}@police.example" for number in range(60))
    assert set(states()) == {State.SENT}


def test_a_dead_workers_letter_is_taken_again_when_its_lease_is_over(mailbox):
    write(1)
    with transaction():
        claimed = delivering._claim()
    assert claimed is not None
    assert letters.deliver_due() == {}
    with time_machine.travel(clock.now() + delivering.LEASE + timedelta(seconds=1)):
        assert letters.deliver_due() == {State.SENT: 1}


def test_who_lost_the_lease_does_not_overwrite_what_came_after(inside):
    write(1)
    with transaction():
        late = delivering._claim()
    letters.take_back_claims()
    letters.deliver_due()
    with transaction():
        delivering._settle(late, answers.delay("too late", 451, 1))
    assert states() == [State.SENT]


WORKER = """
import json, sys
from pathlib import Path
from forum import create_app
from forum.base import letters
settings = json.loads(sys.stdin.read())
app = create_app(**settings | {"VAR": Path(settings["VAR"])})
with app.app_context():
    letters.take_back_claims()
    letters.deliver_due()
"""


class Deadly(Mailbox):
    """Kills the worker when it has taken so many letters, before it can answer."""

    def __init__(self, *deaths: int) -> None:
        super().__init__()
        self.deaths = set(deaths)
        self.worker: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.received) in self.deaths:
            assert self.worker is not None
            os.kill(self.worker.pid, signal.SIGKILL)
        return answer


def test_kill_9_in_the_middle_leaves_nobody_out_and_repeats_no_more_than_the_kills(embedded):
    box = Deadly(20, 60, 61)
    with embedded.app_context(), transaction():
        letters.write_many(invitations(117, ENTRY))
    with mail_server(box) as port:
        kept = {name: embedded.config[name] for name in ("SQLALCHEMY_DATABASE_URI", "SECRET_KEY", "PUBLIC_URL")}
        settings = json.dumps(
            {**kept, "VAR": str(embedded.config["VAR"]), "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port}
        )
        ends = []
        for _ in range(4):
            box.worker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, cwd=config.ROOT)
            box.worker.communicate(settings.encode(), timeout=60)
            ends.append(box.worker.returncode)
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, -signal.SIGKILL, 0]
    assert len({to for to, _ in box.received}) == 117
    assert len(box.received) == 117 + 3
    assert len(set(box.received)) == 117  # a repeat has the same Message-ID and the same bytes
    with embedded.app_context():
        assert letters.counts_of("gathering:3") == {State.SENT: 117}


# --- MAIL.md B3, row by row, by a server that answers so ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "answer", "outcomes", "is_told", "is_stopped"),
    [
        ("recipient", "421 4.3.2 Going down", {State.SENT: 1, State.DELAYED: 1}, False, False),
        ("data", "421 4.3.2 Going down", {State.DELAYED: 1}, False, False),
        ("sender", "421 4.3.2 Going down", {State.DELAYED: 1}, False, False),
        ("recipient", "450 4.2.0 Greylisted", {State.SENT: 2, State.DELAYED: 1}, False, False),
        ("recipient", "451 4.7.1 Greylisted", {State.SENT: 2, State.DELAYED: 1}, False, False),
        ("recipient", "452 4.2.2 Mailbox full", {State.SENT: 2, State.DELAYED: 1}, False, False),
        ("recipient", "550 5.1.1 Unknown", {State.SENT: 2, State.REFUSED: 1}, False, True),
        ("recipient", "550 5.1.2 Bad domain", {State.SENT: 2, State.REFUSED: 1}, False, True),
        ("recipient", "550 5.1.3 Bad syntax", {State.SENT: 2, State.REFUSED: 1}, False, True),
        ("recipient", "551 Moved away", {State.SENT: 2, State.REFUSED: 1}, False, True),
        ("recipient", "553 No such name", {State.SENT: 2, State.REFUSED: 1}, False, True),
        ("recipient", "550 5.7.1 Policy", {State.SENT: 2, State.REFUSED: 1}, True, False),
        ("data", "554 5.7.1 Looks like spam", {State.REFUSED: 3}, True, False),
        ("data", "552 5.3.4 Too big", {State.REFUSED: 3}, True, False),
        ("sender", "552 5.3.4 Too big", {State.REFUSED: 3}, True, False),
        ("sender", "530 5.7.0 Sign in first", {State.DELAYED: 1}, True, False),
    ],
)
def test_each_answer_of_a_server_means_what_the_table_says(mailbox, caplog, at, answer, outcomes, is_told, is_stopped):
    setattr(mailbox, f"at_{at}", answer)
    write(1, 2, 3)
    assert letters.deliver_due() == outcomes
    assert ("ERROR" in [record.levelname for record in caplog.records]) is is_told
    assert (letters.suppression("person2@police.example") is not None) is is_stopped
    if answer.startswith("530"):
        assert [letter.attempts for letter in outbox()] == [0, 0, 0]


def test_a_server_that_goes_silent_in_the_middle_is_not_asked_twice(mailbox, monkeypatch):
    monkeypatch.setattr(carrying, "PATIENCE", 0.3)
    monkeypatch.setattr(carrying, "AT_ONCE", 0.2)
    mailbox.silent_for = 1.0
    write(1, 2, 3)
    began = time.monotonic()
    assert letters.deliver_due() == {State.SENT: 1, State.DELAYED: 1}
    assert time.monotonic() - began < 1
    assert mailbox.connections <= 1


# --- what nobody knows -------------------------------------------------------------------------------------------------


def attempt_again_and_again(times: int) -> list[State]:
    """Deliver what is due, so many times, each when the first letter is due again; the states of that letter."""
    found = []
    with time_machine.travel(clock.now() + timedelta(seconds=5), tick=False) as traveller:
        for _ in range(times):
            letters.deliver_due()
            letter = outbox()[0]
            found.append(letter.state)
            traveller.move_to(letter.next_try_at or clock.now())
    return found


def test_a_letter_that_may_have_arrived_twice_goes_on_where_that_is_wanted(inside, mailbox, monkeypatch):
    monkeypatch.setitem(inside.config, "MAIL_ON_UNKNOWN", "resend")
    mailbox.at_data = "keep and hang up"
    write(1)
    assert attempt_again_and_again(4) == [State.DELAYED] * 4
    assert len(set(mailbox.received)) == 1


def test_a_calendar_entry_that_may_have_arrived_is_never_held(mailbox):
    mailbox.at_data = "keep and hang up"
    with transaction():
        letters.write_many(invitations(1, ENTRY))
    assert attempt_again_and_again(4) == [State.DELAYED] * 4


def test_greylisting_before_does_not_count_as_a_letter_that_may_have_arrived(mailbox):
    write(2)
    mailbox.at_recipient = "451 4.7.1 Come back later"
    assert attempt_again_and_again(1) == [State.DELAYED]
    mailbox.at_recipient, mailbox.at_data = "", "keep and hang up"
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert attempt_again_and_again(2) == [State.DELAYED, State.HELD]


# --- how fast, and to whom ---------------------------------------------------------------------------------------------


class Watch:
    """A clock that only sleeping moves, so that a busy machine changes nothing."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_one_domain_is_spared_and_the_others_do_not_wait_for_it(inside, mailbox, monkeypatch):
    watch = Watch()
    monkeypatch.setattr(delivering, "time", watch)
    monkeypatch.setitem(inside.config, "MAIL_PER_DOMAIN", 10)
    write(1, 2, 3, to_address="same@Busy.example")
    write(4, to_address="a@quiet.example")
    write(5, to_address="b@other.example")
    assert letters.deliver_due() == {State.SENT: 5}
    assert 0.2 <= watch.now < 0.5
    assert [to.rpartition("@")[2] for to, _ in mailbox.received] == [
        "Busy.example", "quiet.example", "other.example", "Busy.example", "Busy.example",
    ]  # fmt: skip


def test_for_trying_out_every_letter_goes_to_one_address_and_says_whom_it_is_for(inside, mailbox, monkeypatch):
    monkeypatch.setitem(inside.config, "MAIL_TEST_TO", "tester@forum.example")
    mailbox.at_recipient = ""
    write(1)
    write(2, is_recipient_withheld=True)
    assert letters.deliver_due() == {State.SENT: 2}
    assert {to for to, _ in mailbox.received} == {"tester@forum.example"}
    first, second = (email.message_from_bytes(wire, policy=email.policy.default) for _, wire in mailbox.received)
    assert first["Subject"] == "[Test] Papers for the Forum"
    text, html = first.get_body(("plain",)).get_content(), first.get_body(("html",)).get_content()
    assert text.startswith("This is a test. This letter is for Person 1 <person1@police.example>.\r\n\r\nThe papers")
    assert "<body><p><strong>This is a test. This letter is for Person 1 &lt;person1@" in html
    assert "erson2" not in second.as_string() + "".join(str(value) for value in second.values())
    kept = outbox()[0]
    assert (kept.to_address, kept.subject) == ("person1@police.example", "Papers for the Forum")


def test_a_refusal_of_the_address_for_trying_out_is_not_blamed_on_the_person(inside, mailbox, monkeypatch):
    monkeypatch.setitem(inside.config, "MAIL_TEST_TO", "forum@forum.example")
    mailbox.at_recipient = "550 5.1.1 Unknown"
    write(1)
    assert letters.deliver_due() == {State.REFUSED: 1}
    assert letters.suppressed() == []


# --- how long letters are kept -----------------------------------------------------------------------------------------


def empty() -> None:
    more = True
    while more:
        with transaction():
            more = letters.empty_old()


def test_words_are_deleted_after_a_year_and_the_row_stays(inside, monkeypatch):
    inside.extensions.pop("letters.emptied_on", None)
    monkeypatch.setattr(commands, "_A_PART", 2)
    with transaction():
        letters.write_many(invitations(3, ENTRY))
    letters.deliver_due()
    write(9)
    with transaction():
        letters.hold(outbox()[-1])
    with time_machine.travel(clock.now() + timedelta(days=364)):
        empty()
        assert all(letter.text for letter in outbox())
    with time_machine.travel(clock.now() + timedelta(days=366)):
        monkeypatch.setitem(inside.config, "LETTERS_KEPT_DAYS", 0)
        empty()
        assert all(letter.text for letter in outbox())
        monkeypatch.setitem(inside.config, "LETTERS_KEPT_DAYS", 365)
        empty()
        *old, held = outbox()
    assert [(letter.text, letter.html, letter.calendar) for letter in old] == [("", "", None)] * 3
    assert held.text  # somebody has still to decide
    assert {letter.state for letter in old} == {State.SENT}
    assert old[0].subject


def test_a_letter_without_words_is_not_sent_again(inside):
    write(1)
    with transaction():
        db.session.execute(sa.update(Letter).values(text="", html="", state=State.REFUSED, next_try_at=None))
    with pytest.raises(Rejected, match="words of this letter were deleted"), transaction():
        letters.resend(outbox()[0])
    with transaction():
        assert letters.send_all({State.REFUSED}) == 0
