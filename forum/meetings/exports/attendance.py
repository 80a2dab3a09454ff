"""Who was at a meeting, and who never is, as files; and what stands on a name badge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, NamedTuple

from forum.base import clock
from forum.base.spreadsheets import Sheet, Value, Workbook, write_csv, write_ods
from forum.meetings.models import Answer, Meeting
from forum.meetings.queries.attendance import Counts, TickRow
from forum.meetings.queries.coverage import ComingRow, HeldRow

COLUMNS = ("Name", "Organisation", "Answer", "Attendance", "Came for", "Remarks")
WIDTHS = (5, 7, 4, 3.5, 5, 6)  # centimetres


def as_csv(rows: Iterable[TickRow], out: IO[bytes]) -> None:
    """One line a person: everybody invited, and whoever else is on the list."""
    write_csv(COLUMNS, map(_cells, rows), out)


def as_ods(
    rows: Iterable[TickRow], meeting: Meeting, counts: Counts, creator: str, at: datetime, out: IO[bytes]
) -> None:
    """The same, with a cover that carries the counts and the meeting's marking."""
    title = f"Attendance: {meeting.title}"
    sheet = Sheet("Attendance", COLUMNS, map(_cells, rows), WIDTHS)
    write_ods(Workbook(title, creator, at, facts(meeting, counts), (sheet,)), out)


def facts(meeting: Meeting, counts: Counts) -> Sequence[tuple[str, str]]:
    return (
        ("Marking", meeting.marking.value),
        ("Meeting", f"{meeting.reference}, {clock.show_day(meeting.starts_at)}"),
        ("Present", f"{counts.present:,} ({counts.in_person:,} in person, {counts.online:,} online)"),
        ("Of them substitutes", f"{counts.substitutes:,}"),
        ("Apologies", f"{counts.apologies:,}"),
        ("Said yes and were not there", f"{counts.no_shows:,}"),
        ("Gave no answer", f"{counts.no_answer:,}"),
        ("Organisations present", f"{counts.organisations:,}"),
        ("Handling", "Personal data: for the work of the Forum only"),
    )


def _cells(row: TickRow) -> Sequence[Value]:
    remarks = [
        "Walk-in" if row.is_walk_in else "",
        "Observer" if row.is_observer else "",
        f"{row.came_instead} came instead" if row.came_instead else "",
    ]
    said = row.said.removeprefix("Said ").capitalize()
    return (row.name, row.organisation, said, row.mark, row.substitute_for or "", "; ".join(filter(None, remarks)))


def over_time_as_csv(rows: Iterable[ComingRow], meetings: Sequence[HeldRow], out: IO[bytes]) -> None:
    """One line an organisation, one column a meeting: how many of it were there, empty where nobody was invited."""
    write_csv(_over_time_columns(meetings), map(_coming_cells, rows), out)


def over_time_as_ods(
    rows: Iterable[ComingRow], meetings: Sequence[HeldRow], creator: str, at: datetime, narrowed: str, out: IO[bytes]
) -> None:
    facts = (
        ("Which organisations", narrowed),
        ("Figures", "People who were there; 0: invited and nobody came; empty: not invited"),
        *((meeting.reference, f"{meeting.title}, {clock.show_date(meeting.starts_at)}") for meeting in meetings),
    )
    widths = (8, 6, *(2.5 for _ in meetings), 3)
    sheet = Sheet("Attendance over time", _over_time_columns(meetings), map(_coming_cells, rows), widths)
    write_ods(Workbook("Attendance over time", creator, at, facts, (sheet,)), out)


def _over_time_columns(meetings: Sequence[HeldRow]) -> Sequence[str]:
    return ("Organisation", "Sector", *(meeting.reference for meeting in meetings), "Meetings attended")


def _coming_cells(row: ComingRow) -> Sequence[Value]:
    return (row.name, row.sector, *row.people, row.meetings)


class Badge(NamedTuple):
    """`size`: large, middle or small, so that the longest of the name's words and the whole of it fit."""

    name: str
    organisation: str
    note: str
    size: str


def badge(row: TickRow) -> Badge:
    """What stands on the badge of this person, or of whoever their reply says comes instead."""
    comes_instead = (row.stand_in or "").partition(",")[0].strip() if row.answer is not Answer.YES else ""
    name = comes_instead or row.name
    note = f"For {row.name}" if comes_instead else (f"For {row.substitute_for}" if row.substitute_for else "")
    if row.is_observer:
        note = "Observer"
    return Badge(name, row.organisation, note, _size(name))


def _size(name: str) -> str:
    longest = max(map(len, name.split()), default=0)
    if len(name) <= 22 and longest <= 13:
        return "large"
    return "middle" if len(name) <= 44 and longest <= 19 else "small"
