"""Checking in at a meeting with the code shown in the room."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings.commands import attendance
from forum.meetings.models import Mode
from forum.web.furniture import me, say
from forum.web.meetings.forms.attendance import CheckInForm

blueprint = Blueprint("check_in", __name__, url_prefix="/check-in")


@blueprint.route("", methods=["GET", "POST"])
@blueprint.route("/<code>", methods=["GET", "POST"])
def check_in(code: str = "") -> ResponseReturnValue:
    """The code, and a button. Looking tells nobody whether a code is right: only trying does, and tries are counted."""
    form = CheckInForm(data={"code": code[:40], "mode": Mode.IN_PERSON})
    if form.submitted():
        try:
            with transaction():
                meeting = attendance.check_in(me(), form.code.data, form.mode.data)
            if meeting is None:  # the wrong code is counted, and must be kept
                raise Rejected("This is not the code of a meeting. Check the letters and try again", "code")
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"You are checked in at “{meeting.title}”")
            return redirect(url_for("meetings.show", number=meeting.id))
    return render_template("meetings/check_in.html", form=form)
