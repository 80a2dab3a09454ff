"""A summary as files: a document to edit, tables to reckon with, data for programs. Equal summaries give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from forum.base import clock, opendocument, spreadsheets
from forum.base.opendocument import Block, Bullets, Document, Heading, Paragraph, Quote, Strong, Title
from forum.base.spreadsheets import Row, Sheet, Workbook, write_csv, write_ods
from forum.summaries import rules
from forum.summaries.models import ChallengePart, Content, Summary, Table, ThemePart

WIDE = {"Title": 7.0, "Text": 14.0, "Themes": 7.0, "Response": 10.0, "Sector": 7.0, "Attribution": 7.0, "Words": 14.0}
CHALLENGE_COLUMNS = ("Reference", "Title", "Status", "Rating", "Owner", "Response", "Response due", "Contributions")


def odt(summary: Summary) -> bytes:
    """The whole summary as an OpenDocument text."""
    says = summary.says
    blocks = [Title(summary.title), *_about(summary, says), *_who(says), *_said(says), *_annex(says)]
    return opendocument.write(Document(summary.title, says["made_by"], summary.made_at, blocks, summary.marking))


def ods(summary: Summary) -> bytes:
    """Every table as a sheet of its own, with a cover and a list of contents."""
    says = summary.says
    sheets = [*_figure_sheets(says), _quote_sheet(says), _challenge_sheet(says), _item_sheet(says)]
    contents = Sheet(
        "Contents", ["Sheet", "Rows"], [[sheet.name, len(list(sheet.rows))] for sheet in sheets], [9.0, 3.0]
    )
    workbook = Workbook(
        summary.title,
        says["made_by"],
        summary.made_at,
        [
            ("Marking", summary.marking),
            *_facts(summary),
            *(("Notes", line) for line in [*says["scope"], says["took_part"], *says["method"]]),
        ],
        [contents, *sheets],
    )
    out = io.BytesIO()
    write_ods(workbook, out)
    return out.getvalue()


def csv(summary: Summary, guard: bool = True) -> bytes:
    """The contributions. With `guard`, to be opened in a spreadsheet program; without, for other programs."""
    items, out = summary.says["items"], io.BytesIO()
    write_csv(items["columns"], items["rows"], out, guard)
    return out.getvalue()


def json(summary: Summary) -> bytes:
    """All the summary says, for programs; `seal` is the SHA-256 of `content` as it is written there by itself."""
    whole = {"reference": summary.reference, "title": summary.title, "marking": summary.marking, "seal": summary.seal}
    return rules.written({**whole, "made_at": summary.made_at.isoformat(), "content": summary.content}).encode()


FORMATS: dict[str, tuple[str, Callable[[Summary], bytes]]] = {
    "odt": (opendocument.TEXT_TYPE, odt),
    "ods": (spreadsheets.SHEET_TYPE, ods),
    "csv": ("text/csv; charset=utf-8", csv),
    "json": ("application/json", json),
}


def shown_day(day: str) -> str:
    """A day as people read it; the content has it as programs do, such as 2016-11-15."""
    return clock.show_date(date.fromisoformat(day))


def _facts(summary: Summary) -> list[tuple[str, str]]:
    said = [(term, words) for term, words in summary.says["about"]]
    return [("Reference", summary.reference), *said, ("Seal (SHA-256)", summary.seal)]


# --- the document ----------------------------------------------------------------------------------------------------


def _about(summary: Summary, says: Content) -> Iterator[Block]:
    yield Paragraph([Strong(summary.marking)])
    yield from (Paragraph([Strong(f"{term}: "), words]) for term, words in _facts(summary))
    yield Bullets(
        [f"{count:,} {words}" if isinstance(count, int) else f"{count} {words}" for count, words in says["figures"]]
    )
    yield Heading("What this summary is of")
    yield Bullets(says["scope"])
    yield Heading("How it was made")
    yield Bullets(says["method"])


def _who(says: Content) -> Iterator[Block]:
    yield Heading("Who took part")
    yield Paragraph(says["took_part"])
    for table in says["who"]:
        yield from _table(table)
    yield Heading("What it was about")
    for table in says["what"]:
        yield from _table(table)


def _table(table: Table) -> Iterator[Block]:
    """A table with its note under it; a table that had to be left out is its note alone."""
    if table["rows"]:
        widths = [2.2] + [1.0] * (len(table["columns"]) - 1)
        yield opendocument.Table(table["columns"], table["rows"], widths, table["title"])
    if table["note"]:
        yield Paragraph(table["note"] if table["rows"] else [Strong(f"{table['title']}. "), table["note"]])


def _said(says: Content) -> Iterator[Block]:
    yield Heading("What was said")
    for theme in says["themes"]:
        yield from _theme(theme)
    yield Heading("Challenges")
    yield from _challenges(says)
    yield Heading("Questions raised")
    asked = [f"{one['reference']} {one['title']} ({one['by']})" for one in says["questions"]]
    yield Bullets(asked) if asked else Paragraph("No contribution is a question.")
    yield Heading("Next steps")
    yield Bullets(says["next_steps"]) if says["next_steps"] else Paragraph("No response is owed.")


def _theme(theme: ThemePart) -> Iterator[Block]:
    yield Heading(theme["title"], 2)
    yield Paragraph(theme["sentence"])
    if theme["sectors"]:
        yield from _table({**theme["sectors"], "note": ""})
    yield from (Quote(f"“{one['words']}”", f"{one['by']} ({one['reference']})") for one in theme["quotes"])
    if theme["challenges"]:
        yield Paragraph(f"Challenges: {', '.join(theme['challenges'])}.")


def _challenges(says: Content) -> Iterator[Block]:
    if not says["challenges"]:
        yield Paragraph("None of these contributions has become part of a challenge.")
        return
    columns = ("Challenge", "Status and owner", "Response", "Response due")
    rows = [
        (f"{one['reference']} {one['title']}", f"{one['status']}. {one['owner']}", one["response"], one["due"])
        for one in says["challenges"]
    ]
    yield opendocument.Table(columns, rows, (3, 2.5, 4, 2))


def _annex(says: Content) -> Iterator[Block]:
    columns = ("Reference", "Date", "Title", "Challenges")
    places = [says["items"]["columns"].index(column) for column in columns]
    yield Heading("Annex: all contributions")
    rows = [[row[place] for place in places] for row in says["items"]["rows"]]
    yield opendocument.Table(columns, [[row[0], shown_day(str(row[1])), *row[2:]] for row in rows], (2, 3, 7.2, 3))


# --- the sheets ------------------------------------------------------------------------------------------------------


def _figure_sheets(says: Content) -> list[Sheet]:
    return [_sheet(table["title"], table["columns"], table["rows"]) for table in says["who"] + says["what"]]


def _quote_sheet(says: Content) -> Sheet:
    rows = [
        [theme["title"], one["words"], one["by"], one["reference"]]
        for theme in says["themes"]
        for one in theme["quotes"]
    ]
    return _sheet("Quotes", ["Theme", "Words", "Attribution", "Reference"], rows)


def _challenge_sheet(says: Content) -> Sheet:
    return _sheet("Challenges", CHALLENGE_COLUMNS, [_challenge_row(one) for one in says["challenges"]])


def _challenge_row(one: ChallengePart) -> Row:
    about = one["reference"], one["title"], one["status"], one["rating"], one["owner"], one["response"], one["due"]
    return (*about, ", ".join(one["sources"]))


def _item_sheet(says: Content) -> Sheet:
    items = says["items"]
    dated = items["columns"].index("Date")
    rows = [[*row[:dated], date.fromisoformat(str(row[dated])), *row[dated + 1 :]] for row in items["rows"]]
    return _sheet(items["title"], items["columns"], rows)


def _sheet(name: str, columns: Sequence[str], rows: Sequence[Row]) -> Sheet:
    widths = [WIDE.get(column, 9.0 if place == 0 and len(columns) < 5 else 4.0) for place, column in enumerate(columns)]
    return Sheet(name, columns, rows, widths)
