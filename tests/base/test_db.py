"""Transactions: what is done is done, whatever the worker's bell says."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa

from forum.base import db as database
from forum.base.db import ask_to_wake, db, transaction
from forum.reference.models import Theme
from forum.worker import Bell


def test_a_bell_that_is_out_of_order_does_not_undo_what_was_done(inside, monkeypatch, caplog):
    bell = Bell(inside)

    def broken() -> None:
        raise ConnectionError("Redis is away")

    bell.job = broken
    monkeypatch.setattr(database, "_waking", [bell.ring])
    with transaction():
        db.session.get(Theme, 1).title = "Kept"
        ask_to_wake()
    db.session.expire_all()
    assert db.session.get(Theme, 1).title == "Kept"
    assert "will look within a minute" in caplog.text


def change(app, title: str, undo: bool = False) -> float:
    """Seconds it takes to write this, or to fail in the middle of it."""
    began = time.monotonic()
    with app.app_context():
        try:
            with transaction():
                db.session.execute(sa.update(Theme).where(Theme.id == 1).values(title=title))
                if undo:
                    raise LookupError
        except LookupError:
            pass
    return time.monotonic() - began


def test_whoever_fails_lets_the_next_writer_in(embedded):
    for undo in (True, False, True, False):
        assert change(embedded, "Theirs" if undo else "Mine", undo) < 1
    with embedded.app_context():
        assert db.session.get(Theme, 1).title == "Mine"


def test_writers_at_once_all_get_their_turn(embedded):
    def add() -> None:
        for _ in range(10):
            with embedded.app_context(), transaction():
                db.session.execute(sa.update(Theme).where(Theme.id == 1).values(position=Theme.position + 1))

    with embedded.app_context():
        before = db.session.get(Theme, 1).position
    writers = [threading.Thread(target=add) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with embedded.app_context():
        assert db.session.get(Theme, 1).position == before + 80


def test_a_writer_waits_for_another_process_and_goes_on_at_once(embedded, monkeypatch):
    with embedded.app_context():
        other = sqlite3.connect(db.engine.url.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    assert 0.25 < change(embedded, "After them") < 0.6
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "LONGEST_WAIT", 0.1)
    with pytest.raises(sa.exc.OperationalError, match="locked"):
        change(embedded, "Never")
    other.execute("ROLLBACK")
    assert change(embedded, "Now") < 0.25
