"""Flagging posts, and what whoever runs the Forum does about them."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.feedback.models import Flag, FlagKind
from forum.members.models import Member


def raise_flag(feedback_id: int, reply_id: int | None, kind: FlagKind, words: str, by: Member | None) -> Flag:
    """A reason to look at this post (`reply_id` None: the thread's first), for those who run the Forum.

    Of personal data `words` tells the kinds alone, never the data. Who raised it is kept only of what somebody flagged:
    for the other kinds that would be the author. The same is not raised twice while it is open.
    """
    by_id = by.id if by and kind is FlagKind.FLAGGED else None
    same = sa.select(Flag).where(
        Flag.feedback_id == feedback_id,
        Flag.reply_id.is_not_distinct_from(reply_id),
        Flag.kind == kind,
        Flag.raised_by_id.is_not_distinct_from(by_id),
        Flag.settled_at.is_(None),
    )
    if there := db.session.scalar(same):
        there.words = words or there.words
        return there
    flag = Flag(
        feedback_id=feedback_id,
        reply_id=reply_id,
        kind=kind,
        words=words,
        raised_by_id=by_id,
        raised_at=clock.now(),
    )
    db.session.add(flag)
    return flag
