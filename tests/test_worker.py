"""The bell: a letter written in a request leaves within moments, through an SQLite queue and through a real Redis."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forum import create_app, worker
from forum.base import db as database
from forum.base import letters
from forum.base.db import db, transaction
from forum.base.letters import Letter, State
from tests.base.letters import fields
from tests.conftest import _migrate, settings, unavailable

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def redis(tmp_path) -> Iterator[str]:
    """The address of a Redis server of our own."""
    program = shutil.which("redis-server")
    if program is None:
        unavailable("No redis-server on this machine.")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(params=["file", pytest.param("redis", marks=pytest.mark.redis)])
def at_work(request, tmp_path, monkeypatch):
    """The application with a worker process beside it, both on the same database and the same queue."""
    url = request.getfixturevalue("redis") if request.param == "redis" else ""
    given = settings(f"sqlite:///{tmp_path / 'forum.db'}", tmp_path)
    monkeypatch.setattr(database, "_waking", [])
    app = create_app(**{**given, "TESTING": False, "REDIS_URL": url})
    _migrate(app)
    environment = {
        "DATABASE_URL": given["SQLALCHEMY_DATABASE_URI"], "VAR": str(tmp_path), "REDIS_URL": url, "MAIL_SERVER": "",
        "SECRET_KEY": given["SECRET_KEY"],
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0


def seconds_until_sent(number: int) -> float:
    """How long the worker takes to send this letter, once it is written. At most 30."""
    with transaction():
        letters.write(**fields(number))
    began = time.monotonic()
    while time.monotonic() < began + 30:
        db.session.rollback()
        if db.session.query(Letter).filter_by(key=f"notice:{number}").populate_existing().one().state is State.SENT:
            break
        time.sleep(0.1)
    return time.monotonic() - began


def test_a_letter_leaves_moments_after_it_was_written(at_work):
    assert seconds_until_sent(1) < 30  # the worker itself is only starting
    assert seconds_until_sent(2) < 10  # without the bell it would be up to a minute
    assert len(list((at_work.config["VAR"] / "mail").glob("*.eml"))) == 2


def test_a_queue_that_does_not_answer_costs_nobody_their_request(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_waking", [])
    given = settings(f"sqlite:///{tmp_path / 'forum.db'}", tmp_path)
    app = create_app(**{**given, "TESTING": False, "REDIS_URL": "redis://127.0.0.1:1/0"})
    _migrate(app)
    with app.app_context():
        with transaction():
            letters.write(**fields(1))
        assert db.session.query(Letter).one().state is State.WAITING
        db.session.remove()
        db.engine.dispose()


def test_what_else_is_due_has_its_turn_in_a_mailing_that_takes_long(embedded, monkeypatch):
    turns = []
    monkeypatch.setattr(worker, "PIECES", (lambda: turns.append(1) and False,))
    monkeypatch.setattr(worker, "A_TURN", 0.05)
    monkeypatch.setitem(embedded.config, "MAIL_PER_SECOND", 25)
    with embedded.app_context():
        with transaction():
            letters.write_many([fields(number) for number in range(8)])
        worker.do_what_is_due()
        assert letters.counts() == {State.SENT: 8}
    assert 2 < len(turns) < 8
