"""How the letters are doing, and the worker that carries them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import sqlalchemy as sa

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.letters import Kind, Letter, State

ROOT = Path(__file__).resolve().parents[2]


def write(number: int) -> None:
    letters.write(
        key=f"letter {number}", kind=Kind.NOTICE, to_name="Bryn Heron", to_address="bryn@cast.example",
        subject=f"Letter {number}", text="Hello", html="<p>Hello</p>",
    )  # fmt: skip


def test_the_status_counts_letters_and_says_how_long_the_oldest_waits(app, run):
    with app.app_context(), transaction():
        write(1)
        write(2)
        db.session.execute(sa.update(Letter).values(written_at=clock.now() - timedelta(minutes=90)))
    said = run("letters", "status").output
    assert "waiting           2" in said
    assert "90 minutes ago" in said
    counted = json.loads(run("letters", "status", "--json").output)
    assert (counted["waiting"], counted["sent"]) == (2, 0)


def test_once_sends_what_is_due_and_leaves(app, run):
    with app.app_context(), transaction():
        write(1)
    run("worker", "--once")
    counted = json.loads(run("letters", "status", "--json").output)
    assert (counted["waiting"], counted["sent"], counted["oldest_waiting"]) == (0, 1, None)


def test_a_worker_takes_over_what_another_left_half_sent_but_not_what_one_is_sending(app, run):
    with app.app_context(), transaction():
        write(1)
        lease = {"state": State.SENDING, "attempts": 1, "next_try_at": clock.now() + timedelta(minutes=10)}
        db.session.execute(sa.update(Letter).values(**lease))
    holder = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_SH); print(1, flush=True); input()"
    )
    lock = app.config["VAR"] / "worker.lock"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()
        run("worker", "--once")
        assert json.loads(run("letters", "status", "--json").output)["sending"] == 1
        other.communicate("\n")
    run("worker", "--once")
    assert json.loads(run("letters", "status", "--json").output)["sent"] == 1


def test_sigterm_ends_the_worker_between_two_letters(embedded):
    """A real worker process with 200 letters and 20 a second: it stops at once, and no letter is left half sent."""
    with embedded.app_context(), transaction():
        for number in range(200):
            write(number)
    for old in (embedded.config["VAR"] / "mail").glob("*.eml"):
        old.unlink()
    settings = {
        "DATABASE_URL": embedded.config["SQLALCHEMY_DATABASE_URI"], "VAR": str(embedded.config["VAR"]),
        "SECRET_KEY": embedded.config["SECRET_KEY"], "MAIL_PER_SECOND": "20", "MAIL_SERVER": "", "REDIS_URL": "",
    }  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"], cwd=ROOT, env={**os.environ, **settings}
    )
    try:
        wait_for(lambda: states(embedded).get(State.SENT, 0) >= 3, 60)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
    found = states(embedded)
    assert set(found) == {State.SENT, State.WAITING}
    assert sum(found.values()) == 200
    written = [message_from_bytes(path.read_bytes())["Message-ID"] for path in mails(embedded)]
    assert len(written) == len(set(written)) == found[State.SENT]


def mails(app) -> list[Path]:
    return list((app.config["VAR"] / "mail").glob("*.eml"))


def states(app) -> dict[State, int]:
    with app.app_context():
        return letters.counts()


def wait_for(happened, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
