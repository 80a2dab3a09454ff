"""Tables for people and programs: CSV and OpenDocument spreadsheets, written as their rows come.

Both say what the rows say: a text stays text, in particular one that begins like a formula. In ODS a cell has a type,
so nothing need be done; CSV has none, so a text that a spreadsheet program would run gets an apostrophe in front, and
a second file without it is written for programs.

Our own ODS writer, on the standard library: the stream-write-ods package knows no metadata, no styles, no column
widths and no line breaks inside a cell, all of which a published spreadsheet needs.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO

from forum.base import clock
from forum.base.opendocument import (
    FONT_FACES,
    NAMESPACES,
    PARTS,
    add_part,
    attribute,
    font,
    legible,
    meta,
    package,
    spaced,
)

Value = str | int | float | bool | date | datetime | None
Row = Sequence[Value]

SHEET_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
LONGEST_SHEET_NAME = 31
COLUMN_WIDTH = 5.0  # centimetres
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Row], out: IO[bytes], guard: bool = True) -> None:
    """CSV after RFC 4180 in UTF-8, with ISO dates.

    With `guard`, for people: a byte order mark, so that Excel reads accents, and an apostrophe before a text that would
    be run as a formula. Without it, for programs: no mark, every text as it is.
    """
    if guard:
        out.write(codecs.BOM_UTF8)
    writer = csv.writer(codecs.getwriter("utf-8")(out), lineterminator="\r\n")
    show = _guarded if guard else _shown
    writer.writerow([show(column) for column in columns])
    for row in rows:
        writer.writerow([show(value) for value in row])


@dataclass(frozen=True)
class Sheet:
    """One table: column names in the first row, its rows under it, from A1. `widths` are in centimetres."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Row]
    widths: Sequence[float] = ()


@dataclass(frozen=True)
class Workbook:
    """What the file is: a cover sheet with the title and facts about it (label, words), and then its tables."""

    title: str
    creator: str
    made_at: datetime
    facts: Sequence[tuple[str, str]] = ()
    sheets: Sequence[Sheet] = field(default_factory=tuple)
    language: str = "en-GB"


def write_ods(workbook: Workbook, out: IO[bytes]) -> None:
    """An OpenDocument spreadsheet (ODF 1.3). Equal workbooks give equal bytes; rows are never held all at once."""
    names = ["Cover", *(sheet_name(sheet.name) for sheet in workbook.sheets)]
    if len({name.lower() for name in names}) < len(names):
        raise ValueError(f"Sheets need names of their own: {', '.join(names)}.")
    with package(out, SHEET_TYPE, (*PARTS, "settings.xml")) as archive:
        add_part(archive, "content.xml", _content(workbook, names))
        add_part(archive, "styles.xml", [_styles(workbook.language)])
        add_part(archive, "meta.xml", [meta(workbook.title, workbook.creator, workbook.made_at, workbook.language)])
        add_part(archive, "settings.xml", [_settings(names[1:])])


def sheet_name(name: str) -> str:
    """A name every spreadsheet program takes: no []*?:/\\ or edge apostrophes, at most 31 characters."""
    kept = " ".join(re.sub(r"[\[\]*?:/\\]", " ", legible(name)).split())[:LONGEST_SHEET_NAME].strip(" '")
    return kept or "Sheet"


def _shown(value: Value) -> str:
    """A value as CSV says it. Moments are London's, with their distance from UTC."""
    match value:
        case str():
            return legible(value)
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return clock.london(value).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case int() | float():
            return str(value)
    raise TypeError(f"A cell cannot hold {value!r}.")


def _guarded(value: Value) -> str:
    shown = _shown(value)
    return f"'{shown}" if isinstance(value, str) and shown.startswith(FORMULA_STARTS) else shown


def _content(workbook: Workbook, names: list[str]) -> Iterator[str]:
    yield f'<office:document-content {NAMESPACES} office:version="1.3">{FONT_FACES}<office:automatic-styles>'
    widths = [[4.5, 12.0], *(_widths(sheet) for sheet in workbook.sheets)]
    for place, centimetres in enumerate(widths):
        yield from (_column_style(f"S{place}C{column}", width) for column, width in enumerate(centimetres))
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    yield _start(names[0], 0, len(widths[0]))
    yield f"<table:table-row>{_text(workbook.title, 'Heading')}</table:table-row>"
    yield from (f"<table:table-row>{_text(label)}{_text(words)}</table:table-row>" for label, words in workbook.facts)
    yield "</table:table>"
    for number, sheet in enumerate(workbook.sheets, 1):
        yield _start(names[number], number, len(sheet.columns))
        head = "".join(_text(column, "Head") for column in sheet.columns)
        yield f"<table:table-header-rows><table:table-row>{head}</table:table-row></table:table-header-rows>"
        for row in sheet.rows:
            yield f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"
        yield "</table:table>"
    yield "</office:spreadsheet></office:body></office:document-content>"


