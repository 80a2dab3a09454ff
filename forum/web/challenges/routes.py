"""The log, one challenge and what is done with it, and "You said, we did"."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, history
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.challenges import commands, exports, queries, rules
from forum.challenges.models import PROGRESS, RESPONSE, Challenge
from forum.challenges.queries import agendas
from forum.members.queries import owner_choices
from forum.reference.models import Marking, Priority, Theme
from forum.reference.queries import choices_of
from forum.web.challenges.forms import (
    AnsweredFilter,
    EditForm,
    LogFilter,
    OwnerForm,
    ProgressForm,
    ResponseForm,
    StatusForm,
)
from forum.web.fields import Form
from forum.web.furniture import me, only_if, say, site

blueprint = Blueprint("challenges", __name__)

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


# --- the log ---------------------------------------------------------------------------------------------------------


@blueprint.get("/challenges")
def log() -> ResponseReturnValue:
    form = LogFilter().offer(queries.choices())
    page = queries.log(me(), form.details(), request.args.get("key"))
    return render_template(
        "challenges/log.html",
        form=form,
        page=page,
        counts=queries.counts(),
        may_export=rules.may_answer(me()),
        page_marking=_marking(any(row.is_sensitive for row in page.items)),
    )


@blueprint.get("/challenges/export.<any(csv, ods):kind>")
def export(kind: str) -> ResponseReturnValue:
    """The filtered log as a file. Who took it is in the history."""
    only_if(rules.may_answer(me()))
    form = LogFilter().offer(queries.choices())
    rows, out = queries.export_rows(me(), form.details()), BytesIO()
    narrowed = "; ".join(words for words, _ in form.chips()) or "The whole log"
    if kind == "csv":
        exports.as_csv(rows, out)
    else:
        exports.as_ods(rows, out, site().name, clock.now(), narrowed)
    with transaction():
        history.note(me(), "exported", me(), what="challenges log", kind=kind, rows=len(rows), narrowed=narrowed)
    headers = {"Content-Disposition": f'attachment; filename="challenges-log.{kind}"'}
    return Response(out.getvalue(), content_type=TYPES[kind], headers=headers)


@blueprint.get("/you-said-we-did")
def answered() -> ResponseReturnValue:
    form = AnsweredFilter().offer(queries.choices())
    page = queries.answered(me(), **form.details(), key=request.args.get("key"))
    marking = _marking(any(row.is_sensitive for row in page.items))
    return render_template("challenges/answered.html", form=form, page=page, page_marking=marking)


# --- one challenge ---------------------------------------------------------------------------------------------------


@blueprint.get("/challenges/<int:number>")
def show(number: int) -> ResponseReturnValue:
    challenge = queries.get(me(), number)
    quotes, steps = queries.quotes_of(me(), challenge), queries.steps_of(challenge)
    responses = [step for step in steps if step.kind == RESPONSE]
    due_on, today = challenge.response_due_on, clock.today()
    return render_template(
        "challenges/show.html",
        challenge=challenge,
        quotes=quotes,
        responses=responses,
        progress=[step for step in steps if step.kind == PROGRESS],
        changes=[step for step in steps if step.status],
        is_overdue=rules.is_overdue(due_on, challenge.is_closed, bool(responses), today),
        backing=queries.backing_of(me(), challenge),
        is_yours=any(quote.is_yours for quote in quotes),
        on_agendas=agendas.agendas_of(me(), challenge),
        prevalence=rules.PREVALENCE,
        impact=rules.IMPACT,
        may_keep=rules.may_keep(me()),
        may_answer=rules.may_answer(me()),
        page_marking=rules.highest([challenge.marking, *(quote.marking for quote in quotes)]).value,
    )


@blueprint.route("/challenges/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    challenge = _to_answer(number)
    priorities, themes = choices_of(Priority, Theme)
    form = EditForm.of(challenge).offer(priorities, themes, challenge).show(queries.backing_of(me(), challenge))
    if form.submitted():
        try:
            with transaction():
                commands.edit(me(), challenge, **form.details())
        except Rejected as refusal:
            challenge = _refused(form, refusal, number)
        else:
            return _done(number, "The challenge is saved")
    return render_template("challenges/edit.html", form=form, challenge=challenge)


@blueprint.route("/challenges/<int:number>/owner", methods=["GET", "POST"])
def assign(number: int) -> ResponseReturnValue:
    challenge = _to_answer(number)
    form = OwnerForm.of(challenge, owner_choices())
    if form.submitted():
        try:
            with transaction():
                commands.assign(me(), challenge, **form.details())
        except Rejected as refusal:
            challenge = _refused(form, refusal, number)
        else:
            return _done(number, "The owner and the date are saved")
    return render_template("challenges/owner.html", form=form, challenge=challenge)


@blueprint.route("/challenges/<int:number>/status", methods=["GET", "POST"])
def change_status(number: int) -> ResponseReturnValue:
    challenge = _to_answer(number)
    form = StatusForm.of(challenge)
    if form.submitted():
        try:
            with transaction():
                commands.change_status(me(), challenge, **form.details())
        except Rejected as refusal:
            challenge = _refused(form, refusal, number)
            form.offer(challenge)
        else:
            return _done(number, f"The status is now: {challenge.status.label.lower()}")
    return render_template("challenges/status.html", form=form, challenge=challenge)


@blueprint.route("/challenges/<int:number>/response", methods=["GET", "POST"])
def respond(number: int) -> ResponseReturnValue:
    challenge = _to_answer(number)
    form = ResponseForm.of(challenge)
    if form.submitted():
        try:
            with transaction():
                commands.respond(me(), challenge, **form.details())
        except Rejected as refusal:
            challenge = _refused(form, refusal, number)
            form.offer(challenge)
        else:
            return _done(number, "The response is published")
    return render_template("challenges/response.html", form=form, challenge=challenge)


@blueprint.route("/challenges/<int:number>/progress", methods=["GET", "POST"])
def report_progress(number: int) -> ResponseReturnValue:
    challenge = _to_answer(number)
    form = ProgressForm.new()
    if form.submitted():
        try:
            with transaction():
                commands.report_progress(me(), challenge, form.text.data, form_key=form.form_key.data)
        except Rejected as refusal:
            form.reject(refusal)
            challenge = queries.get(me(), number)
        else:
            return _done(number, "The progress is on the challenge's page")
    return render_template("challenges/progress.html", form=form, challenge=challenge)


def _to_answer(number: int) -> Challenge:
    """The challenge, for those who may do something with it."""
    only_if(rules.may_answer(me()))
    return queries.get(me(), number)


def _refused(form: Form, refusal: Rejected, number: int) -> Challenge:
    """Say why on the form. The challenge as it is now then stands beside it, so saving again goes ahead knowingly."""
    challenge = queries.get(me(), number)
    form.reject(refusal)
    form.theirs = challenge.version != form.version.data
    form.version.typed = str(challenge.version)
    return challenge


def _done(number: int, what: str) -> ResponseReturnValue:
    say(what)
    return redirect(url_for(".show", number=number))


def _marking(is_sensitive: bool) -> str:
    return str((Marking.SENSITIVE if is_sensitive else Marking.OFFICIAL).value)
