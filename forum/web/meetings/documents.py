"""The agenda and the calling notice of a meeting as documents: to read, to edit (ODT) and to print (PDF)."""

from __future__ import annotations

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, letters, opendocument, pdf
from forum.base.opendocument import Document
from forum.meetings import queries
from forum.meetings.exports import documents
from forum.meetings.models import Meeting
from forum.meetings.queries import papers
from forum.web.furniture import me
from forum.web.meetings.routes import blueprint

WRITERS = {"odt": (opendocument.write, opendocument.TEXT_TYPE), "pdf": (pdf.write, "application/pdf")}


def _agenda(meeting: Meeting) -> Document:
    by_item = papers.by_item(me(), meeting)
    return documents.agenda(meeting, queries.agenda(meeting), by_item, letters.sender().name)


def _notice(meeting: Meeting) -> Document:
    name, address = letters.sender()
    url = letters.link(url_for(".show", number=meeting.id))
    by_item = papers.by_item(me(), meeting)
    return documents.notice(meeting, queries.agenda(meeting), by_item, name, address, url, clock.now())


def _file(document: Document, name: str, format_: str) -> Response:
    write, kind = WRITERS[format_]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format_}"'}
    return Response(write(document), mimetype=kind, headers=headers)


@blueprint.get("/<int:number>/agenda.<any(odt,pdf):format_>")
def agenda_file(number: int, format_: str) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    return _file(_agenda(meeting), f"{meeting.reference}-agenda", format_)


@blueprint.get("/<int:number>/notice")
def notice(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    return render_template("meetings/notice.html", meeting=meeting, document=pdf.plain(_notice(meeting)))


@blueprint.get("/<int:number>/notice.<any(odt,pdf):format_>")
def notice_file(number: int, format_: str) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    return _file(_notice(meeting), f"{meeting.reference}-notice", format_)
