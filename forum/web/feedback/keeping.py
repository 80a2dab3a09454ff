"""Editing, filing, withdrawing, closing: what is done with feedback that is there."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback import commands, queries, rules
from forum.feedback.commands.asking import to_ask
from forum.feedback.models import Feedback, Reply
from forum.feedback.queries import asking
from forum.feedback.rules.asking import Asked
from forum.web.feedback.checking import place
from forum.web.feedback.forms import EditForm, EditReplyForm, FilingForm, ReasonForm, attributions
from forum.web.feedback.routes import asked_about, blueprint, chosen_themes, confirmations, offer
from forum.web.furniture import me, only_if, say


@blueprint.route("/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    feedback = queries.get(me(), number)
    only_if(rules.may_edit(me(), feedback))
    return _save(feedback, EditForm, "feedback/edit.html")


@blueprint.route("/<int:number>/file", methods=["GET", "POST"])
def file(number: int) -> ResponseReturnValue:
    feedback = queries.get(me(), number)
    only_if(rules.may_classify(me(), feedback))
    return _save(feedback, FilingForm, "feedback/file.html")


def _save(feedback: Feedback, kind: type[FilingForm], template: str) -> ResponseReturnValue:
    is_edit = kind is EditForm
    kind = _with_questions(feedback) if is_edit else kind
    form = kind() if request.method == "POST" else kind.of(feedback)
    offer(form)
    form.keep_offering(feedback)
    number, theirs = feedback.id, None
    worries: Rejected | None = None
    if "ask" not in request.form and form.submitted():
        details = form.details() | (confirmations() if is_edit else {})
        try:
            with transaction():
                (commands.edit if is_edit else commands.classify)(me(), feedback, **details)
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
            feedback = queries.get(me(), number)
            theirs = _newer(form, feedback)
        else:
            say("Your changes are saved")
            return redirect(url_for(".show", number=number))
    return render_template(template, form=form, feedback=feedback, theirs=theirs, **asked_about(worries))


def _with_questions(feedback: Feedback) -> type[EditForm]:
    """The form with what its themes ask, and what was answered before."""
    before = asking.answers(feedback.id)
    theme_ids = chosen_themes() if request.method == "POST" else [theme.id for theme in feedback.themes]
    asked = to_ask(theme_ids, before)
    kept: type[EditForm] = EditForm.asking(asked, {Asked(one.label).key: one.words for one in before})
    return kept


@blueprint.route("/<int:number>/replies/<int:reply_number>/edit", methods=["GET", "POST"])
def edit_reply(number: int, reply_number: int) -> ResponseReturnValue:
    reply = queries.get_reply(me(), number, reply_number)
    only_if(rules.may_edit(me(), reply))
    form = EditReplyForm() if request.method == "POST" else EditReplyForm.of(reply)
    form.attribution.choices = attributions(me())
    theirs: Feedback | Reply | None = None
    worries: Rejected | None = None
    if form.submitted():
        version = form.version.data or 0
        try:
            with transaction():
                said = form.body.data, form.attribution.data
                commands.edit_reply(me(), reply, *said, version=version, **confirmations())
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
            reply = queries.get_reply(me(), number, reply_number)
            theirs = _newer(form, reply)
        else:
            say("Your changes are saved")
            return redirect(place(reply))
    return render_template(
        "feedback/edit_reply.html", form=form, reply=reply, number=number, theirs=theirs, **asked_about(worries)
    )


def _newer(form: FilingForm | EditReplyForm, saved: Feedback | Reply) -> Feedback | Reply | None:
    """What somebody else saved meanwhile, to be shown beside; having seen it, the person may save over it."""
    if form.version.data == saved.version:
        return None
    form.version.typed = str(saved.version)
    return saved


@blueprint.route("/<int:number>/withdraw", methods=["GET", "POST"])
def withdraw(number: int) -> ResponseReturnValue:
    return _withdraw(queries.get(me(), number))


@blueprint.route("/<int:number>/replies/<int:reply_number>/withdraw", methods=["GET", "POST"])
def withdraw_reply(number: int, reply_number: int) -> ResponseReturnValue:
    return _withdraw(queries.get_reply(me(), number, reply_number))


def _withdraw(post: Feedback | Reply) -> ResponseReturnValue:
    only_if(rules.may_withdraw(me(), post))
    form, back, is_own = ReasonForm(), place(post), post.author_id == me().id
    is_thread = isinstance(post, Feedback)
    if form.submitted():
        try:
            with transaction():
                commands.withdraw(me(), post, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("The feedback is withdrawn" if is_thread else "The reply is withdrawn")
            return redirect(back)
    return render_template("feedback/withdraw.html", form=form, place=back, is_own=is_own, is_thread=is_thread)


@blueprint.route("/<int:number>/close", methods=["GET", "POST"])
def close(number: int) -> ResponseReturnValue:
    feedback = queries.get(me(), number)
    only_if(rules.may_close(me(), feedback))
    form = ReasonForm()
    if form.submitted():
        try:
            with transaction():
                commands.close(me(), feedback, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("The thread is closed")
            return redirect(url_for(".show", number=number))
    return render_template("feedback/close.html", form=form, number=number)


@blueprint.post("/<int:number>/reopen")
def reopen(number: int) -> ResponseReturnValue:
    feedback = queries.get(me(), number)
    only_if(rules.may_close(me(), feedback))
    with transaction():
        commands.reopen(me(), feedback)
    say("The thread is open again")
    return redirect(url_for(".show", number=number))
