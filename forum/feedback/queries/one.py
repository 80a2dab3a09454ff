"""One thread, or one reply in it, to do something with; and who may read what."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from forum.base import history
from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback.models import Attribution, Feedback, Reply
from forum.members.models import Member


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which threads this person may read, as a condition on Feedback: all of them, for everybody in the Forum.

    A withdrawn thread can be opened (its words are gone, the replies stay); lists and searches leave it out themselves.
    """
    return sa.true() if actor.is_active else sa.false()


def get(actor: Member, number: int) -> Feedback:
    """The thread with this number, with themes, priority, area and organisation. Two statements. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Feedback)
        .where(Feedback.id == number, readable_by(actor))
        .options(
            joinedload(Feedback.priority),
            joinedload(Feedback.force),
            joinedload(Feedback.organisation),
            selectinload(Feedback.themes),
        )
    )
    if found is None:
        raise NotFound
    return found


def get_reply(actor: Member, number: int, reply_number: int) -> Reply:
    """The reply with this number in this thread, with the thread. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Reply)
        .join(Reply.feedback)
        .options(contains_eager(Reply.feedback))
        .where(Reply.id == reply_number, Reply.feedback_id == number, readable_by(actor))
    )
    if found is None:
        raise NotFound
    return found


def made_from(form_key: str | None) -> Feedback | None:
    """The thread that this form made when it was sent before."""
    return db.session.scalar(sa.select(Feedback).where(Feedback.form_key == form_key)) if form_key else None


def reply_made_from(form_key: str | None) -> Reply | None:
    """The reply that this form made when it was sent before."""
    return db.session.scalar(sa.select(Reply).where(Reply.form_key == form_key)) if form_key else None


def last_to_change(contribution: Feedback | Reply) -> str:
    """Who changed it last, in words that name nobody: their colleagues know them, and an author may be unattributed."""
    line = history.HistoryLine
    wanted = (
        sa.select(line.actor_id)
        .where(line.thing_kind == contribution.__tablename__, line.thing_id == contribution.id)
        .order_by(line.id.desc())
        .limit(1)
    )
    by = db.session.scalar(wanted)
    return "The author" if by in (None, contribution.author_id) else "The secretariat"


def unattributed_authors(posts: Iterable[tuple[str, int]]) -> set[tuple[str, int, int | None]]:
    """Which of these posts ("feedback" or "reply", and number) are unattributed now, with the author's id, for
    whoever must leave them out. One statement."""
    numbers: dict[str, list[int]] = {"feedback": [], "reply": []}
    for kind, number in posts:
        numbers[kind].append(number)
    parts = [
        sa.select(sa.literal(post.__tablename__), post.id, post.author_id).where(
            post.id.in_(numbers[post.__tablename__]), post.attribution == Attribution.UNATTRIBUTED
        )
        for post in (Feedback, Reply)
    ]
    return {(kind, number, author) for kind, number, author in db.session.execute(sa.union_all(*parts))}
