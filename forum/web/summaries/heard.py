"""Which sectors and areas are heard less than others, and whom to write to there."""

from __future__ import annotations

from io import BytesIO

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from forum.base import clock, history
from forum.base.db import LARGEST_NUMBER, transaction
from forum.base.errors import Rejected
from forum.members.rules import may_see_addresses
from forum.summaries.exports import heard as exports
from forum.summaries.queries import heard as queries
from forum.summaries.queries.heard import Heard, Period
from forum.summaries.rules.heard import Row
from forum.web.furniture import me, only_if, site
from forum.web.meetings.forms.evaluation import PeriodFilter
from forum.web.summaries.routes import blueprint

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}
LEGEND = (
    ("full", "as the Forum"),
    ("gap", "few posts, little support or little attendance"),
    ("some", "fewer than 3 members: not rated"),
    ("none", "no members"),
)


@blueprint.get("/heard")
def heard() -> ResponseReturnValue:
    form = PeriodFilter()
    found = _found(form)
    tiles = {
        row.slug: (str(row.posts.number), _how(row), f"{row.title}: {row.in_words}")
        for row in found.forces
        if row.members
    }
    quick = [(words, (clock.today() - days).isoformat()) for words, days in form.QUICK]
    return render_template(
        "summaries/heard.html", form=form, chosen=form.chosen(), found=found, tiles=tiles, legend=LEGEND, quick=quick
    )


def _found(form: PeriodFilter) -> Heard:
    """What is heard in the period that is asked for; in all time when it is no period."""
    try:
        return queries.heard(me(), Period(**form.details()))
    except Rejected as refusal:
        form.reject(refusal)
        return queries.heard(me(), Period())


def _how(row: Row) -> str:
    return "gap" if row.quiet else "full" if row.is_rated else "some"


@blueprint.get("/heard/export.<any(csv, ods):kind>")
def export_heard(kind: str) -> ResponseReturnValue:
    """The same as a file. Who took it is in the history."""
    form, out = PeriodFilter(), BytesIO()
    found = _found(form)
    period = "; ".join(words for words, _ in form.chips()) or "All time"
    if kind == "csv":
        exports.as_csv(found, out)
    else:
        exports.as_ods(found, out, site().name, clock.now(), period)
    with transaction():
        history.note(me(), "exported", me(), what="who is heard less", kind=kind, narrowed=period)
    return _file(out, f"who-is-heard-less.{kind}", kind)


@blueprint.get("/heard/contacts")
def contacts() -> ResponseReturnValue:
    """The organisations of a sector or an area that have members: whom to write to. Nothing is sent from here."""
    sector_id, force_id = _place()
    return render_template(
        "summaries/contacts.html",
        title=queries.place(sector_id, force_id),
        page=queries.contacts(me(), sector_id, force_id, request.args.get("key")),
        chosen={"sector": sector_id, "force": force_id},
        sees_addresses=may_see_addresses(me()),
    )


@blueprint.get("/heard/contacts.csv")
def export_contacts() -> ResponseReturnValue:
    only_if(may_see_addresses(me()))
    sector_id, force_id = _place()
    title, rows, out = queries.place(sector_id, force_id), queries.all_contacts(me(), sector_id, force_id), BytesIO()
    exports.contacts_as_csv(rows, out)
    with transaction():
        history.note(
            me(), "exported", me(), what="contacts of organisations", kind="csv", rows=len(rows), narrowed=title
        )
    return _file(out, "contacts.csv", "csv")


def _place() -> tuple[int | None, int | None]:
    asked = [request.args.get(name, type=int) for name in ("sector", "force")]
    sector_id, force_id = (number if number and 0 < number <= LARGEST_NUMBER else None for number in asked)
    return sector_id, force_id


def _file(out: BytesIO, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), content_type=TYPES[kind], headers=headers)
