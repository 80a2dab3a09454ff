"""The files say what the summary says, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from forum.base.db import db, transaction
from forum.feedback.models import Attribution, FeedbackKind
from forum.reference.models import Marking
from forum.summaries import commands, exports, queries, rules
from forum.summaries.models import Summary
from forum.summaries.rules import Scope
from tests import builders
from tests.challenges.builders import challenge, thread

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TITLE = "=1+1 Drill, grime & “art” ŷ £10,000"


@pytest.fixture
def made(inside, cast) -> Summary:
    said = thread(cast.amina, title=TITLE, theme_ids=[builders.theme().id, builders.theme("exclusions").id])
    thread(cast.bryn, "First line.\n\nSecond line.", attribution=Attribution.UNATTRIBUTED, kind=FeedbackKind.QUESTION)
    thread(cast.bryn, marking=Marking.SENSITIVE)
    challenge(cast.sita, (said, "Nobody tells the family why."), title="Long waits <now>")
    with transaction():
        return commands.make(cast.olu, Scope(takes_sensitive=True), "What you said & why")


def paragraphs(data: bytes, part: str = "content.xml") -> list[str]:
    """Every paragraph and heading of an OpenDocument file, as text."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read(part))
    for space in root.iter(f"{TEXT}s"):
        space.text = " " * int(space.get(f"{TEXT}c", "1"))
    return ["".join(node.itertext()) for node in root.iter() if node.tag in {f"{TEXT}p", f"{TEXT}h"}]


def test_the_document_holds_everything_in_its_order(made):
    lines = paragraphs(exports.odt(made))
    headings = [
        "What you said & why", "OFFICIAL-SENSITIVE", "What this summary is of", "How it was made", "Who took part",
        "What it was about", "What was said", "Challenges", "Questions raised", "Next steps", "Annex: all contributions",
    ]  # fmt: skip
    places = [lines.index(heading) for heading in headings]
    assert places == sorted(places)
    for line in (f"Reference: SUM-{made.id}", "3 contributions", "“Nobody tells the family why.”", *made.says["scope"]):
        assert line in lines
    assert "CH-1 Long waits <now>" in lines
    assert TITLE in lines


def test_the_document_carries_its_marking_on_every_sheet(made):
    assert paragraphs(exports.odt(made), "styles.xml")[0] == "OFFICIAL-SENSITIVE"
    assert paragraphs(exports.odt(made), "styles.xml")[1].startswith("OFFICIAL-SENSITIVE")


def test_the_workbook_has_a_table_a_sheet_and_the_contributions_cell_for_cell(made):
    book = CalamineWorkbook.from_filelike(io.BytesIO(exports.ods(made)))
    assert book.sheet_names == [
        "Cover", "Contents", "By sector", "By region", "By police force area", "By kind", "By theme",
        "By how it reached us", "Quotes", "Challenges",
        "Contributions",
    ]  # fmt: skip
    contents = book.get_sheet_by_name("Contents").to_python()[1:]
    assert [(name, int(count)) for name, count in contents][-1] == ("Contributions", 3)
    head, *rows = book.get_sheet_by_name("Contributions").to_python()
    items = made.says["items"]
    assert head == items["columns"]
    place = head.index("Date")
    for row, item in zip(rows, items["rows"], strict=True):
        assert row[place] == date.fromisoformat(item[place])
        assert [cell for cell in row if cell != row[place]] == [cell for cell in item if cell != item[place]]
    assert "First line.\nSecond line." in [row[head.index("Text")] for row in rows]
    cover = {row[0]: row[1] for row in book.get_sheet_by_name("Cover").to_python() if row[0] != "Notes"}
    assert (cover["Marking"], cover["Reference"]) == ("OFFICIAL-SENSITIVE", made.reference)


def test_the_csv_is_guarded_for_people_and_plain_for_programs(made):
    guarded, plain = exports.csv(made), exports.csv(made, guard=False)
    assert guarded.startswith(b"\xef\xbb\xbf")
    assert not plain.startswith(b"\xef\xbb\xbf")
    for data, title in ((guarded, f"'{TITLE}"), (plain, TITLE)):
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert [row["Title"] for row in rows].count(title) == 1
        assert len(rows) == 3
        assert rows[0]["Themes"] == "Mental health; Schools, exclusion and alternative provision"


def test_the_json_is_sealed(made):
    whole = json.loads(exports.json(made))
    assert whole["content"] == made.content
    assert rules.seal(whole["content"]) == whole["seal"] == made.seal


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_a_file_is_the_same_whenever_it_is_taken(made, cast, kind):
    first = exports.FORMATS[kind][1](made)
    thread(cast.amina)
    db.session.expire_all()
    assert exports.FORMATS[kind][1](queries.get(cast.olu, made.id)) == first


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_no_file_names_the_unattributed(made, kind):
    data = exports.FORMATS[kind][1](made)
    if kind in {"odt", "ods"}:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    content = data.decode("utf-8")
    assert "Question" in content or "A Forum member" in content
    unattributed = [row for row in made.says["items"]["rows"] if row[8] == "A Forum member"]
    assert [row[5:8] for row in unattributed] == [["Not told", "Not told", "Not known"]]
    named_for_something_else = content.replace("Bryn Heron, Canopy Youth Trust", "")  # their other, named contribution
    assert not re.search(r"Bryn|Heron", named_for_something_else)


def test_a_table_left_out_says_so_in_the_document(inside, cast):
    thread(cast.amina)
    with transaction():
        made = commands.make(cast.olu, Scope(), is_for_publication=True)
    lines = paragraphs(exports.odt(made))
    assert any(line.startswith("By sector. Left out") for line in lines)
    assert "Police force" not in lines
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(exports.ods(made))).sheet_names) == 10
