"""Flagging posts: reasons for whoever runs the Forum to look at them."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback.models import Flag, FlagKind
from forum.feedback.queries.checking import Post, place_of
from forum.feedback.queries.one import may_open
from forum.feedback.rules import checking as rules
from forum.members.models import Member


def raise_flag(
    feedback_id: int,
    reply_id: int | None,
    kind: FlagKind,
    words: str,
    by: Member | None,
    support_id: int | None = None,
) -> Flag:
    """A reason to look at this post (`reply_id` None: the thread's first, or the evidence of a support), for those who run
    the Forum.

    Of personal data `words` tells the kinds alone, never the data. Who raised it is kept only of what somebody flagged:
    for the other kinds that would be the author. The same is not raised twice while it is open.
    """
    by_id = by.id if by and kind is FlagKind.FLAGGED else None
    same = sa.select(Flag).where(
        Flag.feedback_id == feedback_id,
        Flag.reply_id.is_not_distinct_from(reply_id),
        Flag.support_id.is_not_distinct_from(support_id),
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
        support_id=support_id,
        kind=kind,
        words=words,
        raised_by_id=by_id,
        raised_at=clock.now(),
    )
    db.session.add(flag)
    return flag


def flag(actor: Member, post: Post, reason: str, words: str = "") -> Flag:
    """Report somebody else's post for a reason of the catalogue (rules/checking.py). Nobody is told who did."""
    if not may_open(actor, post):
        raise NotFound
    rules.check_flagger(actor, post)
    words = richtext.clean(words)
    rules.check_words(words, reason)
    said = f"{rules.check_reason(reason, rules.reasons(actor, post)).words}. {words}".rstrip()
    thread, reply, support = place_of(post)
    raised = raise_flag(thread, reply, FlagKind.FLAGGED, said, actor, support)
    history.note(None, "reported", post)
    return raised
