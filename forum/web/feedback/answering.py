"""What officials do about a thread: give it to an officer, note something among themselves, see how far it is read."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback import queries
from forum.feedback.commands import answering as commands
from forum.feedback.queries import answering, figures
from forum.feedback.rules import answering as rules
from forum.web.feedback.routes import blueprint
from forum.web.fields import Form, HiddenField, LongTextField, SelectField, choices
from forum.web.furniture import me, only_if, say


class AssignForm(Form):
    officer = SelectField("Who answers it?", blank="Nobody yet", mark_optional=False)


class NoteForm(Form):
    form_key = HiddenField(max_length=64)
    words = LongTextField(
        "Internal note", required="Enter your note", rows=6,
        hint="Officials and the secretariat read it, members do not. It may be disclosed under the Freedom of "
        "Information Act.",
    )  # fmt: skip


@blueprint.route("/<int:number>/assign", methods=["GET", "POST"])
def assign(number: int) -> ResponseReturnValue:
    only_if(rules.may_work(me()))
    feedback = queries.get(me(), number)
    form = AssignForm() if request.method == "POST" else AssignForm(data={"officer": feedback.assigned_to_id})
    form.officer.choices = choices(answering.officers())
    if form.submitted():
        try:
            with transaction():
                commands.assign(me(), feedback, form.officer.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("It is theirs to answer, and they are told" if form.officer.data else "Nobody is to answer it yet")
            return redirect(url_for(".show", number=number))
    return render_template("feedback/assign.html", form=form, feedback=feedback)


@blueprint.route("/<int:number>/note", methods=["GET", "POST"])
def note(number: int) -> ResponseReturnValue:
    only_if(rules.may_work(me()))
    feedback = queries.get(me(), number)
    form = NoteForm() if request.method == "POST" else NoteForm(data={"form_key": secrets.token_urlsafe(16)})
    if form.submitted():
        try:
            with transaction():
                commands.note(me(), number, form.words.data, form.form_key.data or None)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            return redirect(url_for(".show", number=number, _anchor="notes"))
    return render_template("feedback/note.html", form=form, feedback=feedback)


@blueprint.get("/<int:number>/reach")
def reach(number: int) -> ResponseReturnValue:
    only_if(rules.may_work(me()))
    thread, key = queries.thread(me(), number), request.args.get("key")
    found = figures.figures(number)
    page = figures.missing(number, key) if found.missing else None
    return render_template("feedback/reach.html", thread=thread, figures=found, page=page, is_open=key is not None)
