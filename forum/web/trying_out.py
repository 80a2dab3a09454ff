"""A test of a letter, to whoever is here and wants to see it in their own mail program."""

from __future__ import annotations

from forum.base import history, letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.web.furniture import me, say


def test_to_me(fields: letters.Fields) -> None:
    """Write a test of this letter to the person who is here, and say so."""
    person = me()
    if not person.email:
        raise Rejected("You have no email address here, so no test can be sent to you.")
    with transaction():
        copy = letters.write_test(fields, person.id, person.name, person.email)
        history.note(person, "tested a letter", copy)
    say(f"A test is on its way to {person.email}. It has no calendar entry, and its links are cut short.")
