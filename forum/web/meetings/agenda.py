"""The agenda of a meeting: added to, changed, put in order."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.commands import agendas
from forum.meetings.models import Meeting
from forum.web.furniture import me, say
from forum.web.meetings import forms
from forum.web.meetings.routes import blueprint, kept


@blueprint.route("/<int:number>/agenda", methods=["GET", "POST"])
def agenda(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    form = forms.ItemForm(data={"form_key": forms.new_key()})
    if form.submitted():
        try:
            with transaction():
                item = agendas.add_item(me(), meeting, form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = queries.get(me(), number)
        else:
            say(f"“{item.title}” is on the agenda")
            return redirect(url_for(".agenda", number=number))
    return _page(meeting, form)


def _page(meeting: Meeting, form: forms.ItemForm) -> str:
    items = queries.agenda(meeting)
    return render_template(
        "meetings/agenda.html",
        meeting=meeting,
        form=form,
        items=items,
        purposes=forms.PURPOSES,
        overrun=queries.overrun(meeting, items),
        may_change=rules.may_schedule(me()),
    )


@blueprint.route("/<int:number>/agenda/<int:item_id>", methods=["GET", "POST"])
def change_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    form = forms.ItemForm(data=forms.item_as_typed(item))
    saved = None
    if form.submitted():
        try:
            with transaction():
                agendas.change_item(me(), meeting, item, version=form.version.data or 0, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
            item = queries.item(meeting, item_id)  # as it is now
            if refusal.field == "version":
                saved = item
                form.version.typed = str(item.version)
        else:
            say(f"“{item.title}” is saved")
            return redirect(url_for(".agenda", number=number))
    return render_template(
        "meetings/item.html", meeting=meeting, item=item, form=form, saved=saved, purposes=forms.PURPOSES
    )


@blueprint.post("/<int:number>/agenda/<int:item_id>/move")
def move_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    form = forms.MoveForm()
    if form.submitted():
        with transaction():
            agendas.move_item(me(), meeting, item, by=form.by.data, seen_at=form.seen_at.data or 0)
    return redirect(url_for(".agenda", number=number, _anchor=f"item-{item_id}"))


@blueprint.post("/<int:number>/agenda/<int:item_id>/remove")
def remove_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    title = item.title
    with transaction():
        agendas.remove_item(me(), meeting, item)
    say(f"“{title}” is off the agenda")
    return redirect(url_for(".agenda", number=number))
