"""Files are what their bytes say, kept once, and given back as they came."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from forum.base import files
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.base.files import (
    CSV,
    DOCX,
    HTML,
    JPEG,
    ODS,
    ODT,
    PDF,
    PNG,
    TEXT,
    XLSX,
    ZIP,
    StoredFile,
    clean_name,
    keep,
    kind_of,
    read,
)

MB = 1024**2
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def archive(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 x", PDF),
        (PICTURE, PNG),
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (archive(mimetype=ODT), ODT),
        (archive(mimetype=ODS), ODS),
        (archive(mimetype="application/epub+zip"), ZIP),
        (archive(xl__workbook_xml="x"), XLSX),
        (archive(word__document_xml="x"), DOCX),
        (archive(other="x"), ZIP),
        (b"PK\x03\x04", ZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b" \n<!DOCTYPE html><p>", HTML),
        (b"<!-- x --><script>alert(1)</script>", HTML),
        ('\ufeff<?xml version="1.0"?><html>'.encode("utf-16"), HTML),
        (b'<?xml version="1.0"?><svg onload="x">', "image/svg+xml"),
        (b'<?xml version="1.0"?><a>', "application/xml"),
        (b'{"a": [1]}', files.JSON),
        (b'{"a": 1}\n{"a": 2}\n', files.JSON_LINES),
        (b"[1] a footnote", TEXT),
        (b"[" * 100_000, TEXT),
        (b"BEGIN:VCALENDAR\r\n", files.CALENDAR),
        ("Siân".encode("cp1252"), TEXT),
        (b"MZ\x90\0\3\0", files.UNKNOWN),
        (b"a\0b", files.UNKNOWN),
        (b"\xff\xfe\0", files.UNKNOWN),
    ],
)
def test_a_kind_is_told_by_content_whatever_the_name(data: bytes, kind: str) -> None:
    assert kind_of(data, "x.bin") == kind
    assert kind_of(data, "paper.pdf") == kind


def test_only_between_plain_texts_the_name_decides() -> None:
    assert kind_of(b"a,b\n", "Members.CSV") == CSV
    assert kind_of(b"# Minutes", "m.md") == files.MARKDOWN
    assert kind_of(b"a,b\n", "m") == TEXT


@given(st.binary(max_size=200))
def test_any_bytes_have_a_kind_with_a_name(data: bytes) -> None:
    assert kind_of(b"PK\x03\x04" + data) in files.KINDS
    assert kind_of(data) in files.KINDS


def test_a_file_is_kept_once_and_given_back(app: Flask) -> None:
    with app.app_context():
        first = keep(b"%PDF-1.7 paper", "C:\\papers\\Paper 1.pdf", [PDF], MB)
        again = keep(b"%PDF-1.7 paper", "other.pdf", [PDF], MB)
        assert again is first
        assert (first.name, first.kind, first.size) == ("Paper 1.pdf", PDF, 14)
        assert read(first) == b"%PDF-1.7 paper"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1
        folder = Path(app.config["VAR"]) / "files" / first.sha256[:2]
        assert [one.name for one in folder.iterdir()] == [first.sha256]  # nothing half written stays beside it


def test_a_lost_file_is_said_to_be_missing(app: Flask) -> None:
    with app.app_context():
        stored = keep(b"%PDF-1.7 lost", "lost.pdf", [PDF], MB)
        (Path(app.config["VAR"]) / "files" / stored.sha256[:2] / stored.sha256).unlink()
        with pytest.raises(NotFound, match=r"lost\.pdf is missing"):
            read(stored)
        assert read(keep(b"%PDF-1.7 lost", "found.pdf", [PDF], MB)) == b"%PDF-1.7 lost"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (PICTURE, "holiday.png", "holiday.png is a picture. Upload a CSV, ODS or XLSX file."),
        (b"<html>", "photo.png", "photo.png is a web page. Upload a CSV, ODS or XLSX file."),
        (b"", "a.csv", "a.csv is empty. Choose a file with something in it."),
        (b"x" * (2 * MB), "a.csv", "a.csv is 2 MB. The largest file is 1 MB."),
        (b"x" * (MB + 1), "a.csv", "a.csv is 1.1 MB. The largest file is 1 MB."),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(data: bytes, name: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        files.check(data, name, [CSV, ODS, XLSX], MB)
    assert refused.value.message == said


def test_the_article_fits_what_it_stands_before() -> None:
    assert files.refusal("x", PNG, [ODT, PDF]).message == "x is a picture. Upload an ODT or PDF file."


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("exe\u202efdp.pdf", "exefdp.pdf"),
        ("Cofnodion ŷ.odt", "Cofnodion ŷ.odt"),
        (".htaccess", "htaccess"),
        ("\ud800", "file"),
        ("", "file"),
        ("a/", "file"),
    ],
)
def test_names_are_fit_to_show_and_to_send(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text(min_size=1) | st.text(alphabet="a.", min_size=140, max_size=400))
def test_any_name_becomes_one_that_can_be_stored(name: str) -> None:
    assert 0 < len(clean_name(name)) <= files.LONGEST_NAME
    clean_name(name).encode()
