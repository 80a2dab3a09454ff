"""Events of others: taken over from a calendar file after a look at what it holds."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import calendar_files, files
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.commands import calendars
from forum.meetings.queries import calendars as queries
from forum.web import fields
from forum.web.fields import Choice
from forum.web.furniture import me, only_if, plural, say, slow
from forum.web.meetings.routes import blueprint

KINDS = (files.CALENDAR, files.TEXT)  # a file without a calendar around its event is not known for one
CONTINENTS = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
ZONES = sorted(name for name in available_timezones() if name.partition("/")[0] in CONTINENTS)


class EventsForm(fields.Form):
    file = fields.FileField("Calendar file", required="Choose a file", hint="A file that ends in .ics, up to 1 MB")


def zones_form(names: list[str]) -> fields.Form:
    """Asks which zone each of these names stands for; "" stands for times that name none."""
    ours = [Choice("Europe/London", "UK time (London)")]
    known = ours + [Choice(name, name.replace("_", " ")) for name in ZONES if name != "Europe/London"]
    asked = {
        f"zone_{number}": fields.SelectField(
            f"What the file calls {name} is" if name else "Times that name no time zone are in", choices=known
        )
        for number, name in enumerate(names)
    }
    form: fields.Form = type("ZonesForm", (fields.Form,), asked)()
    return form


@blueprint.get("/outside")
def outside() -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    is_past = request.args.get("show") == "past"
    page = queries.outside(is_past=is_past, key=request.args.get("key"))
    return render_template("meetings/outside.html", page=page, is_past=is_past)


@blueprint.route("/outside/import", methods=["GET", "POST"])
@slow
def import_outside() -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    form = EventsForm()
    if form.submitted():
        data, name = form.file.data.read(), form.file.data.filename
        try:
            calendar_files.read(data, files.clean_name(name))
            with transaction():
                stored = files.keep(data, name, KINDS, calendar_files.LARGEST)
        except Rejected as refusal:
            form.reject(Rejected(refusal.message, field="file"))
        else:
            return redirect(url_for(".check_outside", sha256=stored.sha256))
    return render_template("meetings/outside_upload.html", form=form)


@blueprint.route("/outside/import/<string(length=64):sha256>", methods=["GET", "POST"])
@slow
def check_outside(sha256: str) -> ResponseReturnValue:
    """What the file holds; agreeing takes it over. Nothing is guessed: an unknown zone is asked for."""
    only_if(rules.may_schedule(me()))
    stored = files.kept(sha256, KINDS)
    data = files.read(stored)
    reading = calendar_files.read(data, stored.name)
    form = zones_form(reading.zones)
    if form.submitted():
        zones = {name: ZoneInfo(form[f"zone_{number}"].data) for number, name in enumerate(reading.zones)}
        with transaction():
            done = calendars.import_events(me(), calendar_files.read(data, stored.name, zones).events)
        say(f"{plural(done.added, 'event')} added, {done.updated} brought up to date.")
        return redirect(url_for(".outside"))
    return render_template("meetings/outside_check.html", form=form, stored=stored, reading=reading)


@blueprint.post("/outside/<int:number>/remove")
def remove_outside(number: int) -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    event = queries.event(number)
    with transaction():
        calendars.remove_event(me(), event)
    say(f"“{event.title}” is removed")
    return redirect(url_for(".outside"))
