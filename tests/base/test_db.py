"""Transactions: what is done is done, whatever the worker's bell says."""

from __future__ import annotations

from forum.base import db as database
from forum.base.db import ask_to_wake, db, transaction
from forum.reference.models import Theme


def test_a_bell_that_is_out_of_order_does_not_undo_what_was_done(inside, monkeypatch, caplog):
    rung = []

    def broken() -> None:
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(database, "_waking", [broken, lambda: rung.append(True)])
    with transaction():
        db.session.get(Theme, 1).title = "Kept"
        ask_to_wake()
    db.session.expire_all()
    assert db.session.get(Theme, 1).title == "Kept"
    assert rung == [True]
    assert "could not be woken" in caplog.text
