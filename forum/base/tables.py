"""Uploaded tables: CSV as programs and people really write it, ODS and XLSX, all read into the same shape.

Nothing is lost without a word: cells past the last column name get a column of their own and are remarked on.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from forum.base import files
from forum.base.errors import Rejected

MOST_ROWS = 10_000
MOST_COLUMNS = 300
LONGEST_CELL = 131_072  # characters: what the csv module takes
PATIENCE = 60  # seconds for a workbook, on a busy machine

_DELIMITERS = ",;\t"
_SAMPLE = 20  # rows looked at to tell the delimiter
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Rows = list[tuple[int, list[str]]]


class Remark(NamedTuple):
    """Something to tell whoever uploaded the table, about the row of this number."""

    row: int
    message: str


@dataclass(frozen=True)
class Table:
    """`rows` maps column names to trimmed text; `numbers[i]` is what a spreadsheet program calls row i (the first row of
    a file is 1). Blank rows are left out. `remarks` are about rows that have more or fewer cells than there are names.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    numbers: list[int]
    remarks: list[Remark]


def read_table(data: bytes, name: str, limit: int = MOST_ROWS) -> Table:
    """The table in an uploaded file; `name` is what it is called in messages.

    Raises Rejected, saying what to do, for what is no CSV, ODS or XLSX, has no row of column names, no rows under it, or
    more than `limit`.
    """
    name = files.clean_name(name)
    kind = files.kind_of(data, name)
    if kind in (files.ODS, files.XLSX):
        rows = _read_workbook(data, name, limit + 2)
    elif kind in (files.CSV, files.TEXT):
        rows = _read_csv(data, name, limit + 2)
    elif kind == files.UNKNOWN and name.lower().endswith((".csv", ".tsv", ".txt")):
        raise Rejected(
            f"{name} holds characters that are not text, such as NUL. Open it in a spreadsheet program, check it, and "
            "save it as CSV in UTF-8."
        )
    else:
        raise files.refusal(name, kind, (files.CSV, files.ODS, files.XLSX))
    rows = _narrowed(rows)
    if not rows:
        raise Rejected(f"{name} is empty. Choose a file with column names in the first row and rows under it.")
    if len(rows) > limit + 1:
        raise Rejected(f"{name} has more than {limit:,} rows. Split it into files of at most {limit:,} rows.")
    return _table(rows, name)


def _table(rows: Rows, name: str) -> Table:
    (_, head), *rest = rows
    _check_head(head, name)
    width = max(len(cells) for _, cells in rows)
    if width > MOST_COLUMNS:
        raise Rejected(f"{name} has {width:,} columns. Keep the columns you need, at most {MOST_COLUMNS}.")
    if not rest:
        raise Rejected(f"{name} has column names but no rows under them. Add the rows and upload it again.")
    columns = _names(head + [""] * (width - len(head)))
    return Table(
        columns,
        [dict(zip(columns, cells + [""] * (width - len(cells)), strict=True)) for _, cells in rest],
        [number for number, _ in rest],
        [Remark(number, _ragged(len(cells), len(head))) for number, cells in rest if len(cells) != len(head)],
    )


def _check_head(head: list[str], name: str) -> None:
    mailbox = next((cell for cell in head if _MAILBOX.fullmatch(cell)), None)
    if mailbox:
        raise Rejected(
            f"The first row of {name} must name the columns, but it holds the email address {mailbox[:100]}. "
            "Add a row of column names above it."
        )


def _names(head: list[str]) -> list[str]:
    """Every column gets a name of its own: "Email", "Email (2)", and "Column 3" where there was none."""
    names: list[str] = []
    for place, said in enumerate(head, 1):
        wanted = name = " ".join(said.split()) or f"Column {place}"
        count = 1
        while name in names:
            count += 1
            name = f"{wanted} ({count})"
        names.append(name)
    return names


def _ragged(cells: int, columns: int) -> str:
    if cells < columns:
        return f"This row has {cells} cells for {columns} columns. The missing cells were read as empty."
    return f"This row has {cells} cells for {columns} columns. The extra cells were read into columns without a name."


def _read_csv(data: bytes, name: str, most: int) -> Rows:
    """The rows that hold anything. csv counts a quoted cell of several lines as one row, as spreadsheet programs do."""
    text = files.decode(data) or ""
    delimiter = _delimiter(text)
    try:
        return _records(text, delimiter, most, strict=True)
    except csv.Error as fault:
        if "unexpected end of data" in str(fault):
            raise Rejected(
                f'{name} has a quotation mark (") that is opened and never closed. Close it and upload the file again.'
            ) from None
    try:
        return _records(text, delimiter, most, strict=False)
    except csv.Error:
        raise Rejected(
            f"{name} has a cell of more than {LONGEST_CELL:,} characters. Shorten it, or look for a quotation mark that "
            "is never closed."
        ) from None


def _records(text: str, delimiter: str, most: int, *, strict: bool) -> Rows:
    rows: Rows = []
    for number, cells in enumerate(csv.reader(io.StringIO(text, ""), delimiter=delimiter, strict=strict), 1):
        if len(rows) == most:
            break
        if trimmed := _trimmed(cells):
            rows.append((number, trimmed))
    return rows


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Cells without spaces around them or control characters in them; [] for a blank row."""
    trimmed = [_CONTROLS.sub("", cell.replace("\r\n", "\n").replace("\r", "\n")).strip() for cell in cells]
    return trimmed if any(trimmed) else []


def _delimiter(text: str) -> str:
    """The delimiter with which most of the first rows are as wide as the first, and then the one that makes more columns."""

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(cells) for _, cells in _records(text, delimiter, _SAMPLE, strict=False)]
        except csv.Error:
            return 0, 0
        return (sum(width == widths[0] for width in widths), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(_DELIMITERS, key=fit)  # the comma when none fits: a single column


def _read_workbook(data: bytes, name: str, most: int) -> Rows:
    reader = [sys.executable, "-I", str(Path(__file__).with_name("workbooks.py")), str(most)]
    try:
        done = subprocess.run(reader, input=data, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode not in (0, 2):
        raise Rejected(f"{name} unfolds to more than this service can read. Keep one sheet, and save it as CSV.")
    if done.returncode == 2:
        raise Rejected(f"{name} cannot be read: it is damaged or has a password. Save it again, without one, as ODS.")
    rows = [(number, _trimmed(cells)) for number, cells in json.loads(done.stdout)]
    return [(number, cells) for number, cells in rows if cells]


def _narrowed(rows: Rows) -> Rows:
    """Columns empty from the first row to the last, which spreadsheets leave behind, are no part of the table."""
    width = max((place for _, cells in rows for place, cell in enumerate(cells, 1) if cell), default=0)
    return [(number, cells[:width]) for number, cells in rows]
