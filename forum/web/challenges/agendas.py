"""A challenge put on the agenda of a meeting, and taken off again."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.challenges import queries, rules
from forum.challenges.commands import agendas
from forum.challenges.models import Challenge
from forum.challenges.queries import agendas as on_agendas
from forum.meetings import queries as meetings
from forum.meetings.queries import agendas as meeting_agendas
from forum.web.challenges.routes import blueprint
from forum.web.furniture import me, only_if, say
from forum.web.meetings.forms.agenda import ChallengeForm, meeting_choices


def _kept(number: int) -> Challenge:
    only_if(rules.may_keep(me()))
    return queries.get(me(), number)


@blueprint.route("/challenges/<int:number>/agenda", methods=["GET", "POST"])
def put_on_agenda(number: int) -> ResponseReturnValue:
    challenge = _kept(number)
    form = ChallengeForm(data={"form_key": secrets.token_urlsafe(24)})
    form.meeting.choices = meeting_choices(meeting_agendas.meeting_choices(), clock.show_day)
    if form.submitted():
        try:
            with transaction():
                meeting = meetings.get(me(), form.meeting.data)
                details = {"minutes": form.minutes.data, "purpose": form.purpose.data, "form_key": form.form_key.data}
                agendas.put_on_agenda(me(), challenge, meeting, **details)
        except Rejected as refusal:
            form.reject(refusal)
            challenge = _kept(number)
        else:
            say(f"{challenge.reference} is on the agenda of {meeting.reference}")
            return redirect(url_for("meetings.agenda", number=meeting.id))
    return render_template("challenges/agenda.html", form=form, challenge=challenge)


@blueprint.post("/challenges/<int:number>/agenda/<int:item_id>/remove")
def take_off_agenda(number: int, item_id: int) -> ResponseReturnValue:
    challenge = _kept(number)
    where = next((row for row in on_agendas.agendas_of(me(), challenge) if row.item_id == item_id), None)
    if where is None:
        raise NotFound("The challenge is not on this agenda. It may have been taken off.")
    try:
        with transaction():
            meeting = meetings.get(me(), where.meeting_id)
            agendas.take_off_agenda(me(), challenge, meeting, meetings.item(meeting, item_id))
    except Rejected as refusal:
        say(refusal.message, "problem")
    else:
        say(f"{challenge.reference} is off the agenda of {meeting.reference}")
    return redirect(url_for(".show", number=number))
