"""The challenges log as a file, with the columns officials keep such logs in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import IO

from forum.base.spreadsheets import Sheet, Workbook, write_csv, write_ods
from forum.challenges.queries import ExportRow
from forum.challenges.rules import highest
from forum.reference.models import Marking

COLUMNS = (
    "Ref",
    "Title",
    "Description",
    "Priority",
    "Themes",
    "Category",
    "Source",
    "Same here (organisations)",
    "Date raised",
    "Raised by (sector and area)",
    "Prevalence (1 to 5)",
    "Impact (1 to 5)",
    "Rating",
    "Owner",
    "Response",
    "Status",
    "Response due",
    "Progress",
    "Closed on",
    "Closed because",
    "History",
    "Marking",
)
WIDTHS = (2, 7, 9, 6, 5, 3, 3, 3, 3, 6, 3, 3, 2.5, 5, 9, 4, 3, 9, 3, 6, 9, 4)  # centimetres


def as_csv(rows: Sequence[ExportRow], out: IO[bytes]) -> None:
    """One line a challenge."""
    write_csv(COLUMNS, rows, out)


def as_ods(rows: Sequence[ExportRow], out: IO[bytes], creator: str, at: datetime, narrowed: str) -> None:
    """One row a challenge; the cover says what part of the log it is and carries the highest marking inside."""
    facts = (
        ("Marking", highest([Marking(row.marking) for row in rows]).value),
        ("Which challenges", narrowed),
        ("Challenges", str(len(rows))),
        ("Rating", "Prevalence times impact: 20 and over red, 12 to 19 amber, else green"),
        ("Same here", "Organisations that say so too of a thread that is quoted; each counts once in a challenge"),
        ("Raised by", "Sector and area of those who said it; left out where they asked not to be attributed"),
    )
    write_ods(Workbook("Challenges log", creator, at, facts, (Sheet("Challenges", COLUMNS, rows, WIDTHS),)), out)
