"""What is done with a meeting from its desk: opening it, seeing who comes, making another one like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.base.words import plural
from forum.meetings import queries, rules
from forum.meetings.commands import duplicating, scheduling
from forum.meetings.models import Meeting, Stage
from forum.meetings.queries import ItemRow, desk
from forum.web.furniture import me, only_if, say
from forum.web.meetings import forms
from forum.web.meetings.forms.series import DuplicateForm
from forum.web.meetings.routes import blueprint, described, kept


@blueprint.get("/<int:number>/open")
def opening(number: int) -> ResponseReturnValue:
    """What members will see, before they do."""
    meeting = kept(number)
    only_if(meeting.stage is Stage.DRAFT)
    items = queries.agenda(meeting)
    return render_template(
        "meetings/open.html",
        meeting=meeting,
        items=items,
        purposes=forms.PURPOSES,
        about=described(meeting),
        is_for_invited_only=meeting.kind in rules.INVITE_ONLY,
        warnings=list(_warnings(meeting, items)),
    )


def _warnings(meeting: Meeting, items: list[ItemRow]) -> Iterator[str]:
    overrun = queries.overrun(meeting, items)
    if overrun > 0 and items:
        yield f"The agenda is {plural(overrun, 'minute')} longer than the meeting."
    if meeting.ends_at <= clock.now():
        yield "The date of the meeting has passed, so no invitations can be sent."


@blueprint.post("/<int:number>/open")
def open_(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        scheduling.open_meeting(me(), meeting)
    who = "those you invite" if meeting.kind in rules.INVITE_ONLY else "members"
    say(f"The meeting is open: {who} can see it. No mail has been sent yet.")
    return redirect(url_for(".show", number=number))


@blueprint.get("/<int:number>/coming")
def coming(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    invitation = queries.invitation_of(me(), meeting)
    only_if(rules.may_see_who_comes(me(), meeting, is_invited=invitation is not None))
    people = desk.coming(meeting)
    by_organisation: dict[str, list[desk.ComerRow]] = defaultdict(list)
    for person in people:
        by_organisation[person.organisation].append(person)
    return render_template("meetings/coming.html", meeting=meeting, people=people, by_organisation=by_organisation)


@blueprint.route("/<int:number>/duplicate", methods=["GET", "POST"])
def duplicate(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    starts, ends = clock.london(meeting.starts_at).time(), clock.london(meeting.ends_at).time()
    typed = {"title": meeting.title, "starts": starts, "ends": ends, "form_key": forms.new_key()}
    form = DuplicateForm(data=typed)
    if form.submitted():
        try:
            with transaction():
                made = duplicating.duplicate(me(), meeting, form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            say(f"{made.reference} is saved as a draft, with the details, agenda and audience of {meeting.reference}.")
            return redirect(url_for(".show", number=made.id))
    return render_template("meetings/duplicate.html", form=form, meeting=meeting)
