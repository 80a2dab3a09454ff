"""Drafts: saved by the page's script as somebody types, or by a button."""

from __future__ import annotations

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback.commands import drafting
from forum.web.feedback.drafted import typed
from forum.web.feedback.routes import blueprint
from forum.web.furniture import me, say


@blueprint.post("/draft")
def save_draft() -> ResponseReturnValue:
    """Answers with what to say about it: the moment, and whether another window saved something else."""
    about, form_key = request.form.get("about", ""), request.form.get("form_key", "")[:64]
    try:
        with transaction():
            saved = drafting.save(me(), about, typed(), form_key)
    except Rejected as refusal:
        return jsonify(message=refusal.message), 400
    if saved is None:
        return jsonify(message="This has been posted already")
    words = f"Draft saved {clock.show_time(saved.draft.saved_at)}"
    if saved.is_beside:
        words += ". You have another draft too: both are kept"
    return jsonify(message=words)


@blueprint.post("/drafts/<int:number>/throw-away")
def throw_draft_away(number: int) -> ResponseReturnValue:
    with transaction():
        drafting.throw_away(me(), number)
    say("The draft is thrown away")
    return redirect(url_for(".post"))
