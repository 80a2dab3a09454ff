"""Who a meeting is for: everyone, or chosen by theme, sector, area, group and name."""

from __future__ import annotations

from io import BytesIO

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import history
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries
from forum.meetings.commands import audiences
from forum.meetings.models import AudienceKind, Meeting
from forum.meetings.queries import audiences as audience_queries
from forum.members import exports
from forum.members.queries import groups
from forum.web.furniture import me, plural, say
from forum.web.meetings.forms.audiences import AudienceForm
from forum.web.meetings.routes import blueprint, kept


@blueprint.route("/<int:number>/invitees", methods=["GET", "POST"])
def audience(number: int) -> ResponseReturnValue:
    """Who is invited. People are found by name with ?find=, and added by their boxes."""
    meeting = kept(number)
    form = _offered(meeting)
    if form.submitted():
        try:
            with transaction():
                added = audiences.add(me(), meeting, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            say(f"{plural(added, 'line')} added." if added else "They were there already.")
            return redirect(url_for(".audience", number=number))
    return _page(meeting, form)


def _offered(meeting: Meeting) -> AudienceForm:
    form = AudienceForm()
    found = audience_queries.found(meeting, request.args.get("find", "")[:200])
    people = [(row.id, ", ".join(filter(None, (row.name, row.organisation)))) for row in found]
    form.offer(groups.choices(), people)
    return form


def _page(meeting: Meeting, form: AudienceForm) -> str:
    return render_template(
        "meetings/audience.html",
        meeting=meeting,
        form=form,
        lines=audience_queries.lines(meeting),
        size=audience_queries.size(meeting),
        tally=queries.tally(meeting),
        find=request.args.get("find", "")[:200],
        everyone=AudienceKind.EVERYONE,
    )


@blueprint.post("/<int:number>/invitees/<int:line>/remove")
def remove_line(number: int, line: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        audiences.remove(me(), meeting, audience_queries.line(meeting, line))
    say("Removed. Whoever was invited already stays invited.")
    return redirect(url_for(".audience", number=number))


@blueprint.get("/<int:number>/invitees/<any(invited, post):which>.csv")
def invitees_csv(number: int, which: str) -> ResponseReturnValue:
    """Who would get an invitation now; or who cannot be reached by email, for envelopes and calls."""
    meeting, out = kept(number), BytesIO()
    if which == "invited":
        exports.invited(queries.uninvited(meeting), out)
    else:
        exports.to_write_to(audience_queries.left_out(meeting), out)
    with transaction():
        history.note(me(), "exported", meeting, kind="csv", which=which)
    saved_as = {"Content-Disposition": f'attachment; filename="{meeting.reference}-{which}.csv"'}
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8", headers=saved_as)
