"""The directory as a file, and the sample to start from."""

from __future__ import annotations

import csv
import io
import zipfile

from forum.base.tables import read_table
from forum.members import exports, queries
from forum.members.commands.columns import FIELDS, guess
from forum.members.commands.planning import Outcome, plan
from tests import builders
from tests.builders import moment


def test_the_list_survives_csv_and_runs_no_formula(inside, cast):
    builders.member("=cmd()", organisation=builders.organisation('Comma, "quote"\nand line'))
    out = io.BytesIO()
    exports.as_csv(queries.everybody(cast.sita), out)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), "")))
    assert rows[0] == list(exports.COLUMNS)
    assert rows[1][0] == "'=cmd()"
    assert rows[1][3] == 'Comma, "quote"\nand line'
    assert len(rows) == 7


def test_the_spreadsheet_says_what_it_was_narrowed_to(inside, cast):
    out = io.BytesIO()
    exports.as_ods(queries.everybody(cast.sita), out, "Members", "EGVE Forum", moment(2016, 11, 15), "Sector: Police")
    content = zipfile.ZipFile(out).read("content.xml").decode()
    assert "Sector: Police" in content
    assert "amina@cast.example" in content


def test_the_sample_names_every_column_we_keep_and_can_be_imported(inside):
    table = read_table(exports.sample().encode("utf-8-sig"), "sample.csv")
    mapping = guess(table)
    assert set(mapping) == {field.name for field in FIELDS} - {"given_name", "family_name", "left_on"}
    planned = plan(None, table, mapping)
    assert [row.outcome for row in planned.rows] == [Outcome.NEW] * 3
    assert not any(row.remarks for row in planned.rows)
