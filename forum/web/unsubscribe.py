"""Leaving the emails about meetings, or those about feedback, by the link in one of them, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from forum.base import letters
from forum.base.db import transaction
from forum.members.commands import lists
from forum.members.models import Member, Notify
from forum.members.queries import leaving
from forum.web.furniture import csrf, public

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")

OFTEN = {
    Notify.NONE: "Never",
    Notify.WEEKLY: "Once a week, if there is anything",
    Notify.DAILY: "Once a day, if there is anything",
    Notify.IMMEDIATE: "At once",
}


@blueprint.route("/<token>", methods=["GET", "POST"])
# Mail programs post here by themselves (RFC 8058): without a session, and content with no redirect. The signed token
# authorises them, and a form on another site cannot know it.
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def leave(token: str) -> ResponseReturnValue:
    """A page with one button. Looking changes nothing: mail scanners follow links."""
    found = leaving.who_leaves(token)
    if found is None:
        return _discreet(render_template("unsubscribe/gone.html", secretariat=letters.sender()), 404)
    list_name, member = found
    page = _about_feedback(member) if list_name == letters.FEEDBACK else _about_meetings(member)
    return _discreet(page)


def _about_meetings(member: Member) -> str:
    is_done = request.method == "POST"
    if is_done:
        with transaction():
            lists.want_meeting_mail(member, request.form.get("again") == "yes")
    return render_template(
        "unsubscribe/leave.html",
        is_done=is_done,
        wants=member.wants_meeting_mail,
        address=member.email,
        secretariat=letters.sender(),
    )


def _about_feedback(member: Member) -> str:
    """One press stops every email about feedback, what is followed closely too; or makes them come less often."""
    is_done = request.method == "POST"
    if is_done:
        known = {kind.value: kind for kind in OFTEN}
        with transaction():
            lists.notify_about_feedback(member, known.get(request.form.get("notify", ""), Notify.NONE))
    return render_template(
        "unsubscribe/feedback.html",
        is_done=is_done,
        notify=member.notify,
        is_off=member.notify is Notify.NONE,
        often=OFTEN,
        address=member.email,
        secretariat=letters.sender(),
    )


def _discreet(page: str, code: int = 200) -> Response:
    """The address is a key: no search engine keeps it, and no page it leads to learns it."""
    response = make_response(page, code)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
