"""Uploaded tables as people's programs write them; whatever else is uploaded is refused in words."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.base.errors import Rejected
from forum.base.spreadsheets import Sheet, Workbook, write_csv, write_ods
from forum.base.tables import Table, read_table

MEMBERS = [
    {"Name": "Siân Ŵyn", "Email": "sian@police.example"},
    {"Name": "O’Brien, Pat", "Email": "pat@health.example"},
]
COMMA = 'Name,Email\nSiân Ŵyn,sian@police.example\n"O’Brien, Pat",pat@health.example\n'


def ods(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    sheet = Sheet("Members", [str(one) for one in rows[0]], rows[1:])  # type: ignore[arg-type]
    write_ods(Workbook("t", "c", datetime(2016, 1, 1, tzinfo=UTC), [("Contact", "x")], [sheet]), out)
    return out.getvalue()


def xlsx(sheet_data: str) -> bytes:
    """The smallest workbook a reader takes, with these rows."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet_data}</sheetData></worksheet>',
        }.items():
            archive.writestr(name, text)
    return out.getvalue()


def refusal(data: bytes, name: str = "members.csv", limit: int = 100) -> str:
    with pytest.raises(Rejected) as refused:
        read_table(data, name, limit)
    return refused.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_line_end_and_delimiter_reads_the_same(encoding: str, line_end: str, delimiter: str) -> None:
    text = COMMA.replace("\n", line_end).replace(",", delimiter).replace(f"O’Brien{delimiter} ", "O’Brien, ")
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert read_table((mark + text).encode(encoding), "members.csv").rows == MEMBERS


def test_windows_1252_is_read() -> None:
    assert read_table("Name;Cost\nSiân – “x”;£10\n".encode("cp1252"), "x.csv").rows == [
        {"Name": "Siân – “x”", "Cost": "£10"}
    ]


def test_the_delimiter_is_the_one_that_fits_the_rows() -> None:
    table = read_table(b"Name;Notes, in short\nA;x, y, z\nB;\n", "x.csv")
    assert table.rows == [{"Name": "A", "Notes, in short": "x, y, z"}, {"Name": "B", "Notes, in short": ""}]


def test_cells_of_several_lines_count_as_one_row_and_blank_rows_keep_the_numbers() -> None:
    table = read_table(b'\n Name , Address \n\nA,"1 High Street\r\nTown" \n , \nB,x\n', "x.csv")
    assert table.columns == ["Name", "Address"]
    assert table.rows == [{"Name": "A", "Address": "1 High Street\nTown"}, {"Name": "B", "Address": "x"}]
    assert table.numbers == [4, 6]


def test_a_ragged_row_is_remarked_on_and_loses_nothing() -> None:
    table = read_table(b"a,b\n1\n1,2,3\n1,2\n", "x.csv")
    assert table.columns == ["a", "b", "Column 3"]
    assert table.rows[1] == {"a": "1", "b": "2", "Column 3": "3"}
    assert [remark.row for remark in table.remarks] == [2, 3]
    assert "1 cells for 2 columns" in table.remarks[0].message
    assert "extra cells" in table.remarks[1].message


def test_columns_get_names_of_their_own_and_empty_ones_at_the_end_go() -> None:
    assert read_table(b"Email,Email,,Email (2),Email,,\n1,2,3,4,5,,\n", "x.csv").columns == [
        "Email",
        "Email (2)",
        "Column 3",
        "Email (2) (2)",
        "Email (3)",
    ]


def test_a_single_column_and_a_loose_quotation_mark_are_read() -> None:
    assert read_table(b"Email\na@b.example\n", "x.csv").rows == [{"Email": "a@b.example"}]
    assert read_table(b'Size,Name\n5" pipe,"a" b\n', "x.csv").rows == [{"Size": '5" pipe', "Name": "a b"}]


def test_a_machine_file_of_ours_comes_back_cell_for_cell() -> None:
    rows = [["=1+1", "+44 20", "a;b,c\nd"], ["“ŷ”", "£10,000", '"x"']]
    out = io.BytesIO()
    write_csv(["a", "b", "c"], rows, out, guard=False)
    assert [list(row.values()) for row in read_table(out.getvalue(), "x.csv").rows] == rows


