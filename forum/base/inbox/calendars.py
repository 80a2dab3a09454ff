"""Reading what a stranger's calendar program sent (RFC 5545): what one event says, and nothing worked out from it.

Time and memory grow with the length of the text alone, which `LARGEST` bounds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LARGEST = 64 * 1024  # bytes
MOST_LINES = 2_000  # a reply has about twenty, and a few hundred when it lists the changes of its time zone
_FOLD = re.compile(r"\r?\n[ \t]")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Property(NamedTuple):
    """One line: `DTSTAMP:20261123T100000Z`. Names, of parameters too, are in capitals."""

    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


class Calendar(NamedTuple):
    """`events`: the properties of each event, those of what is inside it left out."""

    method: str
    events: list[list[Property]]


def read(data: bytes) -> Calendar | None:
    """What the calendar says; None when it is too large or no calendar."""
    if len(data) > LARGEST:
        return None
    text = _FOLD.sub("", data.decode("utf-8", "replace").removeprefix("\ufeff"))
    lines = [_property(line) for line in text.splitlines()[: MOST_LINES + 1] if line.strip()]
    begin = (lines[0].name, lines[0].value.strip().upper()) if lines else None
    if begin != ("BEGIN", "VCALENDAR") or len(lines) > MOST_LINES:
        return None
    method, events, inside = "", list[list[Property]](), list[str]()
    for line in lines:
        if line.name == "END":
            del inside[-1:]
            continue
        if line.name == "BEGIN":
            inside.append(line.value.strip().upper())
            if inside[1:] == ["VEVENT"]:
                events.append([])
        elif inside[1:] == ["VEVENT"]:
            events[-1].append(line)
        elif len(inside) == 1 and line.name == "METHOD":
            method = line.value.strip().upper()
    return Calendar(method, events)


def _property(line: str) -> Property:
    """A content line; one without a colon has no value."""
    name = re.match(r"[^;:]*", line)
    assert name is not None
    at, parameters = name.end(), dict[str, str]()
    while found := _PARAMETER.match(line, at):
        parameters[found[1].upper()] = found[2].strip('"')
        at = found.end()
    return Property(name[0].strip().upper(), parameters, line[at:].partition(":")[2])
