"""The doors for mail that comes in: a mailbox over IMAP with a verified certificate, and a mail server's pipe."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from forum import worker
from forum.base import inbox
from forum.base.db import db
from forum.base.inbox import ReceivedMail, Verdict, fetching
from tests.mail.mailbox import Server, certificate, running
from tests.mail.replies import note

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cert(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mailbox(inside, cert, monkeypatch):
    """A mailbox with two mails, whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    server = Server()
    server.mails = {5: note("amina@cast.example"), 9: note("bryn@cast.example", number=2)}
    with running(server, cert):
        of_box = {"IMAP_SERVER": "localhost", "IMAP_PORT": server.port, "IMAP_FOLDER": 'In "box"'}
        for name, value in (of_box | {"IMAP_USERNAME": "forum", "IMAP_PASSWORD": 'p"w'}).items():
            monkeypatch.setitem(inside.config, name, value)
        inside.extensions.pop("forum.fetched", None)
        yield server


def kept() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(ReceivedMail.id))) or 0


def test_every_unread_mail_is_taken_in_once_and_marked_as_read(mailbox):
    mailbox.seen = {5}
    assert inbox.fetch()[Verdict.QUEUED] == 1
    assert (kept(), mailbox.seen) == (1, {5, 9})
    assert not inbox.fetch()
    assert kept() == 1
    assert 'LOGIN forum "p\\"w"' in mailbox.commands
    assert 'SELECT "In \\"box\\""' in mailbox.commands


def test_a_mail_that_was_not_marked_is_fetched_again_and_is_the_same(mailbox):
    mailbox.hangs_up_at = "UID STORE"
    with pytest.raises(inbox.TROUBLE):
        inbox.fetch()
    assert (kept(), mailbox.seen) == (1, set())
    mailbox.hangs_up_at = ""
    inbox.fetch()
    assert (kept(), mailbox.seen) == (2, {5, 9})


def test_of_a_mail_that_is_too_large_a_person_is_told(mailbox):
    mailbox.mails = {5: note("amina@cast.example", "x" * inbox.LARGEST)}
    assert inbox.fetch()[Verdict.QUEUED] == 1
    row = db.session.scalars(sa.select(ReceivedMail)).one()
    assert (row.from_address, row.subject) == ("amina@cast.example", "A question")
    assert "larger than 1 MB" in row.words
    assert mailbox.seen == {5}
    assert "UID FETCH 5 (BODY.PEEK[])" not in mailbox.commands


def test_a_mail_our_reading_stumbles_over_is_left_to_a_person_and_holds_nothing_up(mailbox, monkeypatch, caplog):
    def stumble(mail):
        raise ZeroDivisionError

    monkeypatch.setitem(inbox.receiving._readers, inbox.Kind.OTHER, stumble)
    assert inbox.fetch()[Verdict.QUEUED] == 2
    assert "Something went wrong on our side" in inbox.listed().items[0].words
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE"])
def test_a_server_that_refuses_is_trouble_and_loses_nothing(mailbox, command):
    mailbox.fails_at = command
    with pytest.raises(inbox.TROUBLE):
        inbox.fetch()
    mailbox.fails_at = ""
    inbox.fetch()
    assert kept() == 2


def test_a_certificate_nobody_vouches_for_is_refused(mailbox, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(inbox.TROUBLE, match="CERTIFICATE_VERIFY_FAILED"):
        inbox.fetch()
    assert not mailbox.commands  # no password was sent


def test_a_silent_server_does_not_keep_the_worker(mailbox, monkeypatch, caplog):
    mailbox.is_silent = True
    monkeypatch.setattr(fetching, "PATIENCE", 0.3)
    began = time.monotonic()
    inbox.fetch_due()
    assert time.monotonic() - began < 3
    assert "The mailbox cannot be read" in caplog.text


def test_the_worker_reads_the_mailbox_every_two_minutes_between_two_mails_it_can_stop(mailbox, inside, monkeypatch):
    worker.do_what_is_due()
    assert kept() == 2
    mailbox.mails[11] = note("sita@cast.example", number=3)
    inbox.fetch_due()
    assert kept() == 2
    inside.extensions["forum.fetched"] -= fetching.EVERY
    inbox.fetch_due(stops=lambda: True)
    assert kept() == 2
    inside.extensions["forum.fetched"] -= fetching.EVERY
    inbox.fetch_due()
    assert kept() == 3


def test_no_transaction_is_open_while_the_server_is_spoken_to(mailbox, monkeypatch):
    speak, seen = fetching._answer, []

    def look(answered):
        seen.append(db.session().in_transaction())
        return speak(answered)

    monkeypatch.setattr(fetching, "_answer", look)
    inbox.fetch()
    assert seen
    assert not any(seen)


# --- at the command line ---------------------------------------------------------------------------------------------


def run(app, *args: str, data: bytes = b""):
    return app.test_cli_runner().invoke(args=["mail", *args], input=io.BytesIO(data))


def test_the_pipe_takes_a_mail_and_says_what_became_of_it(app):
    first, second = (
        run(app, "ingest", data=note("amina@cast.example")),
        run(app, "ingest", data=note("amina@cast.example")),
    )
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.startswith("Queued: Somebody wrote")
    assert second.output.startswith("It had come in before. Queued")
    with app.app_context():
        assert kept() == 1


def test_a_mail_that_is_too_large_is_refused_for_good(app):
    refused = run(app, "ingest", data=note("amina@cast.example", "x" * inbox.LARGEST))
    assert refused.exit_code == 65
    assert "larger than 1 MB" in refused.output


def test_a_database_in_trouble_has_the_mail_server_try_again(tmp_path):
    """In a process of its own, as a mail server starts it: the database has no tables yet."""
    settings = {"VAR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "mail", "ingest"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, input=note("amina@cast.example"), capture_output=True, timeout=60
    )
    assert done.returncode == 75, done.stderr
    assert b"Try again later" in done.stderr


def test_fetching_by_hand_counts_or_says_what_is_missing(app, mailbox):
    done = run(app, "fetch")
    assert done.exit_code == 0, done.output
    assert "queued         2" in done.output
    mailbox.fails_at = "LOGIN"
    assert "cannot be read" in run(app, "fetch").output


def test_fetching_without_a_mailbox_says_what_to_set(app):
    refused = run(app, "fetch")
    assert refused.exit_code == 1
    assert "Set IMAP_SERVER first" in refused.output
