"""The library of good practice as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO

from forum.base import clock
from forum.base.spreadsheets import Sheet, Value, Workbook, write_csv, write_ods
from forum.feedback.queries.library import PracticeRow
from forum.reference.models import Marking

COLUMNS = (
    "Reference", "Date", "Title", "What works", "Themes", "Police force area", "Region", "Same here (organisations)", "Replies",
    "Who to ask", "Marking",
)  # fmt: skip
WIDTHS = (2.5, 3, 7, 14, 6, 5, 4, 3, 2.5, 7, 4)  # centimetres


def practices_as_csv(rows: Iterable[PracticeRow], out: IO[bytes]) -> None:
    """One line a practice."""
    write_csv(COLUMNS, map(_cells, rows), out)


def practices_as_ods(rows: Sequence[PracticeRow], out: IO[bytes], creator: str, at: datetime, narrowed: str) -> None:
    facts = (("Marking", highest(rows).value), ("Which", narrowed), ("How many", f"{len(rows):,}"))
    write_ods(
        Workbook("Good practice", creator, at, facts, (Sheet("Good practice", COLUMNS, map(_cells, rows), WIDTHS),)),
        out,
    )


def highest(rows: Iterable[PracticeRow]) -> Marking:
    """The highest marking inside."""
    return Marking.SENSITIVE if any(row.marking is Marking.SENSITIVE for row in rows) else Marking.OFFICIAL


def _cells(row: PracticeRow) -> Sequence[Value]:
    on = clock.london(row.posted_at).date()
    return (
        row.reference, on, row.title, row.words, "; ".join(row.themes), row.area, row.region, row.support_count,
        row.reply_count, row.author, row.marking.value,
    )  # fmt: skip
