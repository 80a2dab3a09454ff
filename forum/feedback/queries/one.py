"""One thread, or one reply in it, to do something with; and who may read what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from forum.base import history
from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback.models import Attribution, Feedback, Reply, Support
from forum.members.models import Member, group_member


class Reach(NamedTuple):
    """What a person may read, as a condition on Feedback that many share, with the values it needs: for statements that
    are put together once. `where` is the same object for everybody it is the same for."""

    where: sa.ColumnElement[bool]
    values: dict[str, int]


_READER = sa.bindparam("reader", type_=sa.Integer)


def _in_reach_of(reader: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """For all, or for a group that this person is in."""
    inside = sa.select(group_member.c.member_id).where(
        group_member.c.group_id == Feedback.group_id, group_member.c.member_id == reader
    )
    return sa.or_(Feedback.group_id.is_(None), inside.correlate(Feedback).exists())


_NOTHING, _EVERYTHING = sa.false(), sa.true()
_POSTED = Feedback.held_at.is_(None)
_POSTED_IN_REACH = sa.and_(_POSTED, _in_reach_of(_READER))
_IN_REACH = sa.and_(sa.or_(_POSTED, Feedback.author_id == _READER), _in_reach_of(_READER))


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which threads this person may read, as a condition on Feedback: those for all and for the groups they are in.

    Whoever runs the Forum reads all of them. What waits for a look is in no list, count, search or export of anybody: it
    is only opened by itself (`openable_by`). A thread that was withdrawn or hidden can be opened (its words are gone, the
    replies stay); lists and searches leave it out themselves.
    """
    return _POSTED if runs(actor) else _for(actor, sa.and_(_POSTED, _in_reach_of(sa.literal(actor.id))))


def openable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which threads this person may open: what they may read, and what waits for a look when it is their own or they
    run the Forum."""
    mine = sa.or_(_POSTED, Feedback.author_id == actor.id)
    return _EVERYTHING if runs(actor) else _for(actor, sa.and_(mine, _in_reach_of(sa.literal(actor.id))))


def reach(actor: Member) -> Reach:
    """`readable_by`, for a statement that is put together once."""
    return _reach(actor, _POSTED, _POSTED_IN_REACH)


def reach_to_open(actor: Member) -> Reach:
    """`openable_by`, for a statement that is put together once."""
    return _reach(actor, _EVERYTHING, _IN_REACH)


def runs(actor: Member) -> bool:
    return actor.is_active and actor.runs_the_forum


def _for(actor: Member, which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return which if actor.is_active else _NOTHING


def _reach(actor: Member, all_of: sa.ColumnElement[bool], some: sa.ColumnElement[bool]) -> Reach:
    return Reach(all_of, {}) if runs(actor) else Reach(_for(actor, some), {"reader": actor.id})


def stands(post: type[Feedback] | type[Reply]) -> sa.ColumnElement[bool]:
    """Which posts are there to be read, counted and quoted: neither withdrawn, nor hidden, nor waiting for a look.

    What is hidden is withdrawn too (commands/checking.py), so that whoever leaves out the one leaves out the other.
    """
    return sa.and_(post.withdrawn_at.is_(None), post.held_at.is_(None))


def get(actor: Member, number: int) -> Feedback:
    """The thread with this number, with themes, priority, area and organisation. Two statements. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Feedback)
        .where(Feedback.id == number, openable_by(actor))
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
    is_there = sa.true() if runs(actor) else sa.or_(Reply.held_at.is_(None), Reply.author_id == actor.id)
    found = db.session.scalar(
        sa.select(Reply)
        .join(Reply.feedback)
        .options(contains_eager(Reply.feedback))
        .where(Reply.id == reply_number, Reply.feedback_id == number, openable_by(actor), is_there)
    )
    if found is None:
        raise NotFound
    return found


def may_open(actor: Member, post: Feedback | Reply | Support) -> bool:
    """Whether this person may open the post: asked by commands that are handed one. One statement."""
    thread = post.id if isinstance(post, Feedback) else post.feedback_id
    is_held = isinstance(post, Reply) and post.held_at is not None and post.author_id != actor.id and not runs(actor)
    return (
        not is_held
        and db.session.scalar(sa.select(Feedback.id).where(Feedback.id == thread, openable_by(actor))) is not None
    )


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
