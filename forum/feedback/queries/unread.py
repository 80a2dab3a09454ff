"""What is new to somebody. Exact: it is worked out from what stands now, so what is hidden, moved or withdrawn counts no
more, and what was held counts from when it is posted.

A thread is read as far as its ReadMark says, or as far as everything is ("mark everything as read" moves that one moment,
however many threads there are).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from forum.base.db import db, read
from forum.feedback.models import Feedback, ReadMark, Reply
from forum.feedback.queries.one import reach, stands
from forum.members.models import Member

NEVER = datetime(1900, 1, 1, tzinfo=UTC)  # before anything was posted
MOST = 100  # threads are counted up to here: a badge says "99+" from there on
_READER = sa.bindparam("reader", type_=sa.Integer)


def everything_until(reader: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
    """The moment up to which this person has read everything; null when they never said so."""
    someone = sa.alias(Member.__table__, "reading_member")
    return sa.select(someone.c.read_until).where(someone.c.id == reader).scalar_subquery()


def until(reader: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    """How far the reader has read a thread, in a select that has outer-joined their ReadMark; null: not at all."""
    everything = everything_until(reader)
    mark_counts = sa.or_(everything.is_(None), ReadMark.read_at > everything)
    return sa.case((mark_counts, ReadMark.read_at), else_=everything)


def is_unread_by(reader: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Which threads hold something new to this person, as a condition on Feedback; withdrawn ones hold nothing."""
    seen = sa.select(ReadMark.feedback_id).where(
        ReadMark.member_id == reader,
        ReadMark.feedback_id == Feedback.id,
        ReadMark.read_at >= Feedback.active_at,
    )
    everything = everything_until(reader)
    since = Feedback.active_at > sa.func.coalesce(
        everything, sa.literal(NEVER, ReadMark.read_at.type)
    )  # an index helps
    return sa.and_(stands(Feedback), since, ~seen.correlate(Feedback).exists())


def is_unread(actor: Member) -> sa.ColumnElement[bool]:
    """The same for somebody who is there."""
    return is_unread_by(sa.literal(actor.id))


def unread_count(actor: Member, most: int = MOST) -> int:
    """How many threads hold something new to this person; counting stops at `most`. One statement.

    The newest are looked at first, so that somebody who has never read anything costs no more than `most`, and somebody
    who has marked everything as read what was posted since.
    """
    within = reach(actor)
    found = read(count(within.where), {**within.values, "reader": actor.id, "most": most})
    return int(found[0][0])


@cache
def count(within: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The statement of `unread_count`, with its `reader` and `most`, for those who ask for something else with it."""
    newest_first = Feedback.active_at.desc(), Feedback.id.desc()
    some = sa.select(sa.literal(1)).where(is_unread_by(_READER), within).order_by(*newest_first)
    return sa.select(sa.func.count()).select_from(some.limit(sa.bindparam("most", type_=sa.Integer)).subquery())


def knows_the_rest(reader: Member, reply: Reply) -> bool:
    """Whether this person has read all of the thread but this reply. One statement."""
    others = new_replies(until(sa.literal(reader.id))).where(Reply.id != reply.id)
    mark = sa.and_(ReadMark.feedback_id == Feedback.id, ReadMark.member_id == reader.id)
    is_known = ~others.add_columns(sa.literal(1)).correlate(Feedback, ReadMark).exists()
    asked = sa.select(is_known).select_from(Feedback).outerjoin(ReadMark, mark).where(Feedback.id == reply.feedback_id)
    return bool(db.session.scalar(asked))


def new_replies(read_until: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The replies of the surrounding select's Feedback that are newer than this moment, to be counted or the first taken."""
    return sa.select().where(Reply.feedback_id == Feedback.id, Reply.posted_at > read_until, stands(Reply))