def _start(name: str, sheet: int, columns: int) -> str:
    styles = "".join(f'<table:table-column table:style-name="S{sheet}C{i}"/>' for i in range(columns))
    return f"<table:table table:name={attribute(name)}>{styles}"


def _widths(sheet: Sheet) -> Sequence[float]:
    return sheet.widths or [COLUMN_WIDTH] * len(sheet.columns)


def _column_style(name: str, width: float) -> str:
    return (
        f'<style:style style:name="{name}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width:.2f}cm"/></style:style>'
    )


def _cell(value: Value) -> str:
    match value:
        case str():
            return _text(value)
        case None:
            return "<table:table-cell/>"
        case bool():
            return _text(_shown(value))
        case datetime():
            moment = clock.london(value).strftime("%Y-%m-%dT%H:%M:%S")
            return (
                f'<table:table-cell table:style-name="Moment" office:value-type="date" office:date-value="{moment}"/>'
            )
        case date():
            return f'<table:table-cell table:style-name="Date" office:value-type="date" office:date-value="{value}"/>'
        case int() | float():
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    raise TypeError(f"A cell cannot hold {value!r}.")


def _text(value: str, style: str = "") -> str:
    """A text cell; each line is a paragraph, as spreadsheet programs write them."""
    named = f' table:style-name="{style}"' if style else ""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    paragraphs = "".join(f"<text:p>{spaced(line)}</text:p>" for line in lines)
    return f'<table:table-cell{named} office:value-type="string">{paragraphs}</table:table-cell>'


def _styles(language: str) -> str:
    day = '<number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/>'
    day += '<number:text>-</number:text><number:day number:style="long"/>'
    clock_time = '<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>'
    clock_time += '<number:minutes number:style="long"/>'
    return (
        f'<office:document-styles {NAMESPACES} office:version="1.3">{FONT_FACES}<office:styles>'
        f'<number:date-style style:name="day">{day}</number:date-style>'
        f'<number:date-style style:name="moment">{day}{clock_time}</number:date-style>'
        f'<style:default-style style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"'
        f' style:vertical-align="top"/><style:text-properties {font(12, language)}/></style:default-style>'
        '<style:style style:name="Default" style:family="table-cell"/>'
        '<style:style style:name="Heading" style:family="table-cell" style:parent-style-name="Default">'
        '<style:table-cell-properties fo:wrap-option="no-wrap"/>'
        '<style:text-properties fo:font-size="16pt" fo:font-weight="bold"/></style:style>'
        '<style:style style:name="Head" style:family="table-cell" style:parent-style-name="Default">'
        '<style:table-cell-properties fo:background-color="#f3f2f1"/>'
        '<style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="Date" style:family="table-cell" style:parent-style-name="Default"'
        ' style:data-style-name="day"/>'
        '<style:style style:name="Moment" style:family="table-cell" style:parent-style-name="Default"'
        ' style:data-style-name="moment"/>'
        "</office:styles></office:document-styles>"
    )


def _settings(tables: Sequence[str]) -> str:
    """The row of column names stays in sight while the rest is scrolled."""
    frozen = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2),
            ("VerticalSplitPosition", "int", 1),
            ("ActiveSplitRange", "short", 2),
            ("PositionBottom", "int", 1),
        )
    )
    entries = "".join(
        f"<config:config-item-map-entry config:name={attribute(name)}>{frozen}</config:config-item-map-entry>"
        for name in tables
    )
    views = 'xmlns:ooo="http://openoffice.org/2004/office"'  # the name below is looked up in it
    return (
        f'<office:document-settings {NAMESPACES} {views} office:version="1.3"><office:settings>'
        '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views">'
        '<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1'
        '</config:config-item><config:config-item-map-named config:name="Tables">'
        f"{entries}</config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )
