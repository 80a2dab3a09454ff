"""What a file says of whoever made it is taken out; what it shows stays; what cannot be cleaned is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from time import process_time

import pytest
from pypdf import PdfReader

from forum.base import cleaning, files
from forum.base.errors import Rejected
from tests import uploads

NAME = "Quillfeather"


def told(data: bytes) -> bytes:
    """Everything that stands in a file, unpacked as far as it goes."""
    found = [data]
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            found += [told(archive.read(name)) for name in archive.namelist()]
    if data.startswith(b"%PDF"):
        reader = PdfReader(io.BytesIO(data))
        for number in range(1, reader.trailer["/Size"]):
            thing = reader.get_object(number)
            found += [repr(thing).encode(), getattr(thing, "_data", b"")]
    return b"\n".join(found)


@pytest.mark.parametrize(
    ("made", "kind", "kept"),
    [
        (uploads.png(NAME), files.PNG, b"IDAT"),
        (uploads.jpeg(NAME), files.JPEG, b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9"),
        (uploads.docx(NAME), files.DOCX, b"The text itself"),
        (uploads.odt(NAME), files.ODT, b"The text itself"),
        (uploads.pdf(NAME), files.PDF, b"% the text itself"),
    ],
    ids=["png", "jpeg", "docx", "odt", "pdf"],
)
def test_no_name_is_left_and_what_it_shows_is(made, kind, kept):
    assert NAME.encode() in told(made)
    assert files.kind_of(made) == kind
    cleaned = cleaning.clean(made, kind, "file").data
    assert NAME.encode() not in told(cleaned)
    assert kept in told(cleaned)
    assert files.kind_of(cleaned) == kind
    again = cleaning.clean(cleaned, kind, "file").data
    assert told(again).count(kept) == told(cleaned).count(kept)


def test_a_photo_stays_the_right_way_up():
    turned = cleaning.clean(uploads.jpeg(NAME, turned=6), files.JPEG, "photo.jpg")
    assert (turned.width, turned.height) == (30, 40)
    assert turned.data.count(b"Exif") == 1
    assert cleaning.pictures._way_up(turned.data.partition(b"Exif\0\0")[2]) == 6
    upright = cleaning.clean(uploads.jpeg(NAME, turned=1), files.JPEG, "photo.jpg")
    assert (upright.width, upright.height, b"Exif" in upright.data) == (40, 30, False)


def test_links_into_the_web_stay_in_a_document_and_those_into_somebodys_folders_go():
    cleaned = told(cleaning.clean(uploads.docx(NAME), files.DOCX, "a.docx").data)
    assert b"https://www.gov.uk/" in cleaned
    assert b"C:/Users" not in cleaned
    assert b"customXml" not in cleaned
    assert b"attachedTemplate" not in cleaned


def test_a_spreadsheets_comments_lose_their_authors_also_where_they_begin_with_them():
    comments = f"<comments><authors><author>{NAME}</author></authors><t>{NAME}:</t><t>Why 7?</t></comments>"
    path = f'<workbook><x15ac:absPath url="C:\\Users\\{NAME}\\"/><table displayName="Table1"/></workbook>'
    made = uploads.zipped({"xl/workbook.xml": path, "xl/comments1.xml": comments})
    cleaned = told(cleaning.clean(made, files.XLSX, "a.xlsx").data)
    assert NAME.encode() not in cleaned
    assert b"Why 7?" in cleaned
    assert b"Table1" in cleaned


def bomb() -> bytes:
    """Says 400 MB, is 400 KB."""
    return uploads.zipped({"word/document.xml": bytes(400 * 1024**2)})


def overlapping() -> bytes:
    """Two entries of the directory lead to one part."""
    made = uploads.zipped({"word/document.xml": "<a/>"})
    start, end = made.index(b"PK\1\2"), made.index(b"PK\5\6")
    twice = made[start:end] * 2
    return made[:start] + twice + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(twice), start, 0)


def wide() -> bytes:
    made = bytearray(uploads.png())
    made[16:24] = struct.pack(">II", 60_000, 60_000)
    made[29:33] = struct.pack(">I", zlib.crc32(bytes(made[12:29])))
    return bytes(made)


@pytest.mark.parametrize(
    ("made", "kind", "words"),
    [
        (uploads.docx("", **{"word/vbaProject.bin": b"x"}), files.DOCX, "holds macros"),
        (uploads.zipped({"word/document.xml": "<a/>", "[Content_Types].xml": "<Types macroEnabled=''/>"}), files.DOCX, "holds macros"),
        (uploads.docx("", **{"word/embeddings/a.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), files.DOCX, "holds an object"),
        (uploads.docx("", **{"word/media/a.mp4": b"\0\0\0\x20ftypisom"}), files.DOCX, "holds an object"),
        (uploads.docx("", **{"word/media/a.png": uploads.png()[:40]}), files.DOCX, "a picture that is damaged"),
        (uploads.docx("", **{"word/a.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), files.DOCX, "damaged"),
        (uploads.docx("", **{"word/a.xml": "<a/>".encode("utf-16")}), files.DOCX, "damaged"),
        (uploads.docx("")[:-30], files.DOCX, "damaged"),
        (bomb(), files.DOCX, "unfolds to more"),
        (overlapping(), files.DOCX, "damaged"),
        (wide(), files.PNG, "60,000 by 60,000 pixels"),
        (uploads.png()[:-5], files.PNG, "damaged"),
        (uploads.jpeg()[:150], files.JPEG, "damaged"),
        (b"\xff\xd8\xff\xd9", files.JPEG, "damaged"),
        (uploads.pdf(NAME, is_signed=True), files.PDF, "digital signature"),
        (b"%PDF-1.7 nothing", files.PDF, "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_cleaned_is_refused_with_a_sentence_and_costs_little(made, kind, words):
    before = process_time()
    with pytest.raises(Rejected, match=words) as refused:
        cleaning.clean(made, kind, "mine.x")
    assert refused.value.message.startswith("mine.x ")
    assert process_time() - before < 0.5
