"""What is in somebody's digest: posts of others that they follow, may read and were not written to about."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.letters import Letter
from forum.digests.rules import MOST_POSTS, MOST_THREADS, OTHERS, ThreadNews
from forum.feedback.models import Feedback, FollowLevel, Reply, feedback_theme
from forum.feedback.queries import following, mailing, readable_by, stands
from forum.feedback.queries.mailing import PostNews
from forum.feedback.rules.following import RANKS
from forum.members.models import Member, Notify
from forum.reference.models import Theme

MOST_NEW = 20_000  # posts of a month that are looked at, the newest
_LEAST = RANKS[FollowLevel.DIGEST]


class Digest(NamedTuple):
    threads: list[ThreadNews]  # the newest first
    more: int  # threads that are left out


def due(before: dict[tuple[Notify, int | None], datetime], size: int) -> list[Member]:
    """Members whose digest is due: last digested before the moment for their kind and weekday (None: any weekday)."""
    kinds = [
        sa.and_(
            Member.notify == notify,
            sa.true() if weekday is None else Member.digest_weekday == weekday,
            sa.or_(Member.digested_until.is_(None), Member.digested_until < moment),
        )
        for (notify, weekday), moment in before.items()
    ]
    wanted = sa.select(Member).where(sa.or_(*kinds), following.can_be_written_to()).order_by(Member.id).limit(size)
    return list(db.session.scalars(wanted))


class Posts(NamedTuple):
    """Numbers of first posts (by their thread) and of replies."""

    threads: list[int]
    replies: list[int]


def posted(after: datetime, until: datetime) -> Posts:
    """Everything posted in this time that stands, for whomever: found once for many digests. Two statements."""
    first = sa.select(Feedback.id).where(Feedback.posted_at > after, Feedback.posted_at <= until, stands(Feedback))
    active = sa.select(Feedback.id).where(Feedback.active_at > after)  # there is an index of that
    replies = sa.select(Reply.id).where(Reply.feedback_id.in_(active), Reply.posted_at > after)
    replies = replies.where(Reply.posted_at <= until, stands(Reply)).order_by(Reply.id.desc()).limit(MOST_NEW)
    return Posts(list(db.session.scalars(first)), list(db.session.scalars(replies)))


def digest_of(reader: Member, after: datetime, until: datetime, among: Posts) -> Digest:
    """What of these posts belongs into the digest of this person for this time. Three statements, one or none when there
    is nothing."""
    if not among.threads and not among.replies:
        return Digest([], 0)
    new: dict[int, list[int | None]] = defaultdict(list)
    for thread_id, reply_id, _posted_at in db.session.execute(_new(reader, after, until, among)):
        new[thread_id].append(reply_id or None)
    if not new:
        return Digest([], 0)
    newest = list(new)[:MOST_THREADS]
    chosen = [(number, reply_id) for number in newest for reply_id in new[number][:MOST_POSTS]]
    told = _told(chosen)
    themes = _themes(newest)
    threads = [
        ThreadNews(themes.get(number, OTHERS), posts, len(new[number]) - len(posts))
        for number in newest
        if (posts := [told[number, reply_id] for reply_id in new[number][:MOST_POSTS] if (number, reply_id) in told])
    ]
    return Digest(threads, len(new) - len(newest))


def _new(reader: Member, after: datetime, until: datetime, among: Posts) -> Any:
    """Thread, reply (0: the first post) and moment of every new post for this person, the newest first."""
    parts = []
    for post in (Feedback, Reply):
        level = following.level_for(sa.literal(reader.id), following.shown_organisation(post))
        number = sa.literal(0) if post is Feedback else Reply.id
        name = "thread:" if post is Feedback else "post:"
        key = sa.literal(name) + sa.cast(post.id, sa.String) + f":{reader.id}"
        select = sa.select(Feedback.id, number.label("reply_id"), post.posted_at.label("posted_at"))
        if post is Reply:
            select = select.join(Reply, Reply.feedback_id == Feedback.id)
        parts.append(
            select.where(
                post.id.in_(among.threads if post is Feedback else among.replies),
                post.posted_at > after,
                post.posted_at <= until,
                sa.func.coalesce(post.author_id, 0) != reader.id,
                stands(Feedback),
                stands(post),
                readable_by(reader),
                level >= _LEAST,
                ~sa.exists().where(Letter.key == key),
            )
        )
    both = sa.union_all(*parts)
    return both.order_by(sa.desc("posted_at"), sa.desc("reply_id"))


def _told(chosen: list[tuple[int, int | None]]) -> dict[tuple[int, int | None], PostNews]:
    first = [number for number, reply_id in chosen if reply_id is None]
    replies = [reply_id for _, reply_id in chosen if reply_id is not None]
    return {(post.feedback_id, post.reply_id): post for post in mailing.news(first, replies)}


def _themes(numbers: list[int]) -> dict[int, str]:
    """The title of the first theme of each of these threads that has any."""
    wanted = (
        sa.select(feedback_theme.c.feedback_id, Theme.title)
        .join(Theme, Theme.id == feedback_theme.c.theme_id)
        .where(feedback_theme.c.feedback_id.in_(numbers))
        .order_by(Theme.position.desc(), Theme.id.desc())
    )
    return dict(db.session.execute(wanted).all())
