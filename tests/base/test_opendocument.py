"""Documents open in any office program, look the same everywhere, and are the same bytes for the same words."""

from __future__ import annotations

import io
import re
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.opendocument import (
    Block,
    Bullets,
    Document,
    Heading,
    Link,
    Paragraph,
    Quote,
    Strong,
    Table,
    Title,
    paragraphs,
    write,
)

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"

EVERY_BLOCK: list[Block] = [
    Title("Summary"),
    Heading("What was said"),
    Heading("In London", 2),
    Paragraph(["See ", Strong("A-12"), " at ", Link("the Forum", 'https://f.example/?a=1&b="2"')]),
    Bullets(["one", [Strong("two")]]),
    Quote("We wait.\nNobody rings.", "Youth offending team"),
    Table(["Sector", "Members"], [["Police", 1234], ["Health & care", 7]], [3, 1], "Table 1: who took part"),
    Table(["Ref"], [], [1]),
]


def document(*blocks: Block, **more: str) -> Document:
    return Document("Summary <1>", "Secretariat & co", datetime(2016, 7, 15, 9, 30, tzinfo=UTC), blocks, **more)


def part(odt: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(odt)) as archive:
        return ElementTree.fromstring(archive.read(name))


def body(*blocks: Block) -> ElementTree.Element:
    found = part(write(document(*blocks)), "content.xml").find(f"{OFFICE}body/{OFFICE}text")
    assert found is not None
    return found


def test_the_archive_begins_with_its_type_and_lists_its_parts() -> None:
    data = write(document(*EVERY_BLOCK))
    assert data[30:38] == b"mimetype"
    assert data[38:].startswith(b"application/vnd.oasis.opendocument.textPK")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = set(re.findall(r'full-path="([^"/]+)"', archive.read("META-INF/manifest.xml").decode()))
        assert listed == set(archive.namelist()) - {"mimetype", "META-INF/manifest.xml"}
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_equal_documents_give_equal_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(document(*EVERY_BLOCK))
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("sys.platform", "win32")
    assert write(document(*EVERY_BLOCK)) == first
    assert write(replace(document(*EVERY_BLOCK), title="Other")) != first


def test_it_says_what_it_is_who_made_it_and_when() -> None:
    said = {one.tag.split("}")[1]: one.text for one in part(write(document()), "meta.xml").iter()}
    assert said["title"] == "Summary <1>"
    assert said["creator"] == said["initial-creator"] == "Secretariat & co"
    assert said["date"] == said["creation-date"] == "2016-07-15T10:30:00"
    assert said["language"] == "en-GB"


def test_head_and_foot_carry_the_marking_in_capitals_and_the_page() -> None:
    styles = part(write(document(marking="Official-Sensitive")), "styles.xml")
    head, foot = (next(styles.iter(f"{STYLE}{where}")) for where in ("header", "footer"))
    assert "".join(head.itertext()) == "OFFICIAL-SENSITIVE"
    assert "".join(foot.itertext()) == "OFFICIAL-SENSITIVEPage 1 of 1"
    assert foot.find(f".//{TEXT}page-number") is not None
    assert foot.find(f".//{TEXT}page-count") is not None


def test_text_is_arial_12_in_the_language_of_the_document() -> None:
    default = next(part(write(document(language="cy-GB")), "styles.xml").iter(f"{STYLE}default-style"))
    said = next(default.iter(f"{STYLE}text-properties")).attrib
    assert said[f"{STYLE}font-name"] == "Arial"
    assert said[f"{FO}font-size"] == "12pt"
    assert (said[f"{FO}language"], said[f"{FO}country"]) == ("cy", "GB")


def test_looks_come_from_styles_that_exist() -> None:
    data = write(document(*EVERY_BLOCK, Heading("3", 3), Heading("4", 4)))
    content, styles = part(data, "content.xml"), part(data, "styles.xml")
    named = {one.get(f"{STYLE}name") for tree in (content, styles) for one in tree.iter()}
    used = {
        value
        for tree in (content, styles)
        for one in tree.iter()
        for key, value in one.items()
        if key.endswith("style-name")
    }
    assert used <= named
    automatic = content.find(f"{OFFICE}automatic-styles")
    assert automatic is not None
    assert {one.get(f"{STYLE}family") for one in automatic} <= {"table", "table-row", "table-column", "table-cell"}


def test_headings_have_levels_and_lists_are_lists() -> None:
    text = body(*EVERY_BLOCK)
    assert [(one.text, one.get(f"{TEXT}outline-level")) for one in text.iter(f"{TEXT}h")] == [
        ("What was said", "1"),
        ("In London", "2"),
    ]
    assert ["".join(one.itertext()) for one in text.iter(f"{TEXT}list-item")] == ["one", "two"]
    assert body(Bullets([])).find(f"{TEXT}list") is None


def test_a_table_has_a_head_declared_widths_and_figures_to_the_right() -> None:
    data = write(document(*EVERY_BLOCK))
    content = part(data, "content.xml")
    table = next(content.iter(f"{TABLE}table"))
    head = table.find(f"{TABLE}table-header-rows")
    assert head is not None
    assert ["".join(cell.itertext()) for cell in head.iter(f"{TABLE}table-cell")] == ["Sector", "Members"]
    assert [["".join(cell.itertext()) for cell in row] for row in table.findall(f"{TABLE}table-row")] == [
        ["Police", "1,234"],
        ["Health & care", "7"],
    ]
    assert re.findall(r'column-width="([^"]+)"', ElementTree.tostring(content, "unicode")) == [
        "12.75cm",
        "4.25cm",
        "17.00cm",
    ]
    assert sum(1 for one in content.iter(f"{TEXT}p") if one.get(f"{TEXT}style-name") == "Table_20_figures") == 2


def test_a_table_that_does_not_fit_its_columns_is_a_mistake() -> None:
    for rows, widths in (([["a"]], [1, 1]), ([["a", "b"]], [1])):
        with pytest.raises(ValueError, match="a width and a cell"):
            Table(["x", "y"], rows, widths)


def test_spaces_tabs_and_lines_are_kept() -> None:
    shown = body(Paragraph("  a  b\tc\r\nd "))[0]
    assert [one.tag.removeprefix(TEXT) for one in shown] == ["s", "s", "tab", "line-break", "s"]
    assert shown[0].get(f"{TEXT}c") == "2"


def test_plain_text_becomes_paragraphs() -> None:
    assert paragraphs("\none\nmore\n\n \ntwo\n") == [Paragraph("one\nmore"), Paragraph("two")]
    assert paragraphs(" \n") == []


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_breaks_a_document(text: str) -> None:
    blocks = (
        Title(text),
        Heading(text),
        Paragraph([Strong(text), Link(text, text)]),
        Quote(text, text),
        Bullets([text]),
    )
    data = write(
        Document(text, text, datetime(2016, 1, 1, tzinfo=UTC), (*blocks, Table([text], [[text]], [1], text)), text)
    )
    for name in ("content.xml", "styles.xml", "meta.xml"):
        part(data, name)
