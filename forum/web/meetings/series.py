"""Series of meetings: their pattern, their template agenda, and scheduling the next meetings. For the secretariat."""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.commands import series as commands
from forum.meetings.models import MeetingSeries
from forum.meetings.queries import series as queries
from forum.meetings.rules import series as series_rules
from forum.web.furniture import me, only_if, plural, say
from forum.web.meetings.forms import KINDS, PURPOSES, MoveForm, new_key
from forum.web.meetings.forms.series import SeriesForm, SeriesItemForm, UntilForm, as_typed, item_as_typed
from forum.web.meetings.routes import blueprint


def _kept(number: int) -> MeetingSeries:
    only_if(rules.may_schedule(me()))
    return queries.get(number)


@blueprint.get("/series")
def all_series() -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    return render_template("meetings/series.html", rows=queries.every(), in_words=queries.in_words)


@blueprint.route("/series/new", methods=["GET", "POST"])
def begin_series() -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    form = SeriesForm(data={"form_key": new_key()})
    if form.submitted():
        try:
            with transaction():
                series = commands.begin(me(), form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("The series is saved. Now make up the agenda its meetings start out with.")
            return redirect(url_for(".one_series", series=series.id))
    return render_template("meetings/series_edit.html", form=form, series=None)


@blueprint.get("/series/<int:series>")
def one_series(series: int) -> ResponseReturnValue:
    return _page(_kept(series), UntilForm(data={"since": clock.today()}))


def _page(series: MeetingSeries, form: UntilForm, found: list[series_rules.Occurrence] | None = None) -> str:
    meetings = queries.newest(series)
    return render_template(
        "meetings/series_show.html",
        series=series,
        pattern=queries.in_words(series),
        kind=KINDS[series.kind],
        purposes=PURPOSES,
        meetings=meetings,
        form=form,
        found=found,
        wanted=[occurrence for occurrence in found or [] if not occurrence.is_scheduled],
    )


@blueprint.post("/series/<int:series>/schedule")
def schedule_series(series: int) -> ResponseReturnValue:
    """First the dates, then, when they are sent back, the meetings."""
    kept, form = _kept(series), UntilForm()
    if not form.submitted():
        return _page(kept, form)
    since, until = form.since.data or clock.today(), form.until.data
    seen = _dates(form.seen.data)
    try:
        if "confirmed" in request.form and seen:
            with transaction():
                made = commands.schedule_until(me(), kept, since=since, until=until, seen=seen)
            say(f"{plural(len(made), 'draft')} scheduled. Open each when it is ready: no mail goes out before.")
            return redirect(url_for(".one_series", series=series))
        series_rules.check_going_on(kept)
        series_rules.check_until(until, clock.today())
    except Rejected as refusal:
        form.reject(refusal)
        return _page(_kept(series), form)
    found = series_rules.occurrences(kept, since, until, queries.days(kept))
    form.seen.typed = " ".join(str(one.day) for one in found if not one.is_scheduled)
    return _page(kept, form, found)


def _dates(words: str) -> list[date]:
    """The dates the page carried along; none when somebody else wrote them."""
    try:
        return [date.fromisoformat(word) for word in words.split()]
    except ValueError:
        return []


@blueprint.route("/series/<int:series>/edit", methods=["GET", "POST"])
def edit_series(series: int) -> ResponseReturnValue:
    kept = _kept(series)
    form = SeriesForm(data=as_typed(kept))
    saved = ""
    if form.submitted():
        try:
            with transaction():
                commands.change(me(), kept, version=form.version.data or 0, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            kept = _kept(series)  # as it is now
            if refusal.field == "version":
                saved = f"{kept.title}. {queries.in_words(kept)}. {kept.place}"
                form.version.typed = str(kept.version)
        else:
            say("The series is saved. Meetings that are scheduled already stay as they are.")
            return redirect(url_for(".one_series", series=series))
    return render_template("meetings/series_edit.html", form=form, series=kept, saved=saved)


@blueprint.route("/series/<int:series>/end", methods=["GET", "POST"])
def end_series(series: int) -> ResponseReturnValue:
    kept = _kept(series)
    if request.method == "POST":
        with transaction():
            commands.end(me(), kept)
        say("The series has ended. Its meetings stay as they are.")
        return redirect(url_for(".all_series"))
    return render_template("meetings/series_end.html", series=kept)


# --- the template agenda ---------------------------------------------------------------------------------------------


@blueprint.route("/series/<int:series>/agenda", methods=["GET", "POST"])
def add_series_item(series: int) -> ResponseReturnValue:
    kept, form = _kept(series), SeriesItemForm()
    if form.submitted():
        try:
            with transaction():
                commands.add_item(me(), kept, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"“{form.title.data}” is on the template agenda.")
            return redirect(url_for(".one_series", series=series))
    return render_template("meetings/series_item.html", form=form, series=kept, item=None)


@blueprint.route("/series/<int:series>/agenda/<int:item_id>", methods=["GET", "POST"])
def change_series_item(series: int, item_id: int) -> ResponseReturnValue:
    kept = _kept(series)
    item = queries.item(kept, item_id)
    form = SeriesItemForm(data=item_as_typed(item))
    if form.submitted():
        try:
            with transaction():
                commands.change_item(me(), kept, item, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"“{form.title.data}” is saved.")
            return redirect(url_for(".one_series", series=series))
    return render_template("meetings/series_item.html", form=form, series=kept, item=item)


@blueprint.post("/series/<int:series>/agenda/<int:item_id>/move")
def move_series_item(series: int, item_id: int) -> ResponseReturnValue:
    kept, form = _kept(series), MoveForm()
    if form.submitted():
        with transaction():
            item = queries.item(kept, item_id)
            commands.move_item(me(), kept, item, by=form.by.data, seen_at=form.seen_at.data or 0)
    return redirect(url_for(".one_series", series=series, _anchor="agenda"))


@blueprint.post("/series/<int:series>/agenda/<int:item_id>/remove")
def remove_series_item(series: int, item_id: int) -> ResponseReturnValue:
    kept = _kept(series)
    item = queries.item(kept, item_id)
    title = item.title
    with transaction():
        commands.remove_item(me(), kept, item)
    say(f"“{title}” is off the template agenda.")
    return redirect(url_for(".one_series", series=series, _anchor="agenda"))
