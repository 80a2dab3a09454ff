"""The agenda of a meeting: added to, changed, put in order; and how the meeting runs against it."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.challenges.queries import agendas as challenges
from forum.meetings import queries, rules
from forum.meetings.commands import agendas
from forum.meetings.models import Meeting
from forum.meetings.queries import ItemRow, papers
from forum.meetings.queries import agendas as agenda_queries
from forum.meetings.rules import agendas as agenda_rules
from forum.meetings.rules import proposals as proposal_rules
from forum.web.furniture import me, only_if, say
from forum.web.meetings import forms
from forum.web.meetings.forms import agenda as agenda_forms
from forum.web.meetings.routes import blueprint, kept


@blueprint.route("/<int:number>/agenda", methods=["GET", "POST"])
def agenda(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    items = queries.agenda(meeting)
    form = _new_item(items)
    if form.submitted():
        try:
            with transaction():
                item = agendas.add_item(me(), meeting, form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = queries.get(me(), number)
            items = queries.agenda(meeting)
        else:
            say(f"“{item.title}” is on the agenda")
            return redirect(url_for(".agenda", number=number))
    return _page(meeting, items, form)


def _new_item(items: list[ItemRow]) -> agenda_forms.NewItemForm:
    form = agenda_forms.NewItemForm(data={"form_key": forms.new_key()})
    if rules.may_schedule(me()):
        form.offer(agenda_queries.lead_choices())
        form.offer_parents(items)
    return form


def _page(meeting: Meeting, items: list[ItemRow], form: agenda_forms.NewItemForm) -> str:
    now = clock.now()
    return render_template(
        "meetings/agenda.html",
        meeting=meeting,
        form=form,
        items=items,
        nested=agenda_queries.nested(items),
        order=agenda_queries.order(items),
        marks=challenges.on_agenda(me(), meeting) if items else {},
        item_papers=papers.by_item(me(), meeting) if items else {},
        purposes=forms.PURPOSES,
        overrun=queries.overrun(meeting, items),
        may_change=rules.may_schedule(me()) and meeting.cancelled_at is None,
        may_lead=agenda_rules.may_lead_through(me(), meeting),
        may_propose=proposal_rules.may_propose(me(), meeting, now),
    )


@blueprint.route("/<int:number>/agenda/<int:item_id>", methods=["GET", "POST"])
def change_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    form = agenda_forms.ItemForm(data=agenda_forms.item_as_typed(item))
    form.offer(agenda_queries.lead_choices(kept=item.lead_id))
    form.show(item)
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


# --- in order ----------------------------------------------------------------------------------------------------------
# Each leads back to the agenda; a browser with script puts that in place of what it shows.


@blueprint.post("/<int:number>/agenda/order")
def put_in_order(number: int) -> ResponseReturnValue:
    """The whole order, from dragging."""
    meeting = kept(number)
    form = agenda_forms.OrderForm()
    if form.submitted():
        try:
            with transaction():
                agendas.put_in_order(me(), meeting, order=form.order.data or "", seen=form.seen.data or "")
        except Rejected as refusal:
            say(refusal.message, "problem")
    return redirect(url_for(".agenda", number=number))


@blueprint.post("/<int:number>/agenda/<int:item_id>/move")
def move_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    form = forms.MoveForm()
    if form.submitted():
        with transaction():
            agendas.move_item(me(), meeting, item, by=form.by.data, seen_at=form.seen_at.data or 0)
    return _back_to(number, item_id)


@blueprint.post("/<int:number>/agenda/<int:item_id>/part")
def make_part(number: int, item_id: int) -> ResponseReturnValue:
    """Make it a sub-item of the one before it."""
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    form = agenda_forms.PartForm()
    if form.submitted():
        try:
            with transaction():
                agendas.make_part(me(), meeting, item, seen_at=form.seen_at.data or 0)
        except Rejected as refusal:
            say(refusal.message, "problem")
    return _back_to(number, item_id)


@blueprint.post("/<int:number>/agenda/<int:item_id>/whole")
def make_whole(number: int, item_id: int) -> ResponseReturnValue:
    """Make it an item of its own."""
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    with transaction():
        agendas.make_whole(me(), meeting, item)
    return _back_to(number, item_id)


@blueprint.post("/<int:number>/agenda/<int:item_id>/remove")
def remove_item(number: int, item_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    item = queries.item(meeting, item_id)
    title = item.title
    try:
        with transaction():
            agendas.remove_item(me(), meeting, item)
    except Rejected as refusal:
        say(refusal.message, "problem")
    else:
        say(f"“{title}” is off the agenda")
    return redirect(url_for(".agenda", number=number))


def _back_to(number: int, item_id: int) -> ResponseReturnValue:
    return redirect(url_for(".agenda", number=number, _anchor=f"item-{item_id}"))


# --- on the day --------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:number>/agenda/live")
def live(number: int) -> ResponseReturnValue:
    """Which item should be running, and when the others start if everything is so many minutes late."""
    meeting = queries.get(me(), number)
    only_if(agenda_rules.may_lead_through(me(), meeting))
    form = agenda_forms.LateForm()
    late = form.minutes()
    items, now = queries.agenda(meeting), clock.now()
    return render_template(
        "meetings/live.html",
        meeting=meeting,
        filters=form,
        late=late,
        run=agenda_queries.running(meeting, items, late, now),
        now=now,
    )
