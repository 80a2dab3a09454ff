"""Quotes follow the post they are of: when it is withdrawn or hidden, and when its author is named otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from forum.base import richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.feedback.commands import mentioning
from forum.feedback.models import Draft, Edition, Feedback, Reply
from forum.feedback.rules import quoting as rules


def take_back(post: Feedback | Reply) -> None:
    """Take the words of this post out of every quote of it in its thread, out of how these replies read before, and out of
    drafts. They do not come back with a post that is shown again."""
    thread, reply = _place(post)
    _in_all(post, partial(rules.taken_back, thread=thread, reply=reply))


def name_anew(post: Feedback | Reply, author: str) -> None:
    """Name the author of this post so in every quote of it in its thread: they chose otherwise."""
    thread, reply = _place(post)
    _in_all(post, partial(rules.named_anew, thread=thread, reply=reply, author=author))


def _place(post: Feedback | Reply) -> tuple[int, int | None]:
    return (post.id, None) if isinstance(post, Feedback) else (post.feedback_id, post.id)


def _in_all(post: Feedback | Reply, change: Callable[[str], str]) -> None:
    thread, reply = _place(post)
    mark = rules.address(thread, reply)
    quoting = sa.select(Reply).where(Reply.feedback_id == thread, Reply.body.contains(mark, autoescape=True))
    for other in db.session.scalars(quoting.order_by(Reply.id).with_for_update()):
        if (body := change(other.body)) != other.body:
            other.body, other.html = body, _rendered(body)
            other.version += 1
    before = sa.select(Edition).where(Edition.feedback_id == thread, Edition.reply_id.is_not(None))
    for edition in db.session.scalars(before):
        if (words := change(edition.words.get("body", ""))) != edition.words.get("body", ""):
            edition.words = {**edition.words, "body": words}
    about = f"reply:{thread}"
    for draft in db.session.scalars(
        sa.select(Draft).where(sa.or_(Draft.about == about, Draft.about.startswith(f"{about}~")))
    ):
        typed = draft.fields.get("body", [])
        if [change(words) for words in typed] != typed:
            draft.fields = {**draft.fields, "body": [change(words) for words in typed]}
            draft.version += 1


def _rendered(body: str) -> str:
    """A reply that grew past the longest text by a longer name keeps what it can show."""
    try:
        html = richtext.to_html(body)
    except Rejected:
        html = richtext.to_html(body[: richtext.LONGEST])
    return mentioning.mark({"html": html})[0]["html"]
