"""Uploaded files: what they really are, and keeping them once.

A file is believed for what its bytes say, never for its name. Its bytes are kept under the SHA-256 of themselves in
VAR/files, so the same file kept twice is stored once. Whoever sends one out sends it as an attachment: a kind told
from the first bytes is good enough to refuse the wrong upload, not to let a browser run the right one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.base import clock
from forum.base.db import Base, db
from forum.base.errors import NotFound, Rejected

LONGEST_NAME = 150

CSV = "text/csv"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
CALENDAR = "text/calendar"
JSON = "application/json"
JSON_LINES = "application/jsonl"
PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
ZIP = "application/zip"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODT = "application/vnd.oasis.opendocument.text"
ODP = "application/vnd.oasis.opendocument.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
UNKNOWN = "application/octet-stream"


class Kind(NamedTuple):
    """What a media type is called in a sentence ("… is a picture") and in a list of what to upload ("PNG")."""

    phrase: str
    short: str


KINDS = {
    CSV: Kind("a CSV file", "CSV"),
    TEXT: Kind("a plain text file", "TXT"),
    MARKDOWN: Kind("a Markdown file", "Markdown"),
    HTML: Kind("a web page", "HTML"),
    CALENDAR: Kind("a calendar file", "ICS"),
    JSON: Kind("a JSON file", "JSON"),
    JSON_LINES: Kind("a JSON Lines file", "JSONL"),
    "application/xml": Kind("an XML file", "XML"),
    "image/svg+xml": Kind("a drawing", "SVG"),
    PDF: Kind("a PDF", "PDF"),
    PNG: Kind("a picture", "PNG"),
    JPEG: Kind("a picture", "JPEG"),
    "image/gif": Kind("a picture", "GIF"),
    "image/webp": Kind("a picture", "WebP"),
    "image/tiff": Kind("a picture", "TIFF"),
    "image/bmp": Kind("a picture", "BMP"),
    ODS: Kind("a spreadsheet", "ODS"),
    XLSX: Kind("a spreadsheet", "XLSX"),
    ODT: Kind("a text document", "ODT"),
    DOCX: Kind("a text document", "DOCX"),
    ODP: Kind("a presentation", "ODP"),
    PPTX: Kind("a presentation", "PPTX"),
    "application/x-ole-storage": Kind("a file from an old version of Office", "XLS, DOC or PPT"),
    ZIP: Kind("a ZIP archive", "ZIP"),
    "application/gzip": Kind("a compressed file", "GZ"),
    UNKNOWN: Kind("not a kind of file this service knows", "other"),
}

ENDINGS = {
    PDF: "pdf", ODT: "odt", ODS: "ods", ODP: "odp", DOCX: "docx", XLSX: "xlsx", PPTX: "pptx", CSV: "csv", TEXT: "txt",
    PNG: "png", JPEG: "jpg",
}  # fmt: skip
"""How the name of a file that is sent out ends, whatever its own name said."""

_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
)
_OFFICE_PARTS = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX, "ppt/presentation.xml": PPTX}
_TEXT_NAMES = {".csv": CSV, ".tsv": CSV, ".md": MARKDOWN, ".markdown": MARKDOWN}
# The binary bytes of the MIME Sniffing Standard, less vertical tab and SUB, which old spreadsheets leave in text.
_BINARY = re.compile("[\0-\x08\x0e-\x19\x1c-\x1f]")


class StoredFile(Base):
    """A file we keep. `name` is what the first person to upload these bytes called it."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(100))
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    kept_at: Mapped[datetime]


def keep(data: bytes, name: str, allowed: Collection[str], limit: int) -> StoredFile:
    """Keep these bytes, or give the file that already holds them.

    `allowed` are media types (the constants above), `limit` is in bytes. Raises Rejected when the file is empty, too
    large or of another kind.
    """
    name = clean_name(name)
    kind = check(data, name, allowed, limit)
    sha256 = hashlib.sha256(data).hexdigest()
    stored = _find(sha256) or _add(StoredFile(sha256=sha256, size=len(data), kind=kind, name=name, kept_at=clock.now()))
    _write(_path(sha256), data)  # last: whoever forgot the same bytes a moment ago has taken theirs away
    return stored


def kept(sha256: str, kinds: Collection[str]) -> StoredFile:
    """The file with these bytes, if it is of one of these kinds. Raises NotFound."""
    found = db.session.scalar(sa.select(StoredFile).where(StoredFile.sha256 == sha256, StoredFile.kind.in_(kinds)))
    if found is None:
        raise NotFound("This uploaded file is no longer here. Upload it again.")
    return found


def read(stored: StoredFile) -> bytes:
    """The bytes of a kept file. Raises NotFound when they are gone from the disk."""
    try:
        return _path(stored.sha256).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{stored.name} is missing from the file store. Ask the administrator to restore it.") from None


