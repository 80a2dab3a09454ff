"""The places of a meeting, for the secretariat: how many, for whom, who has one and who waits."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.commands import places
from forum.meetings.models import Meeting
from forum.meetings.queries import places as place_queries
from forum.meetings.rules import places as place_rules
from forum.web.furniture import me, plural, say
from forum.web.meetings.forms.places import PlacesForm, places_form
from forum.web.meetings.routes import blueprint, kept

SHOWN = {"waiting": "Waiting", "offered": "Offered", "lapsed": "Did not confirm", "taken": "Have a place"}


@blueprint.route("/<int:number>/places", methods=["GET", "POST"], endpoint="places")
def arrange(number: int) -> ResponseReturnValue:
    """Who has a place and who waits; posting changes how many there are."""
    meeting = kept(number)
    reserves = place_queries.reserves(meeting)
    form = places_form(meeting, reserves)
    if form.submitted():
        try:
            with transaction():
                offered = places.arrange(me(), meeting, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            more = f" {plural(offered, 'person is', 'people are')} offered a place." if offered else ""
            say(f"The places are saved.{more}")
            return redirect(url_for(".places", number=number))
    return _page(meeting, form, reserves)


def _page(meeting: Meeting, form: PlacesForm, reserves: list[place_queries.Reserve]) -> str:
    tally, now = place_queries.tally(meeting), clock.now()
    wanted = request.args.get("show", "")
    which = wanted if wanted in SHOWN else ("waiting" if tally.waiting else "taken")
    page = place_queries.people(meeting, which, request.args.get("key")) if tally.is_limited else None
    details: dict[str, Any] = {
        "meeting": meeting,
        "form": form,
        "tally": tally,
        "reserves": [row for row in reserves if row.places],
        "page": page,
        "which": which,
        "shown": SHOWN,
        "may_give": rules.may_invite(meeting, now),
        "frozen_from": place_rules.frozen_from(meeting),
        "is_frozen": place_rules.offer_until(meeting, now) is None,
    }
    return render_template("meetings/places.html", **details)


@blueprint.post("/<int:number>/places/close")
def close_places(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        places.freeze(me(), meeting)
    say("No place is offered any more. You can still give away by hand what is free.")
    return redirect(url_for(".places", number=number))


@blueprint.post("/<int:number>/places/<int:member_id>")
def give_place(number: int, member_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    name = invitation.member.name
    try:
        with transaction():
            places.give(me(), meeting, invitation)
    except Rejected as refusal:
        say(refusal.message, "important")
    else:
        told = "They are told by email." if invitation.member.email else "They have no email address: tell them."
        say(f"{name} has a place. {told}")
    return redirect(url_for(".places", number=number, show=request.args.get("show")))
