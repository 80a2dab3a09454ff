"""The minutes of a meeting: read, written item by item, published."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.meetings import queries as meetings
from forum.meetings.models import Meeting
from forum.minutes import commands, queries, rules
from forum.minutes.models import MinuteItem, Minutes
from forum.web.furniture import me, only_if, say
from forum.web.minutes.forms import ItemForm, ReasonForm

blueprint = Blueprint("minutes", __name__, url_prefix="/meetings")


@blueprint.get("/<int:number>/minutes")
def show(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    minutes = queries.find(me(), meeting)
    only_if(minutes is not None or rules.may_write(me()))
    return render_template("minutes/show.html", meeting=meeting, minutes=minutes, may_write=rules.may_write(me()))


@blueprint.post("/<int:number>/minutes")
def begin(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    try:
        with transaction():
            commands.begin(me(), meeting)
    except Rejected as refusal:
        say(refusal.message, "problem")
    return redirect(url_for(".show", number=number))


def _item(number: int, item_id: int) -> tuple[Meeting, Minutes, MinuteItem]:
    meeting = meetings.get(me(), number)
    only_if(rules.may_write(me()))
    minutes = queries.get(me(), meeting)
    item = next((item for item in minutes.items if item.id == item_id), None)
    if item is None:
        raise NotFound
    return meeting, minutes, item


@blueprint.route("/<int:number>/minutes/<int:item_id>", methods=["GET", "POST"])
def write(number: int, item_id: int) -> ResponseReturnValue:
    meeting, minutes, item = _item(number, item_id)
    form = ItemForm(obj=item)
    theirs = ""
    if form.submitted():
        try:
            with transaction():
                commands.save_item(me(), minutes, item, form.source.data, form.version.data)
        except Rejected as refusal:
            form.reject(refusal)
            meeting, minutes, item = _item(number, item_id)  # as they are now
            if form.version.data != item.version:
                theirs = item.source
                form.version.typed = str(item.version)
        else:
            say(f"“{item.heading}” is saved")
            return redirect(_after(number, minutes, item))
    return render_template("minutes/write.html", form=form, meeting=meeting, minutes=minutes, item=item, theirs=theirs)


def _after(number: int, minutes: Minutes, item: MinuteItem) -> str:
    """Where writing goes on: the next item that is still empty, or the whole when none is."""
    later = minutes.items[minutes.items.index(item) + 1 :]
    empty = next((other for other in later if not other.source), None)
    if empty is None:
        return url_for(".show", number=number)
    return url_for(".write", number=number, item_id=empty.id)


@blueprint.post("/<int:number>/minutes/publish")
def publish(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    try:
        with transaction():
            commands.publish(me(), meeting, queries.get(me(), meeting))
    except Rejected as refusal:
        say(refusal.message, "problem")
    else:
        say("The minutes are published: every member can read them now")
    return redirect(url_for(".show", number=number))


@blueprint.route("/<int:number>/minutes/take-back", methods=["GET", "POST"])
def take_back(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    only_if(rules.may_write(me()))
    minutes = queries.get(me(), meeting)
    form = ReasonForm()
    if form.submitted():
        try:
            with transaction():
                commands.take_back(me(), meeting, minutes, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("The minutes are a draft again")
            return redirect(url_for(".show", number=number))
    return render_template("minutes/take_back.html", form=form, meeting=meeting)
