"""A letter as the letters page shows it: what its reader gets, without the keys that are in it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from forum.base import clock
from forum.base.letters.models import Letter

# A reply link answers for one person and a joining link lets in as them: whoever reads the outbox must not be able to.
# Anything in an address that is long enough to be such a key is left out, so that a new kind of link is safe too.
_KEY = re.compile(r"""(https?://[^/\s"'<>]+[/?][^\s"'<>]*?)[\w.~%-]{20,}""", re.ASCII)
_METHODS = {"REQUEST": "Invites, or updates an earlier invitation", "CANCEL": "Takes the meeting out of the calendar"}


class Shown(NamedTuple):
    """The parts of a letter in words; `calendar` is empty for a letter that brings no meeting."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    calendar: list[tuple[str, str]]


def without_keys(text: str) -> str:
    """The text with `…` for what makes its links act for one person."""
    return _KEY.sub(r"\1…", text)


def shown(letter: Letter) -> Shown | None:
    """What the letter says; None when its recipient is withheld, because a letter names whom it is to."""
    if letter.is_recipient_withheld:
        return None
    headers = [
        ("From", letter.sender),
        ("To", f"{letter.to_name} <{letter.to_address}>"),
        ("Subject", letter.subject),
        ("Date", clock.show_moment(letter.written_at)),
        ("Message-ID", letter.message_id),
    ]
    return Shown(headers, without_keys(letter.text), without_keys(letter.html), _calendar(letter))


def _calendar(letter: Letter) -> list[tuple[str, str]]:
    if letter.calendar is None:
        return []
    from icalendar import Calendar  # 0.1 s to import: only for those who look

    entry: Any = Calendar.from_ical(letter.calendar).walk("VEVENT")[0]
    said = [(term, str(entry.get(name, ""))) for term, name in (("Title", "SUMMARY"), ("Place", "LOCATION"))]
    method = letter.calendar_method or ""
    return [
        ("What it does", _METHODS.get(method, method)),
        *said,
        ("Starts", clock.show_moment(entry.DTSTART)),
        ("Ends", clock.show_moment(entry.DTEND)),
        ("Description", without_keys(str(entry.get("DESCRIPTION", "")))),
        ("Version", f"{entry.get('SEQUENCE', 0)} of {entry.get('UID', '')}"),
    ]
