"""While somebody writes: what others have said already."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from forum.search.queries.similar import similar
from forum.web.feedback.routes import blueprint
from forum.web.furniture import me, slow


@blueprint.post("/similar")
@slow
def alike() -> ResponseReturnValue:
    """Threads like the one that is being written, for the page's script to put into the form. Asked by POST, so that words
    that are not posted stand in no log of addresses; it changes nothing."""
    found = similar(me(), request.form.get("title", "")[:200], request.form.get("happening", ""))
    return render_template("feedback/similar.html", similar=found)
