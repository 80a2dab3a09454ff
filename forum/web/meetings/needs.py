"""What people need in order to take part: a list for the host to tick. Only the secretariat and the host find it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.meetings import queries
from forum.meetings.commands import needs
from forum.meetings.queries import needs as need_queries
from forum.web.furniture import me, say
from forum.web.meetings.routes import blueprint


@blueprint.get("/<int:number>/needs", endpoint="needs")
def listed(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    people = need_queries.listed(me(), meeting)
    return render_template("meetings/needs.html", meeting=meeting, people=people, groups=need_queries.grouped(people))


@blueprint.post("/<int:number>/needs/<int:need>")
def arrange_need(number: int, need: int) -> ResponseReturnValue:
    """Tick one person's needs as arranged, or take the tick away."""
    meeting = queries.get(me(), number)
    is_met = request.form.get("is_met") != "no"
    with transaction():
        needs.arrange(me(), meeting, need, is_met=is_met)
    say("Ticked as arranged." if is_met else "No longer ticked.")
    return redirect(url_for(".needs", number=number))
