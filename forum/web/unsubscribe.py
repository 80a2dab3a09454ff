"""Leaving the emails about meetings by the link in one of them, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from forum.base import letters
from forum.base.db import transaction
from forum.members.commands import lists
from forum.members.queries import leaving
from forum.web.furniture import csrf, public

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")


@blueprint.route("/<token>", methods=["GET", "POST"])
# Mail programs post here by themselves (RFC 8058): without a session, and content with no redirect. The signed token
# authorises them, and a form on another site cannot know it.
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def leave(token: str) -> ResponseReturnValue:
    """A page with one button. Looking changes nothing: mail scanners follow links."""
    member = leaving.who_leaves(token)
    if member is None:
        return _discreet(render_template("unsubscribe/gone.html", secretariat=letters.sender()), 404)
    is_done = request.method == "POST"
    if is_done:
        with transaction():
            lists.want_meeting_mail(member, request.form.get("again") == "yes")
    page = render_template(
        "unsubscribe/leave.html",
        is_done=is_done,
        wants=member.wants_meeting_mail,
        address=member.email,
        secretariat=letters.sender(),
    )
    return _discreet(page)


def _discreet(page: str, code: int = 200) -> Response:
    """The address is a key: no search engine keeps it, and no page it leads to learns it."""
    response = make_response(page, code)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
