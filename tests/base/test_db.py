"""Transactions: what is done is done, whatever the worker's bell says."""

from __future__ import annotations

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
