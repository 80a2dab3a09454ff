"""The log as a file people and programs can read."""

import csv
import zipfile
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

from forum.challenges import exports
from forum.challenges.queries import ExportRow

ROW = ExportRow(
    reference="CH-1", title="=HYPERLINK(\"http://evil.example\")", description="One\nTwo", priority="County lines",
    themes="Mental health; Housing", category="", sources="FB-1; FB-2", supporters=3, opened_on=date(2016, 7, 20),
    raised_by="Police, Essex", prevalence=4, impact=5, rating="Red", owner="Olu Hazel", response="Ŵ, ŷ & “this”",
    status="New", response_due_on=None, progress="", closed_on=None, closed_because="", history="", marking="OFFICIAL",
)  # fmt: skip
AT = datetime(2016, 11, 15, tzinfo=UTC)


def test_csv_has_a_column_a_heading_and_runs_no_formula():
    out = BytesIO()
    exports.as_csv([ROW], out)
    head, row = csv.reader(StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
    assert len(head) == len(row) == len(exports.COLUMNS) == len(exports.WIDTHS)
    said = dict(zip(head, row, strict=True))
    assert said["Title"].startswith("'=")
    assert (said["Date raised"], said["Response due"], said["Response"]) == ("2016-07-20", "", "Ŵ, ŷ & “this”")


def test_the_cover_carries_the_highest_marking():
    out = BytesIO()
    rows = [ROW, ROW._replace(marking="OFFICIAL-SENSITIVE")]
    exports.as_ods(rows, out, "EGVE Forum", AT, "Status: New")
    content = zipfile.ZipFile(out).read("content.xml").decode()
    cover, table = content.split("</table:table>")[:2]
    assert "OFFICIAL-SENSITIVE" in cover
    assert "Status: New" in cover
    assert 'office:date-value="2016-07-20"' in table


def test_an_empty_log_is_still_a_file():
    out = BytesIO()
    exports.as_ods([], out, "EGVE Forum", AT, "The whole log")
    assert "OFFICIAL" in zipfile.ZipFile(out).read("content.xml").decode()
