"""Answering an invitation by the link in its letter, without signing in."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, letters
from forum.base.errors import Rejected
from forum.meetings import exports, queries, rules
from forum.meetings.models import AnswerSource, Invitation
from forum.web.furniture import csrf, public, say
from forum.web.meetings import replying
from forum.web.meetings.forms.replies import LinkReplyForm

blueprint = Blueprint("replies", __name__, url_prefix="/reply")


@blueprint.route("/<token>", methods=["GET", "POST"])
# People come here without a session. The signed token authorises them, and a form on another site cannot know it.
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def answer(token: str) -> ResponseReturnValue:
    """The person's own meeting and three or four buttons. Looking changes nothing: mail scanners follow links."""
    invitation = queries.by_link(token)
    if invitation is None:
        return _gone()
    form = LinkReplyForm()
    form.offer(invitation.meeting.mode)
    try:
        if replying.save(invitation.member, invitation.meeting, invitation, form, AnswerSource.LINK):
            if form.answer.data:
                say(f"Your answer is saved: {form.way().words}")
            return _discreet(redirect(url_for(".answer", token=token)))
    except Rejected as refusal:
        form.reject(refusal)
        invitation = queries.by_link(token) or invitation
    return _discreet(_page(token, invitation, form))


def _page(token: str, invitation: Invitation, form: LinkReplyForm) -> str:
    return render_template(
        "replies/answer.html",
        meeting=invitation.meeting,
        name=invitation.member.name,
        form=form,
        invitation=invitation,
        answer=rules.answer_in_words(invitation.answer, invitation.mode),
        may_answer=rules.may_answer(invitation.meeting, clock.now()),
        reply=replying.standing(invitation, url_for(".calendar", token=token)),
        secretariat=letters.sender(),
    )


@blueprint.get("/<token>/calendar.ics")
@public
def calendar(token: str) -> ResponseReturnValue:
    """The meeting to add to a calendar by hand. Without the link to join: that is in the letter and behind the door."""
    invitation = queries.by_link(token)
    if invitation is None:
        return _gone()
    meeting = invitation.meeting
    entry = exports.entry(meeting, letters.link(f"/meetings/{meeting.id}"), shows_link=False)
    saved_as = {"Content-Disposition": f'attachment; filename="{meeting.reference}.ics"'}
    body = exports.feed([entry], meeting.title)
    return _discreet(Response(body, mimetype="text/calendar", headers=saved_as))


def _gone() -> Response:
    return _discreet(render_template("replies/gone.html", secretariat=letters.sender()), 404)


def _discreet(page: ResponseReturnValue, code: int | None = None) -> Response:
    """The address is a key: no search engine keeps it, and no page it leads to learns it."""
    response = make_response(page)
    response.status_code = code or response.status_code
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
