"""What is written to a file is what a program reads from it, and never a formula."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from forum.base.spreadsheets import FORMULA_STARTS, Row, Sheet, Workbook, sheet_name, write_csv, write_ods

MADE_AT = datetime(2016, 7, 15, 9, 30, tzinfo=UTC)
TRICKY = [
    "=1+1",
    "+44 20 7946 0000",
    "-1",
    "@SUM(A1)",
    "£10,000",
    "“curly” ‘quotes’",
    "ŷ Siân 🙂",
    "two\nlines",
    'a "b", c',
]


def as_csv(columns: list[str], rows: list[Row], *, guard: bool = True) -> bytes:
    out = io.BytesIO()
    write_csv(columns, rows, out, guard)
    return out.getvalue()


def as_ods(columns: list[str], rows: list[Row], **more: object) -> bytes:
    out = io.BytesIO()
    sheet = Sheet("Items", columns, rows)
    write_ods(Workbook("Feedback", "Secretariat", MADE_AT, [("Period", "2016 to 2017")], [sheet], **more), out)  # type: ignore[arg-type]
    return out.getvalue()


def cells(ods: bytes, sheet: int = 1) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(ods)).get_sheet_by_index(sheet).to_python()  # type: ignore[return-value]


def test_csv_for_people_has_a_mark_crlf_and_guarded_formulas() -> None:
    assert as_csv(["Ref", "Words"], [["FB-1", "=1+1"], ["FB-2", "it, is\nso"]]) == (
        b'\xef\xbb\xbfRef,Words\r\nFB-1,\'=1+1\r\nFB-2,"it, is\nso"\r\n'
    )


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_every_formula_start_is_guarded_in_cells_and_column_names(start: str) -> None:
    written = as_csv([f"{start}x"], [[f"{start}x"]])
    assert list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))) == [[f"'{start}x"], [f"'{start}x"]]


def test_numbers_are_not_guarded() -> None:
    assert as_csv(["n"], [[-3], [-0.5]]) == b"\xef\xbb\xbfn\r\n-3\r\n-0.5\r\n"


def test_csv_for_programs_reads_back_cell_for_cell() -> None:
    rows: list[Row] = [[text, text] for text in TRICKY]
    written = as_csv(["a", "b"], rows, guard=False)
    assert not written.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(written.decode(), newline=""))) == [["a", "b"], *rows]


def test_csv_dates_are_iso_and_moments_london_time() -> None:
    row: Row = [date(2016, 11, 5), MADE_AT, None, True, False]
    assert as_csv(list("abcde"), [row], guard=False).splitlines()[1] == b"2016-11-05,2016-07-15T10:30:00+01:00,,yes,no"


def test_ods_reads_back_cell_for_cell() -> None:
    rows: list[Row] = [[text, f"  {text}  end"] for text in TRICKY]
    assert cells(as_ods(["=Ref", "Words"], rows)) == [["=Ref", "Words"], *rows]


def test_ods_keeps_the_type_of_a_value() -> None:
    row: Row = [date(2016, 11, 5), MADE_AT, 1234, 0.25, True, None, "end"]
    shown = [date(2016, 11, 5), datetime(2016, 7, 15, 10, 30), 1234.0, 0.25, "yes", "", "end"]
    assert cells(as_ods(list("abcdefg"), [row]))[1] == shown


def test_ods_begins_with_a_cover_and_marks_the_row_of_column_names() -> None:
    written = as_ods(["a"], [["x"]])
    assert cells(written, 0) == [["Feedback", ""], ["Period", "2016 to 2017"]]
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert b"<table:table-header-rows>" in archive.read("content.xml")
        assert b"table:formula" not in archive.read("content.xml")
        assert b"<dc:title>Feedback</dc:title>" in archive.read("meta.xml")


def test_equal_input_gives_equal_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = as_ods(["a"], [["x"]])
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert as_ods(["a"], [["x"]]) == first


def test_rows_are_taken_one_by_one_in_both_formats() -> None:
    rows = ([str(number)] for number in range(3))
    out = io.BytesIO()
    write_ods(Workbook("t", "c", MADE_AT, (), [Sheet("Items", ["n"], rows)]), out)
    assert cells(out.getvalue()) == [["n"], ["0"], ["1"], ["2"]]


def test_two_sheets_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="names of their own"):
        write_ods(Workbook("t", "c", MADE_AT, (), [Sheet("A", [], []), Sheet("a", [], [])]), io.BytesIO())


def test_sheet_names_are_what_programs_take() -> None:
    assert sheet_name("'Health: 1/2 [draft]*?\\'") == "Health 1 2 draft"
    assert len(sheet_name("m" * 40)) == 31
    assert sheet_name("//") == "Sheet"


def test_a_cell_holds_no_thing_without_a_written_form() -> None:
    for write in (as_csv, as_ods):
        with pytest.raises(TypeError):
            write(["a"], [[object()]])  # type: ignore[list-item, operator]


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1), min_size=1, max_size=5
    )
)
def test_any_text_survives_ods(texts: list[str]) -> None:
    kept = [text.replace("\ufffe", "").replace("\uffff", "") for text in texts]
    assert cells(as_ods(["x"] * len(texts) + ["end"], [[*texts, "end"]]))[1] == [*kept, "end"]


@given(st.text())
def test_no_text_breaks_either_format(text: str) -> None:
    as_csv([text], [[text, "\ud800\0"]]).decode()
    assert cells(as_ods(["x", "end"], [[text, "\ud800\0end"]]))[1][1] == "end"
