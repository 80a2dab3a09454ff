"""Papers with usual details, and PDFs to upload."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

from pypdf import PdfWriter

from forum.base import pdf
from forum.base.db import transaction
from forum.base.opendocument import Document, Paragraph, Title
from forum.meetings import queries
from forum.meetings.commands import packing, papers
from forum.meetings.models import Meeting, Paper
from forum.meetings.queries import packs as pack_reading
from forum.meetings.queries import papers as reading
from forum.members.models import Member
from forum.reference.models import Marking
from forum.worker import SLOW, _is_slow_work_done


@cache
def a_pdf(*pages: str) -> bytes:
    """A PDF, each of whose pages says one thing."""
    bound = PdfWriter()
    for words in pages or ("A page",):
        document = Document(words, "Test", datetime(2027, 1, 1, tzinfo=UTC), [Title(words), Paragraph("Some words.")])
        bound.append(BytesIO(pdf.write(document)))
    out = BytesIO()
    bound.write(out)
    return out.getvalue()


read_upload = cache(papers.read_upload)  # looking at a PDF takes a process


def paper(by: Member, meeting: Meeting, data: bytes | None = None, name: str = "paper.pdf", **more: Any) -> int:
    """The number of a new paper; without data, one that is asked for."""
    usual = {"title": "What works", "author": "Amina Rowan, Essex", "marking": Marking.OFFICIAL}
    upload = read_upload(data, name) if data is not None else None
    with transaction():
        return papers.add(by, queries.get(by, meeting.id), upload=upload, **(usual | more)).number


def get(by: Member, meeting: Meeting, number: int) -> Paper:
    return reading.get(by, queries.get(by, meeting.id), number)


def new_version(by: Member, meeting: Meeting, number: int, data: bytes, note: str = "") -> None:
    upload = read_upload(data, "paper.pdf")
    with transaction():
        papers.add_version(by, queries.get(by, meeting.id), get(by, meeting, number), upload, note)


def packs(by: Member, meeting: Meeting) -> list[pack_reading.PackRow]:
    """Order packs, have the worker make them, and give all there are, the newest first."""
    with transaction():
        packing.order(by, queries.get(by, meeting.id))
    while _is_slow_work_done(SLOW[0]):
        pass
    return pack_reading.packs(meeting, list(Marking))