def forget(number: int) -> None:
    """Delete the file with this number, bytes and all, once the transaction is kept; not while anything points at it."""
    db.session.flush()
    db.session.execute(sa.select(StoredFile.id).where(StoredFile.id == number).with_for_update())  # see `_find`
    keys = [key for table in Base.metadata.sorted_tables for key in table.foreign_keys]
    pointing = [key.parent for key in keys if key.column.table is StoredFile.__table__]
    is_used = sa.or_(*(sa.exists().where(column == number) for column in pointing))
    gone = sa.delete(StoredFile).where(StoredFile.id == number, ~is_used).returning(StoredFile.sha256)
    db.session.info.setdefault("unlink", []).extend(db.session.scalars(gone))


def _unlink(session: Session) -> None:
    for sha256 in session.info.pop("unlink", ()):
        _path(sha256).unlink(missing_ok=True)


def _keep_all(session: Session) -> None:
    session.info.pop("unlink", None)


sa.event.listen(db.session, "after_commit", _unlink)
sa.event.listen(db.session, "after_rollback", _keep_all)


def place(sha256: str) -> Path:
    """Where the file with these bytes is, for a program that reads it by itself."""
    return _path(sha256)


def check(data: bytes, name: str, allowed: Collection[str], limit: int) -> str:
    """The media type of an upload that may be used; Rejected, in words for the person who chose it, otherwise."""
    if not data:
        raise Rejected(f"{name} is empty. Choose a file with something in it.")
    if len(data) > limit:
        raise Rejected(f"{name} is {show_size(len(data))}. The largest file is {show_size(limit)}.")
    kind = kind_of(data, name)
    if kind not in allowed:
        raise refusal(name, kind, allowed)
    return kind


def refusal(name: str, kind: str, wanted: Collection[str]) -> Rejected:
    """ "holiday.png is a picture. Upload a CSV, ODS or XLSX file." """
    short = _or([KINDS[one].short for one in wanted])
    article = "an" if short[0] in "AEFHILNORSX" else "a"  # as the letters are said: an ODS, a CSV
    return Rejected(f"{name} is {KINDS[kind].phrase}. Upload {article} {short} file.")


def kind_of(data: bytes, name: str = "") -> str:
    """The media type of these bytes.

    The name is asked only between kinds of harmless text, which no byte can tell apart: .csv, .md, else plain text.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    text = decode(data)
    if text is None or _BINARY.search(text):
        return "image/bmp" if data.startswith(b"BM") else UNKNOWN
    return _kind_of_text(text, name)


def decode(data: bytes) -> str | None:
    """Text from bytes: UTF-16 with a byte order mark, UTF-8 with or without, else Windows-1252; None if it is none."""
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def clean_name(name: str) -> str:
    """A file's name fit to show and to send: no path, no control or direction marks, at most 150 characters."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    stem, dot, ending = " ".join(kept.split()).lstrip(".").rpartition(".")
    if not dot:
        return ending[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - 11]}.{ending[:10]}"


def show_size(size: int) -> str:
    """10 MB, 10.1 MB, 340 KB. Rounded up, so that what is over a limit also reads as over it."""
    for unit, name in ((1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            tenths = -(-size * 10 // unit)
            return f"{tenths / 10:g} {name}"
    return f"{size} bytes"


def _kind_of_zip(data: bytes) -> str:
    """OpenDocument says its type in its first member; Office is known by the name of its main part."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    said = member.read(100).decode("ascii", "replace").strip()
                return said if said in (ODS, ODT, ODP) else ZIP
    except Exception:  # zipfile has many ways to fail on a broken archive; all mean the same
        return ZIP
    return next((kind for part, kind in _OFFICE_PARTS.items() if part in names), ZIP)


def _kind_of_text(text: str, name: str) -> str:
    start = text[:1000].lstrip("\ufeff").lstrip().lower()
    if start.startswith("begin:vcalendar"):
        return CALENDAR
    if re.match(r"<[a-z!?/]", start):
        if "<html" in start or "<!doctype html" in start:
            return HTML
        if "<svg" in start:
            return "image/svg+xml"
        return "application/xml" if start.startswith("<?xml") else HTML
    if start.startswith(("{", "[")):
        return _kind_of_json(text) or TEXT
    return _TEXT_NAMES.get(Path(name.lower()).suffix, TEXT)


def _kind_of_json(text: str) -> str | None:
    lines = text.strip().splitlines()
    for kind, part in ((JSON, text), (JSON_LINES, lines[0])):
        try:
            json.loads(part)
        except (ValueError, RecursionError):
            continue
        return kind
    return None


def _find(sha256: str) -> StoredFile | None:
    """Waits for whoever forgets it at this moment; nobody forgets it until the transaction ends and something points at it."""
    found = sa.select(StoredFile).where(StoredFile.sha256 == sha256)
    return db.session.scalar(found.with_for_update(read=True, key_share=True))


def _add(stored: StoredFile) -> StoredFile:
    try:
        with db.session.begin_nested():
            db.session.add(stored)
    except IntegrityError:  # somebody kept the same bytes at this very moment
        return db.session.scalars(sa.select(StoredFile).where(StoredFile.sha256 == stored.sha256)).one()
    return stored


def _path(sha256: str) -> Path:
    return Path(current_app.config["VAR"]) / "files" / sha256[:2] / sha256


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: written beside its place, made durable, then moved into it."""
    if path.exists() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
