"""What one cell of somebody's table says, in our own terms."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any

from forum.base import richtext
from forum.members.models import Notify, Role, Standing

DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%dT%H:%M:%S")
LANGUAGES = {"en": "en", "english": "en", "cy": "cy", "welsh": "cy", "cymraeg": "cy"}


def clean(name: str, cell: str) -> str:
    """The text of a cell as we keep it: one line, but for notes."""
    return richtext.clean(cell).strip() if name == "contact_note" else richtext.plain(cell)


def mailbox(words: str) -> str:
    """An address trimmed and in lower case, out of "Name <address>" or "mailto:address" too."""
    address = re.sub(r"^mailto:", "", words, flags=re.IGNORECASE)
    if "<" in address:
        address = parseaddr(address)[1] or address
    return address.strip().lower()


def _date(words: str) -> date | None:
    for shape in DATES:
        try:
            found = datetime.strptime(words, shape).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
        return found if found.year >= 1900 else None
    return None


def _word(kind: type[enum.Enum]) -> Callable[[str], Any]:
    words = {one.value: one for one in kind}
    return lambda said: words.get(said.casefold())


# How the words of a field are read; each gives None for what it does not understand.
READ: dict[str, Callable[[str], Any]] = {
    "role": _word(Role),
    "standing": _word(Standing),
    "notify": _word(Notify),
    "language": lambda words: LANGUAGES.get(words.casefold()),
    "joined_on": _date,
    "left_on": _date,
}
