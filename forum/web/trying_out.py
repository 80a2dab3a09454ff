"""A letter as it will look: in the browser, or as a test in the mail program of whoever is here."""

from __future__ import annotations

from flask import Response

from forum.base import history, letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.web.furniture import me, say


def shut_off(html: str) -> Response:
    """A letter as a mail program shows it: no script, nothing fetched, no form."""
    page = Response(html, mimetype="text/html")
    page.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return page


def test_to_me(fields: letters.Fields) -> None:
    """Write a test of this letter to the person who is here, and say so."""
    person = me()
    if not person.email:
        raise Rejected("You have no email address here, so no test can be sent to you.")
    with transaction():
        copy = letters.write_test(fields, person.id, person.name, person.email)
        history.note(person, "tested a letter", copy)
    say(f"A test is on its way to {person.email}. It has no calendar entry, and its links are cut short.")
