"""Posts as letters tell of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, richtext
from forum.base.db import db
from forum.feedback.models import Attribution, Feedback, Reply
from forum.feedback.queries.one import readable_by, stands
from forum.feedback.queries.threads import author_columns, author_words
from forum.feedback.rules import entering
from forum.members.models import Member, Organisation
from forum.reference.models import Marking


class PostNews(NamedTuple):
    """A post to be told of. `reply_id` None: the thread's first post. `organisation_id` is the author's, None where the
    post does not say whose it is. `entered` says so of what the secretariat entered for its author, else it is empty. Of
    what is OFFICIAL-SENSITIVE neither title nor words go into a mail."""

    feedback_id: int
    reply_id: int | None
    title: str
    author: str
    organisation_id: int | None
    words: str
    posted_at: datetime
    is_sensitive: bool
    entered: str

    @property
    def reference(self) -> str:
        return f"FB-{self.feedback_id}"

    @property
    def path(self) -> str:
        at = f"?at={self.reply_id}" if self.reply_id else ""
        return f"/feedback/{self.feedback_id}{at}#post-{self.reply_id or 0}"

    @property
    def key(self) -> str:
        """What a letter that tells somebody of this post has as the beginning of its key: the member's number follows."""
        return f"post:{self.reply_id}:" if self.reply_id else f"thread:{self.feedback_id}:"


def news_of(post: Feedback | Reply) -> PostNews | None:
    """The post as a letter tells of it; None when it cannot be read (any more). One statement."""
    found = news([post.id], []) if isinstance(post, Feedback) else news([], [post.id])
    return found[0] if found else None


def news(thread_ids: list[int], reply_ids: list[int]) -> list[PostNews]:
    """The first posts of these threads and these replies, those that can be read; in no order. One statement."""
    first = _columns(Feedback, sa.null(), Feedback.html, Feedback.id.in_(thread_ids))
    others = _columns(Reply, Reply.id, Reply.html, Reply.id.in_(reply_ids), stands(Reply))
    return [_news(tuple(row)) for row in db.session.execute(sa.union_all(first, others))]


def _columns(post: type[Feedback] | type[Reply], number: Any, html: Any, *which: Any) -> sa.Select[Any]:
    select = sa.select(
        Feedback.id, sa.cast(number, sa.Integer), Feedback.title, *author_columns(post),
        sa.case((post.attribution != Attribution.UNATTRIBUTED, post.organisation_id), else_=None),
        sa.func.coalesce(Organisation.name, ""), html, post.posted_at, Feedback.marking,
        post.source, post.said_on, _occasion(post),
    )  # fmt: skip
    select = select.select_from(post)
    if post is Reply:
        select = select.join(Feedback, Feedback.id == Reply.feedback_id)
    return (
        select.outerjoin(Member, Member.id == post.author_id)
        .outerjoin(Organisation, Organisation.id == post.organisation_id)
        .where(*which, stands(Feedback))
    )


def _occasion(post: type[Feedback] | type[Reply]) -> Any:
    """The event at which it was said; empty where it could help to tell who wrote what carries no name."""
    if post is Reply:
        return sa.literal("")
    return sa.case((Feedback.attribution != Attribution.UNATTRIBUTED, Feedback.occasion), else_="")


def _entered(source: str, said_on: date | None, occasion: str) -> str:
    """That the secretariat entered it, as its page says."""
    how = entering.in_words(source, occasion)
    return f"{how}, said on {clock.show_date(said_on)}" if how and said_on else how


def _news(row: tuple[Any, ...]) -> PostNews:
    (
        thread,
        number,
        title,
        *author,
        organisation_id,
        organisation,
        html,
        posted_at,
        marking,
        source,
        said_on,
        occasion,
    ) = row
    said_by = author_words(*author)
    is_sensitive = marking is Marking.SENSITIVE
    return PostNews(
        thread,
        number,
        "" if is_sensitive else title,
        said_by,
        organisation_id if organisation and organisation in said_by else None,
        "" if is_sensitive else richtext.to_text(html),
        posted_at,
        is_sensitive,
        "" if is_sensitive else _entered(source, said_on, occasion),
    )


def can_still_read(reader: Member, feedback_ids: set[int], reply_ids: set[int]) -> bool:
    """Whether this person may read all of these threads and replies now, and they are there to be read. One statement."""
    may = (readable_by(reader), stands(Feedback))
    threads = sa.select(sa.func.count()).select_from(Feedback).where(Feedback.id.in_(feedback_ids), *may)
    replies = sa.select(sa.func.count()).select_from(Reply).join(Feedback, Feedback.id == Reply.feedback_id)
    replies = replies.where(Reply.id.in_(reply_ids), stands(Reply), *may)
    counted = db.session.execute(sa.select(threads.scalar_subquery(), replies.scalar_subquery())).one()
    return tuple(counted) == (len(feedback_ids), len(reply_ids))
