"""From somebody's words to a challenge: choose them, then raise a challenge or add them to one.

The words travel in the body of POST requests, never in an address: addresses end up in logs.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import LARGEST_NUMBER, transaction
from forum.base.errors import NotFound, Rejected
from forum.challenges import commands, queries, rules
from forum.feedback import queries as feedback
from forum.feedback.models import Feedback, Reply
from forum.feedback.queries import supporting
from forum.members.queries import owner_choices
from forum.reference.models import Priority, Theme
from forum.reference.queries import choices_of
from forum.web.challenges.forms import AddForm, RaiseForm, ReasonForm, SentencesForm
from forum.web.challenges.routes import blueprint
from forum.web.fields import Choice
from forum.web.furniture import me, only_if, say


class Post(NamedTuple):
    """A thread's first post (no reply) or one of its replies."""

    feedback: Feedback
    reply: Reply | None

    @property
    def reply_id(self) -> int | None:
        return self.reply.id if self.reply else None

    @property
    def sentences(self) -> list[Choice]:
        return [Choice(*pair) for pair in enumerate(rules.sentences(rules.text_of(self.reply or self.feedback)))]


@blueprint.get("/challenges/words")
def choose_words() -> ResponseReturnValue:
    """The sentences of a post, to tick: the way to cite without script."""
    return _ask_for_words(_post(), is_sent=False)


@blueprint.post("/challenges/raise")
def raise_challenge() -> ResponseReturnValue:
    """The form, filled in from the words that were sent; with its own key, the form itself."""
    post = _post()
    is_first = "form_key" not in request.form
    words = _words(post) if is_first else ""
    if is_first and not words:
        return _ask_for_words(post, is_sent=True)
    form = RaiseForm.about(post.feedback, post.reply_id, words) if is_first else RaiseForm()
    priorities, themes = choices_of(Priority, Theme)
    form.offer(priorities, themes, owner_choices()).show(supporting.together(me(), [post.feedback.id]))
    if not is_first and form.submitted():
        try:
            with transaction():
                passage = commands.Passage(post.feedback, form.words.data, post.reply)
                challenge = commands.open(me(), passage, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            post = _post()
        else:
            say(f"{challenge.reference} is raised")
            return redirect(url_for(".show", number=challenge.id))
    return render_template("challenges/raise.html", form=form, post=post)


@blueprint.post("/challenges/add")
def add_to_challenge() -> ResponseReturnValue:
    """Open challenges to choose from, those nearest to the thread first; `find` narrows them."""
    post = _post()
    is_first = "form_key" not in request.form
    words = _words(post) if is_first else ""
    if is_first and not words:
        return _ask_for_words(post, is_sent=True)
    form = _first_add_form(post, words) if is_first else AddForm()
    found = queries.suggested(me(), post.feedback, form.find.data or "", chosen=_number("challenge"))
    form.offer(found)
    if not is_first and "look" not in request.form and form.submitted():
        try:
            with transaction():
                challenge = queries.get(me(), form.challenge.data)
                commands.cite(me(), challenge, post.feedback, form.words.data, post.reply)
        except Rejected as refusal:
            form.reject(refusal)
            post = _post()
        else:
            say(f"The words are part of {challenge.reference}")
            return redirect(url_for(".show", number=challenge.id))
    return render_template("challenges/add.html", form=form, post=post)


@blueprint.route("/challenges/<int:number>/words/<int:citation_number>/remove", methods=["GET", "POST"])
def remove_words(number: int, citation_number: int) -> ResponseReturnValue:
    only_if(rules.may_keep(me()))
    challenge = queries.get(me(), number)
    citation = queries.citation(challenge, citation_number)
    form = ReasonForm()
    if form.submitted():
        with transaction():
            commands.uncite(me(), challenge, citation, form.reason.data)
        say(f"The words are no longer part of {challenge.reference}")
        return redirect(url_for(".show", number=number))
    return render_template("challenges/remove.html", form=form, challenge=challenge, citation=citation)


def _post() -> Post:
    """The post that the request is about."""
    only_if(rules.may_keep(me()))
    feedback_id = _number("feedback")
    if feedback_id is None:
        raise NotFound
    reply_id = _number("reply")
    reply = feedback.get_reply(me(), feedback_id, reply_id) if reply_id else None
    return Post(feedback.get(me(), feedback_id), reply)


def _number(name: str) -> int | None:
    number = request.values.get(name, type=int)
    if number is not None and not 0 < number <= LARGEST_NUMBER:
        raise NotFound
    return number


def _words(post: Post) -> str:
    """What was selected on the page, or ticked."""
    if selected := request.form.get("words", ""):
        return rules.fold(selected)
    form = SentencesForm()
    form.sentences.choices = post.sentences
    return form.chosen_words() if form.validate() else ""


def _ask_for_words(post: Post, is_sent: bool) -> ResponseReturnValue:
    data = {"feedback": post.feedback.id, "reply": post.reply_id}
    form = SentencesForm() if is_sent else SentencesForm(formdata=None, data=data)
    form.sentences.choices = post.sentences
    if is_sent:
        form.validate()
    return render_template("challenges/words.html", form=form, post=post)


def _first_add_form(post: Post, words: str) -> AddForm:
    data = {"feedback": post.feedback.id, "reply": post.reply_id, "words": words}
    return AddForm(formdata=None, data={**data, "form_key": secrets.token_urlsafe(16)})
