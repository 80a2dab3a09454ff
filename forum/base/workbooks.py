"""Reads an uploaded workbook (ODS or XLSX) in a process of its own: `python -I workbooks.py LIMIT < file`.

A workbook of three kilobytes can claim seventeen thousand million cells or unfold to gigabytes, and the reader, fast as
it is, then takes its whole process down. So it gets a process with little memory and little time to lose, which imports
nothing of the Forum and writes one line of JSON: [[row number, [cell, …]], …]. It leaves with status 2 when the file
cannot be read, and with whatever the system gives it when the file was too much.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import datetime, time
from io import BytesIO
from typing import Any

MEMORY = 1024**3  # bytes
SECONDS = 20  # of processor time

Rows = list[tuple[int, list[str]]]


def read(data: bytes, limit: int) -> Rows:
    """The rows that hold anything, at most `limit`, of the sheet in sight whose first row names most columns.

    Gaps count against it: so the cover and notes that published workbooks begin with are passed over.
    """
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
        seen = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        sheets = [_rows(book.get_sheet_by_name(name), limit) for name in seen]
    return max(sheets, key=_columns_named, default=[])


def shown(cell: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO has them, without a time when there is none."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell.replace(microsecond=0)).isoformat().replace("T", " ")
    return str(cell)


def _columns_named(rows: Rows) -> int:
    return sum(1 if cell else -1 for cell in rows[0][1]) if rows else -sys.maxsize


def _rows(sheet: Any, limit: int) -> Rows:
    found: Rows = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if len(found) == limit:
            break
        if any(cell != "" for cell in cells):
            found.append((number, [shown(cell) for cell in cells]))
    return found


def main() -> int:
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        rows = read(data, int(sys.argv[1]))
    except Exception as reason:
        print(reason, file=sys.stderr)
        return 2
    json.dump(rows, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
