"""Keeping the standing pages when two do it at once."""

from __future__ import annotations

import threading

from forum.base.db import db, transaction
from forum.base.errors import Rejected
from forum.reference import commands, queries


def test_of_two_who_save_a_page_at_the_same_moment_one_is_told(app, cast):
    read, told = threading.Event(), []

    def write_too() -> None:
        with app.app_context():
            page = queries.page("contact")
            db.session.rollback()
            read.set()
            try:
                with transaction():
                    commands.write_page(cast.ada, page, "Contact", "The second text", 1)
            except Rejected as refusal:
                told.append(refusal.message)

    with app.app_context():
        with transaction():
            commands.write_page(cast.ada, queries.page("contact"), "Contact", "The first text", 1)
            db.session.flush()
            other = threading.Thread(target=write_too)
            other.start()
            assert read.wait(10)
            other.join(0.3)
            assert other.is_alive(), "the second must wait"
        other.join(10)
        page = queries.page("contact")
        db.session.refresh(page)
        assert (page.source, page.version) == ("The first text", 2)
    assert "Somebody else saved this page" in told[0]
