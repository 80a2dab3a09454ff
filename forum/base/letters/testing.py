"""Letters for trying out: all to one address (MAIL_TEST_TO), or a copy of one to whoever asks for it."""

from __future__ import annotations

import re

import sqlalchemy as sa
from markupsafe import escape

from forum.base import clock
from forum.base.letters.models import Kind, Letter
from forum.base.letters.showing import without_keys
from forum.base.letters.writing import Fields, write

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)
_MARK = "[Test]"
_COLUMNS = [column.key for column in sa.inspect(Letter).column_attrs]


def redirected(letter: Letter, address: str) -> Letter:
    """The same letter to this address, with whom it is for in its first line. Not kept, and not known to the session."""
    copy = Letter(**{name: getattr(letter, name) for name in _COLUMNS})
    whom = "somebody who asked not to be named" if letter.is_recipient_withheld else letter.to_name
    if not letter.is_recipient_withheld:
        whom += f" <{letter.to_address}>"
    copy.to_name, copy.to_address = "", address
    _mark(copy, f"This is a test. This letter is for {whom}.")
    return copy


def write_test(fields: Fields, member_id: int, name: str, address: str) -> Letter:
    """A copy of a letter, to whoever asks for it. Pressing the button twice within ten seconds writes one.

    It has none of the keys in the links, which are another person's, and no calendar part, which would put the meeting
    into the calendar of who only wants to look.
    """
    copy = Letter(subject=fields["subject"], text=without_keys(fields["text"]), html=without_keys(fields["html"]))
    said = "This is a test. The links in it are cut short"
    said += ", and the calendar entry of the real letter is left out." if fields.get("method") else "."
    _mark(copy, said)
    return write(
        key=f"test:{fields['key'][:150]}:{member_id}:{int(clock.now().timestamp()) // 10}",
        kind=Kind.NOTICE,
        member_id=member_id,
        to_name=name,
        to_address=address,
        subject=copy.subject,
        text=copy.text,
        html=copy.html,
        about=fields.get("about", ""),
    )


def fields_of(letter: Letter) -> Fields:
    """What a stored letter was written from, as far as a test of it needs that."""
    return {
        "key": letter.key,
        "kind": letter.kind,
        "to_name": letter.to_name,
        "to_address": letter.to_address,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "about": letter.about,
        "method": letter.calendar_method,
    }


def _mark(letter: Letter, words: str) -> None:
    letter.subject = f"{_MARK} {letter.subject}"
    letter.text = f"{words}\n\n{letter.text}"
    first = f"<p><strong>{escape(words)}</strong></p>"
    body = _BODY.search(letter.html)
    end = body.end() if body else 0
    letter.html = letter.html[:end] + first + letter.html[end:]
