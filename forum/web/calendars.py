"""Calendars that are subscribed to: their addresses, and what is read there without signing in."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests

from forum.base import letters
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.meetings import exports, rules
from forum.meetings.commands import calendars
from forum.meetings.exports import MeetingEntry
from forum.meetings.models import Invitation, Meeting
from forum.meetings.queries import calendars as queries
from forum.reference import queries as reference
from forum.reference.models import Theme
from forum.web import fields
from forum.web.fields import Choice, choices
from forum.web.furniture import me, public, say

blueprint = Blueprint("calendars", __name__)

READS, WITHIN = 30, 60.0  # one address may be read so many times in so many seconds, by each process


class FeedForm(fields.Form):
    theme = fields.SelectField("Which meetings", blank="Those I am invited to", mark_optional=False)
    declined = fields.RadioField(
        "Meetings you have said no to",
        choices=[Choice("yes", "Show them too"), Choice("no", "Leave them out")],
        default="yes",
        mark_optional=False,
    )

    def offer(self, themes: list[tuple[int, str]]) -> None:
        self.theme.choices = choices((number, f"All about: {title}") for number, title in themes)


@blueprint.route("/account/calendars", methods=["GET", "POST"])
def mine() -> ResponseReturnValue:
    form = FeedForm()
    form.offer(reference.choices(Theme))
    if form.submitted():
        try:
            with transaction():
                token = calendars.subscribe(
                    me(), theme_id=form.theme.data or None, shows_declined=form.declined.data != "no"
                )
        except Rejected as refusal:
            form.reject(refusal)
        else:
            return _page(form, token)
    return _page(form)


@blueprint.post("/account/calendars/<int:number>/renew")
def renew(number: int) -> ResponseReturnValue:
    with transaction():
        token = calendars.renew_feed(me(), queries.feed_of(me(), number))
    form = FeedForm(formdata=None)
    form.offer(reference.choices(Theme))
    return _page(form, token)


@blueprint.post("/account/calendars/<int:number>/end")
def end(number: int) -> ResponseReturnValue:
    with transaction():
        calendars.end_feed(me(), queries.feed_of(me(), number))
    say("That calendar address has ended. Remove it from your calendar, which will say that it cannot be read.")
    return redirect(url_for(".mine"))


def _page(form: FeedForm, token: str = "") -> Response:
    """The addresses; a new one is shown this once, as only what recognises it is kept."""
    address = letters.link(url_for(".read", token=token)) if token else ""
    page = render_template("calendars/mine.html", form=form, feeds=queries.feeds_of(me()), address=address)
    return Response(page, headers={"Referrer-Policy": "no-referrer"})


# --- read by calendars -------------------------------------------------------------------------------------------------


@blueprint.get("/calendar/<token>.ics")
@public
def read(token: str) -> ResponseReturnValue:
    """The calendar at this address. It is the key: whoever has it can read, and nobody else."""
    _not_too_often(token)
    found = queries.by_token(token)
    if found is None:
        raise NotFound("There is no calendar at this address. It may have been ended or renewed.")
    entries = [_entry(meeting, invitation) for meeting, invitation in queries.subscribed(found)]
    name = ": ".join(filter(None, [current_app.config["SITE_NAME"], found.theme]))
    response = Response(exports.feed(entries, name), mimetype="text/calendar")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


def _entry(meeting: Meeting, invitation: Invitation | None) -> MeetingEntry:
    """As the mailed invitation has it, SEQUENCE too, and with the person's own answer in words."""
    url = letters.link(url_for("meetings.show", number=meeting.id))
    entry = exports.entry(meeting, url, shows_link=invitation is not None)
    if invitation is None:
        return entry
    answer = f"Your answer: {rules.answer_in_words(invitation.answer, invitation.mode)}"
    return entry._replace(
        sequence=rules.sequence_for(meeting, invitation.link_version),
        description="\n\n".join(filter(None, [answer, entry.description])),
        changed_at=max(meeting.changed_at, invitation.sent_at, invitation.answered_at or invitation.sent_at),
    )


_reads: OrderedDict[str, list[float]] = OrderedDict()


def _not_too_often(token: str) -> None:
    """Calendars ask every few hours; something that asks every second is broken, or guessing."""
    now = monotonic()
    recent = [at for at in _reads.pop(token, []) if at > now - WITHIN]
    _reads[token] = [*recent, now]
    if len(_reads) > 1_000:
        _reads.popitem(last=False)
    if len(recent) >= READS:
        raise TooManyRequests("This calendar has been read too often. Try again in a minute.")