def test_ods_is_read_past_its_cover_with_values_as_people_write_them() -> None:
    data = ods(
        [
            ["Ref", "Phone", "On", "At", "Share", "Text"],
            ["FB-1", 7700900123, date(2016, 11, 5), datetime(2016, 7, 1, 9, 30, tzinfo=UTC), 0.5, "=1+1\nŷ"],
        ]
    )
    table = read_table(data, "x.ods")
    assert list(table.rows[0].values()) == ["FB-1", "7700900123", "2016-11-05", "2016-07-01 10:30:00", "0.5", "=1+1\nŷ"]
    assert table.numbers == [2]


def test_xlsx_is_read_whatever_it_is_called() -> None:
    cells = '<c r="B{0}" t="inlineStr"><is><t>{1}</t></is></c><c r="C{0}" t="b"><v>1</v></c>'
    data = xlsx(f'<row r="3">{cells.format(3, " Name ")}</row><row r="5">{cells.format(5, "A")}</row>')
    assert read_table(data, "members.csv") == Table(["Name", "TRUE"], [{"Name": "A", "TRUE": "TRUE"}], [5], [])


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "m.csv", "m.csv is empty"),
        (b" \r\n\r\n ", "m.csv", "m.csv is empty"),
        (b"\xef\xbb\xbf", "m.csv", "m.csv is empty"),
        (b"a,b\n", "m.csv", "no rows under them"),
        (b"amina@police.example,Amina\nb@c.example,B\n", "m.csv", "must name the columns"),
        (b"\x89PNG\r\n\x1a\n\0\0", "holiday.png", "holiday.png is a picture. Upload a CSV, ODS or XLSX file."),
        (b"\x89PNG\r\n\x1a\n\0\0", "m.csv", "m.csv is a picture"),
        (b"%PDF-1.7\n", "m.pdf", "is a PDF"),
        (b"<!DOCTYPE html><html><p>a,b", "m.csv", "is a web page"),
        (b'[{"a": 1}]', "m.json", "is a JSON file"),
        (b"BEGIN:VCALENDAR\r\n", "m.csv", "is a calendar file"),
        (b"a,b\n1,\0\n", "m.csv", "NUL"),
        ("a,b\n1,2\n".encode("utf-16-le"), "m.csv", "NUL"),
        (b"\xff\xfea", "m.csv", "not text"),
        (b"PK\x03\x04 nonsense", "m.ods", "is a ZIP archive"),
        (b'a,b\n1,"2\n3,4\n', "m.csv", "never closed"),
        (b"a,b\n1," + b"x" * 200_000, "m.csv", "more than 131,072 characters"),
        (b"a," * 400 + b"b\n1\n", "m.csv", "401 columns"),
        (b"a\n" + b"1\n" * 101, "m.csv", "more than 100 rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data: bytes, name: str, said: str) -> None:
    assert said in refusal(data, name)


def test_as_many_rows_as_allowed_are_read() -> None:
    assert len(read_table(b"a\n" + b"1\n" * 100, "m.csv", 100).rows) == 100
    assert "more than 2 rows" in refusal(ods([["a"], ["1"], ["2"], ["3"]]), "m.ods", 2)


def test_a_damaged_workbook_is_refused() -> None:
    data = ods([["a"], ["1"]])
    broken = bytearray(data)
    place = data.index(b"content.xml") + 40
    broken[place : place + 40] = b"\xff" * 40
    assert "damaged" in refusal(bytes(broken), "m.ods")


def test_a_small_workbook_that_claims_all_the_cells_there_are_is_refused() -> None:
    claim = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert "more than this service can read" in refusal(xlsx(claim), "m.xlsx")


@given(st.binary(max_size=300) | st.text(alphabet='ab,;\t"\r\n\0\ufeff=ŷ', max_size=60).map(str.encode))
def test_no_bytes_do_anything_but_read_or_be_refused(data: bytes) -> None:
    with suppress(Rejected):
        table = read_table(data, "m.csv")
        assert len(set(table.columns)) == len(table.columns)
        assert all(list(row) == table.columns for row in table.rows)
        assert len(table.numbers) == len(table.rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 3_000), st.binary(min_size=1, max_size=8), st.booleans())
def test_no_damage_to_a_workbook_does_anything_else_either(place: int, damage: bytes, is_ods: bool) -> None:
    data = ods([["a"], ["1"]]) if is_ods else xlsx('<row r="1"><c r="A1"><v>1</v></c></row>')
    broken = data[: place % len(data)] + damage + data[place % len(data) + len(damage) :]
    with suppress(Rejected):
        assert read_table(broken, "m.ods").columns
