"""Who is heard less than others, as files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO

from forum.base.spreadsheets import Sheet, Value, Workbook, write_csv, write_ods
from forum.summaries.queries.heard import ContactRow, Heard
from forum.summaries.rules.heard import Row

COLUMNS = (
    "Kind", "Sector or area", "Members", "Posts", "Posts at the Forum’s rate", "Same here", "Same here at the Forum’s rate",
    "Places at meetings offered", "Places taken", "Places taken at the Forum’s rate", "In words",
)  # fmt: skip
WIDTHS = (3, 7, 2.5, 2.5, 4, 2.5, 4, 4, 3, 4, 7)  # centimetres


def as_csv(found: Heard, out: IO[bytes]) -> None:
    """One line a sector, then one an area."""
    write_csv(COLUMNS, [*_rows("Sector", found.sectors), *_rows("Police force area", found.forces)], out)


def as_ods(found: Heard, out: IO[bytes], creator: str, at: datetime, period: str) -> None:
    facts = (
        ("Period", period),
        ("Members", f"{found.members:,}"),
        ("Posts", f"{found.posts:,}, of which {found.unnamed:,} carry no name or no sector and are in no row, so that nobody is found by them"),
        ("Posts in no area", f"{found.untold:,} name an organisation by its sector and region alone"),
        ("Same here", f"{found.support:,}"),
        ("Places at meetings", f"{found.asked:,} offered, {found.came:,} taken"),
    )  # fmt: skip
    sheets = (
        Sheet("Sectors", COLUMNS[1:], (row[1:] for row in _rows("", found.sectors)), WIDTHS[1:]),
        Sheet("Areas", COLUMNS[1:], (row[1:] for row in _rows("", found.forces)), WIDTHS[1:]),
    )
    write_ods(Workbook("Who is heard less", creator, at, facts, sheets), out)


def contacts_as_csv(rows: Iterable[ContactRow], out: IO[bytes]) -> None:
    """Whom to write to: one line an organisation."""
    write_csv(
        ("Organisation", "Email address", "Members"), ((row.name, row.contact_email, row.members) for row in rows), out
    )


def _rows(kind: str, rows: Iterable[Row]) -> Iterable[list[Value]]:
    for row in rows:
        figures = (row.posts, row.support)
        counted = [value for figure in figures for value in (figure.number, round(figure.expected, 1))]
        came: list[Value] = [row.asked, row.came.number, round(row.came.expected, 1)]
        yield [kind, row.title, row.members, *counted, *came, row.in_words]
