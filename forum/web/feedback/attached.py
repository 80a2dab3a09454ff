"""Files of posts: handed out, added later, removed."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback import queries
from forum.feedback.commands import attaching
from forum.feedback.models import Feedback, Reply
from forum.feedback.queries import attaching as reading
from forum.feedback.rules import attaching as rules
from forum.web.feedback import parking
from forum.web.feedback.checking import place
from forum.web.feedback.forms import FilesForm, ReasonForm
from forum.web.feedback.routes import blueprint
from forum.web.furniture import me, only_if, plural, say, takes_files
from forum.web.sending import sent_or_kept


@blueprint.get("/<int:number>/files/<int:file_number>")
def read_file(number: int, file_number: int) -> ResponseReturnValue:
    served = reading.served(me(), number, file_number)
    return sent_or_kept(served.file, served.name, is_shown=served.is_picture)


@blueprint.route("/<int:number>/files/add", methods=["GET", "POST"])
@takes_files
def add_files(number: int) -> ResponseReturnValue:
    return _add(queries.get(me(), number))


@blueprint.route("/<int:number>/replies/<int:reply_number>/files/add", methods=["GET", "POST"])
@takes_files
def add_files_to_reply(number: int, reply_number: int) -> ResponseReturnValue:
    return _add(queries.get_reply(me(), number, reply_number))


def _add(post: Feedback | Reply) -> ResponseReturnValue:
    only_if(rules.may_add(me(), post))
    back = place(post)
    files = parking.take_in(None)
    kind = FilesForm.with_files(files.parked)
    form = kind() if request.method == "POST" else kind(data={"form_key": secrets.token_urlsafe(16)})
    if not set(parking.BUTTONS) & request.form.keys() and form.submitted() and not files.refusals:
        try:
            with transaction():
                added = attaching.add(me(), post, form.form_key.data, form.described())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{plural(added, 'file')} added")
            return redirect(back)
    form.refuse(files.refusals)
    return render_template("feedback/add_files.html", form=form, back_to=back)


@blueprint.route("/<int:number>/files/<int:file_number>/remove", methods=["GET", "POST"])
def remove_file(number: int, file_number: int) -> ResponseReturnValue:
    thread = queries.get(me(), number)
    file = reading.get(number, file_number)
    post = queries.get_reply(me(), number, file.reply_id) if file.reply_id else thread
    only_if(rules.may_remove(me(), post))
    form, is_own, back = ReasonForm(), post.author_id == me().id, place(post)
    if is_own:
        del form.reason
    if form.submitted():
        try:
            with transaction():
                attaching.remove(me(), post, file, "" if is_own else form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("The file is removed")
            return redirect(back)
    name = f"FB-{number}-{file_number}"
    return render_template("feedback/remove_file.html", form=form, name=name, is_own=is_own, back_to=back)
