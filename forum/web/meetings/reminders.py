"""Reminders about a meeting: which there are, what each says to whom, set, changed, removed."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings.commands import reminding
from forum.meetings.models import Meeting, Reminder
from forum.meetings.queries import reminders as queries
from forum.meetings.rules import reminders as rules
from forum.web.furniture import me, only_if, plural, say
from forum.web.meetings.forms import new_key
from forum.web.meetings.forms.reminders import SEGMENTS, ReminderForm, as_typed, in_words
from forum.web.meetings.routes import blueprint, kept
from forum.web.trying_out import test_to_me


@blueprint.get("/<int:number>/reminders")
def reminders(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    return render_template(
        "meetings/reminders.html",
        meeting=meeting,
        reminders=queries.of_meeting(meeting),
        counts=queries.counts(meeting),
        segments=SEGMENTS,
        when=queries.when,
        in_words=in_words,
        may_remind=_may_remind(meeting),
        usual=[f"{SEGMENTS[segment].lower()}: {plural(days, 'day')} before" for segment, days in rules.USUAL],
    )


def _may_remind(meeting: Meeting) -> bool:
    try:
        rules.check_reminding(meeting, clock.now())
    except Rejected:
        return False
    return True


@blueprint.route("/<int:number>/reminders/new", methods=["GET", "POST"])
def set_reminder(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    form = ReminderForm(data={"form_key": new_key()})
    form.offer(queries.counts(meeting))
    if form.submitted():
        try:
            with transaction():
                reminder = reminding.remind(me(), meeting, form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            say("The reminder is set. This is what it will say.")
            return redirect(url_for(".show_reminder", number=number, reminder_id=reminder.id))
    return render_template("meetings/reminder_form.html", meeting=meeting, form=form, reminder=None)


@blueprint.post("/<int:number>/reminders/usual")
def set_usual_reminders(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        count = reminding.remind_as_usual(me(), meeting)
    if count:
        say(f"{plural(count, 'reminder is', 'reminders are')} set.")
    else:
        say("The meeting has these reminders already, or their days have passed.", "important")
    return redirect(url_for(".reminders", number=number))


@blueprint.get("/<int:number>/reminders/<int:reminder_id>")
def show_reminder(number: int, reminder_id: int) -> ResponseReturnValue:
    """To how many it would go now, and what the first of them would read."""
    meeting = kept(number)
    reminder = _there(meeting, reminder_id)
    people = queries.people(meeting, reminder.segment, limit=1)
    return render_template(
        "meetings/reminder.html",
        meeting=meeting,
        reminder=reminder,
        due_at=queries.when(reminder),
        segment=SEGMENTS[reminder.segment],
        in_words=in_words(reminder),
        count=queries.counts(meeting)[reminder.segment],
        sample=reminding.sample(meeting, reminder, people[0]) if people else None,
        sender=letters.sender(),
        may_change=reminder.settled_at is None and not reminder.letters and _may_remind(meeting),
    )


def _there(meeting: Meeting, reminder_id: int) -> Reminder:
    reminder = queries.reminder(meeting, reminder_id)
    only_if(reminder.removed_at is None)
    return reminder


@blueprint.route("/<int:number>/reminders/<int:reminder_id>/edit", methods=["GET", "POST"])
def change_reminder(number: int, reminder_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    reminder = _there(meeting, reminder_id)
    form = ReminderForm(data=as_typed(reminder))
    form.offer(queries.counts(meeting))
    if form.submitted():
        try:
            with transaction():
                reminding.change(me(), meeting, reminder, form.version.data or 0, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
            reminder = _there(meeting, reminder_id)  # as it is now
            form.version.typed = str(reminder.version)
        else:
            say("The reminder is changed. This is what it will say.")
            return redirect(url_for(".show_reminder", number=number, reminder_id=reminder_id))
    return render_template("meetings/reminder_form.html", meeting=meeting, form=form, reminder=reminder)


@blueprint.post("/<int:number>/reminders/<int:reminder_id>/test")
def test_reminder(number: int, reminder_id: int) -> ResponseReturnValue:
    """What the first person it is for would get, to whoever asks for it."""
    meeting = kept(number)
    reminder = _there(meeting, reminder_id)
    people = queries.people(meeting, reminder.segment, limit=1)
    only_if(bool(people))
    test_to_me(reminding.sample(meeting, reminder, people[0]))
    return redirect(url_for(".show_reminder", number=number, reminder_id=reminder_id))


@blueprint.post("/<int:number>/reminders/<int:reminder_id>/remove")
def remove_reminder(number: int, reminder_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    reminder = queries.reminder(meeting, reminder_id)
    with transaction():
        reminding.remove(me(), meeting, reminder)
    say("The reminder is removed. Nothing will be sent.")
    return redirect(url_for(".reminders", number=number))
