"""Saying what one thought of a meeting by the link in a letter, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import letters
from forum.meetings.queries import evaluations as queries
from forum.web.furniture import csrf, public
from forum.web.meetings import evaluation
from forum.web.meetings.forms.evaluation import LinkEvaluationForm

blueprint = Blueprint("evaluations", __name__, url_prefix="/evaluation")


@blueprint.route("/<token>", methods=["GET", "POST"])
# People come here without a session. The signed token authorises them, and a form on another site cannot know it.
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def give(token: str) -> ResponseReturnValue:
    found = queries.by_link(token)
    if found is None:
        return _discreet(render_template("replies/gone.html", secretariat=letters.sender()), 404)
    meeting, member = found
    form = LinkEvaluationForm()
    if evaluation.give(form, member, meeting):
        return _discreet(redirect(url_for(".give", token=token)))
    meeting, member = queries.by_link(token) or found  # a refusal ended what was read
    return _discreet(evaluation.page(form, member, meeting))


def _discreet(page: str | ResponseReturnValue, code: int | None = None) -> Response:
    """The address is a key: no search engine keeps it, and no page it leads to learns it."""
    response = make_response(page)
    response.status_code = code or response.status_code
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
