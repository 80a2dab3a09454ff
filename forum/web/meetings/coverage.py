"""Which sectors and areas a meeting reaches, and which organisations come over time."""

from __future__ import annotations

from io import BytesIO

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from forum.base import clock, history
from forum.base.db import transaction
from forum.meetings import queries as meetings
from forum.meetings import rules as meeting_rules
from forum.meetings.exports import attendance as exports
from forum.meetings.queries import coverage as queries
from forum.meetings.rules import attendance as rules
from forum.web.furniture import me, only_if, site
from forum.web.meetings.attendance import TYPES
from forum.web.meetings.forms.evaluation import OverTimeFilter
from forum.web.meetings.routes import blueprint


@blueprint.get("/<int:number>/coverage")
def coverage(number: int) -> ResponseReturnValue:
    """Before the meeting by who said yes, after it by who was there."""
    meeting = meetings.get(me(), number)
    only_if(rules.may_see_coverage(me(), meeting))
    found = queries.of_meeting(meeting)
    return render_template(
        "meetings/coverage.html",
        meeting=meeting,
        coverage=found,
        missing=found.missing(),
        missing_sectors=[row for row in found.sectors if row.is_missing and row.slug],
        missing_forces=[row for row in found.forces if row.is_missing and row.slug],
        is_over=found.is_over,
        is_unrecorded=meeting.ends_at <= clock.now() and not found.is_over,
        may_remind=meeting_rules.may_schedule(me()) and meeting.is_open and meeting.starts_at > clock.now(),
    )


@blueprint.get("/coverage")
def coverage_over_time() -> ResponseReturnValue:
    only_if(rules.may_see_coverage(me()))
    form = OverTimeFilter()
    chosen = form.chosen()
    held = queries.held(**form.details())
    page = queries.over_time(held, only_never=chosen.get("show") == "never", key=request.args.get("key"))
    return render_template("meetings/coverage_over_time.html", form=form, chosen=chosen, held=held, page=page)


@blueprint.get("/coverage/export.<any(csv, ods):kind>")
def export_coverage(kind: str) -> ResponseReturnValue:
    """The same as a file. Who took it is in the history."""
    only_if(rules.may_see_coverage(me()))
    form, out = OverTimeFilter(), BytesIO()
    held = queries.held(**form.details())
    rows = queries.all_over_time(held, only_never=form.chosen().get("show") == "never")
    narrowed = "; ".join(words for words, _ in form.chips()) or "All that were invited or came"
    if kind == "csv":
        exports.over_time_as_csv(rows, held, out)
    else:
        exports.over_time_as_ods(rows, held, site().name, clock.now(), narrowed, out)
    with transaction():
        history.note(me(), "exported", me(), what="attendance over time", kind=kind, rows=len(rows), narrowed=narrowed)
    headers = {"Content-Disposition": f'attachment; filename="attendance-over-time.{kind}"'}
    return Response(out.getvalue(), content_type=TYPES[kind], headers=headers)
