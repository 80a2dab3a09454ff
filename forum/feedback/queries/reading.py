"""The thread as it is read: its first post, and its replies a page at a time."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db, read
from forum.base.errors import NotFound
from forum.base.paging import Listing, Page, page
from forum.feedback.models import (
    Attachment,
    Attribution,
    Draft,
    Feedback,
    FeedbackKind,
    Follow,
    FollowKind,
    FollowLevel,
    OfficialKind,
    ReadMark,
    Reply,
    Support,
    feedback_theme,
)
from forum.feedback.queries import unread
from forum.feedback.queries.one import reach_to_open, readable_by, runs, stands
from forum.feedback.queries.threads import author_columns, author_words
from forum.feedback.rules import quoting
from forum.feedback.rules.supporting import Backing
from forum.members.models import Group, Member, Organisation
from forum.reference.models import Marking, PoliceForce, Priority, Theme

EARLIER = 15  # replies shown before the one that was asked for
# A reply that waits for a look is shown to the `reader` who wrote it, and to whoever `sees_held`.
_IS_SHOWN = sa.or_(
    Reply.held_at.is_(None),
    Reply.author_id == sa.bindparam("reader", type_=sa.Integer),
    sa.bindparam("sees_held", type_=sa.Boolean),
)
_officer = sa.alias(Member.__table__, "officer")


class Thread(NamedTuple):
    """A thread's first post and what surrounds it. `first_unread` is the first reply that is new to somebody
    who read the thread before; `first_reply` the first there is."""

    id: int
    title: str
    kind: FeedbackKind
    marking: Marking
    author: str
    author_id: int | None
    attribution: Attribution
    html: str
    html_affected: str
    html_would_help: str
    priority: str
    force: str
    posted_at: datetime
    edited_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str
    held_at: datetime | None
    hidden_at: datetime | None
    group_id: int | None
    group: str  # who alone may read it; empty when all may
    closed_at: datetime | None
    closed_because: str
    reply_count: int
    version: int
    read_at: datetime | None
    active_at: datetime
    first_reply: int | None
    first_unread: int | None
    followed: FollowLevel | None  # the level the reader chose for it
    new_count: int  # replies that are new to somebody who read the thread before
    has_draft: bool  # of a reply
    first_answered_at: datetime | None  # when the department first replied
    assigned_to_id: int | None
    assigned_to: str  # the officer's name; for officials alone
    support_count: int  # organisations that say "same here"
    support_areas: int  # in so many police force areas
    supported_at: datetime | None  # when the reader said so
    has_files: bool  # with any of its posts
    source: str
    said_on: date | None
    occasion: str  # empty where it could help to tell who wrote what carries no name
    themes: tuple[tuple[str, str], ...]  # slug and title

    @property
    def reference(self) -> str:
        return f"FB-{self.id}"

    @property
    def backing(self) -> Backing:
        return Backing(self.support_count, self.support_areas)

    @property
    def is_unread(self) -> bool:
        return self.read_at is None or self.read_at < self.active_at


class PostRow(NamedTuple):
    """A reply; its words are empty when it was withdrawn or hidden (then both moments are there)."""

    id: int
    author: str
    author_id: int | None
    html: str
    is_official: bool
    official_kind: OfficialKind | None
    posted_at: datetime
    edited_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str
    held_at: datetime | None
    hidden_at: datetime | None
    source: str
    said_on: date | None


def thread(actor: Member, number: int) -> Thread:
    """The thread with this number. Two statements. Raises NotFound."""
    reach = reach_to_open(actor)
    rows = read(_thread(reach.where), reach.values | {"number": number, "reader": actor.id, "sees_held": runs(actor)})
    if not rows:
        raise NotFound
    themes = read(_themes(), {"number": number})
    found = tuple(rows[0])
    number, title, kind, marking, *author, author_id = found[:9]
    named = (number, title, kind, marking, author_words(*author), author_id, author[0])
    slugs = tuple((row[0], row[1]) for row in themes)
    return Thread._make((*named, *found[9:], slugs))


@cache
def _themes() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Theme.slug, Theme.title)
        .join(feedback_theme, feedback_theme.c.theme_id == Theme.id)
        .where(feedback_theme.c.feedback_id == sa.bindparam("number"))
        .order_by(Theme.position, Theme.id)
    )


@lru_cache(maxsize=8)
def _thread(reach: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """A thread by its `number` as its `reader` sees it. Put together once for each reach: that takes longer than
    asking."""
    read_at = unread.until(sa.bindparam("reader", type_=sa.Integer))
    followed = sa.select(Follow.level).where(
        Follow.member_id == sa.bindparam("reader", type_=sa.Integer),
        Follow.kind == FollowKind.THREAD,
        Follow.target_id == Feedback.id,
    )
    of_thread = Support.feedback_id == Feedback.id
    areas = sa.select(sa.func.count(Support.force_id.distinct())).where(of_thread)
    own = sa.select(Support.supported_at).where(
        of_thread, Support.member_id == sa.bindparam("reader", type_=sa.Integer)
    )
    new = unread.new_replies(read_at).correlate(Feedback, ReadMark)
    return (
        sa.select(
            Feedback.id,
            Feedback.title,
            Feedback.kind,
            Feedback.marking,
            *author_columns(Feedback),
            Feedback.author_id,
            Feedback.html,
            Feedback.html_affected,
            Feedback.html_would_help,
            sa.func.coalesce(Priority.short_title, ""),
            sa.func.coalesce(PoliceForce.title, ""),
            Feedback.posted_at,
            Feedback.edited_at,
            Feedback.withdrawn_at,
            Feedback.withdrawn_because,
            Feedback.held_at,
            Feedback.hidden_at,
            Feedback.group_id,
            sa.select(sa.func.coalesce(sa.func.max(Group.title), ""))
            .where(Group.id == Feedback.group_id)
            .scalar_subquery(),
            Feedback.closed_at,
            Feedback.closed_because,
            Feedback.reply_count,
            Feedback.version,
            read_at,
            Feedback.active_at,
            sa.select(sa.func.min(Reply.id)).where(Reply.feedback_id == Feedback.id, _IS_SHOWN).scalar_subquery(),
            new.add_columns(sa.func.min(Reply.id)).scalar_subquery(),
            followed.scalar_subquery(),
            new.add_columns(sa.func.count(Reply.id)).scalar_subquery(),
            _has_draft(),
            Feedback.first_answered_at,
            Feedback.assigned_to_id,
            sa.func.coalesce(
                sa.select(_officer.c.name).where(_officer.c.id == Feedback.assigned_to_id).scalar_subquery(), ""
            ),
            Feedback.support_count,
            sa.case((Feedback.support_count > 0, areas.scalar_subquery()), else_=0),
            own.scalar_subquery(),
            sa.select(Attachment.id).where(Attachment.feedback_id == Feedback.id).correlate(Feedback).exists(),
            Feedback.source,
            Feedback.said_on,
            sa.case((Feedback.attribution != Attribution.UNATTRIBUTED, Feedback.occasion), else_=""),
        )
        .outerjoin(Member, Member.id == Feedback.author_id)
        .outerjoin(Organisation, Organisation.id == Feedback.organisation_id)
        .outerjoin(Priority, Priority.id == Feedback.priority_id)
        .outerjoin(PoliceForce, PoliceForce.id == Feedback.force_id)
        .outerjoin(ReadMark, sa.and_(ReadMark.feedback_id == Feedback.id, ReadMark.member_id == sa.bindparam("reader")))
        .where(Feedback.id == sa.bindparam("number"), reach)
    )


def _has_draft() -> sa.ColumnElement[bool]:
    about = sa.literal("reply:", sa.String) + sa.cast(Feedback.id, sa.String)
    kept = sa.select(Draft.id).where(Draft.member_id == sa.bindparam("reader", type_=sa.Integer), Draft.about == about)
    return kept.correlate(Feedback).exists()


def replies(actor: Member, number: int, key: str | None = None, around: int | None = None) -> Page[PostRow]:
    """Replies of a thread the caller may read, in order, 20 a page; one that waits for a look is there for its author
    and whoever runs the Forum. One statement.

    Without a key, `around` gives the page that shows this reply after up to 15 earlier ones.
    """
    seen = {"number": number, "reader": actor.id, "sees_held": runs(actor)}
    if around is None or key is not None:
        return _replies().page(key, seen).of(_post)
    earlier = sa.select(Reply.id).where(Reply.feedback_id == number, Reply.id <= around, _IS_SHOWN)
    start = earlier.order_by(Reply.id.desc()).limit(1).offset(EARLIER).scalar_subquery()
    listing = _replies()
    select = listing.select.where(Reply.id >= sa.func.coalesce(start, 0)).params(seen)
    return page(select, listing.order, None).of(_post)


@cache
def _replies() -> Listing:
    """The replies of the thread `number`."""
    select = (
        sa.select(
            Reply.id,
            *author_columns(Reply),
            Reply.author_id,
            Reply.html,
            Reply.is_official,
            Reply.official_kind,
            Reply.posted_at,
            Reply.edited_at,
            Reply.withdrawn_at,
            Reply.withdrawn_because,
            Reply.held_at,
            Reply.hidden_at,
            Reply.source,
            Reply.said_on,
        )
        .outerjoin(Member, Member.id == Reply.author_id)
        .outerjoin(Organisation, Organisation.id == Reply.organisation_id)
        .where(Reply.feedback_id == sa.bindparam("number"), _IS_SHOWN)
    )
    return Listing(select, [Reply.id.asc()])


def _post(row: tuple[Any, ...]) -> PostRow:
    attribution = 1 + len(author_columns(Reply))
    return PostRow(row[0], author_words(*row[1:attribution]), *row[attribution:])


def words_to_quote(actor: Member, number: int, reply_number: int | None) -> str:
    """A post as a Markdown quote, to begin a reply with; empty for what was withdrawn, or is not to be read. One
    statement."""
    post, words = (Reply, Reply.body) if reply_number else (Feedback, Feedback.happening)
    select = sa.select(*author_columns(post), words).select_from(post)
    if reply_number:
        select = select.join(Reply.feedback).where(Reply.id == reply_number, stands(Reply))
    select = select.outerjoin(Member, Member.id == post.author_id)
    select = select.outerjoin(Organisation, Organisation.id == post.organisation_id)
    found = db.session.execute(select.where(Feedback.id == number, readable_by(actor))).one_or_none()
    if found is None or not found[-1]:
        return ""
    *author, said = found
    return quoting.quote(author_words(*author), number, reply_number, said)


def author_of(post: Feedback | Reply) -> str:
    """How the author of this post is named to everybody. One statement."""
    kind = type(post)
    select = sa.select(*author_columns(kind)).select_from(kind).outerjoin(Member, Member.id == kind.author_id)
    select = select.outerjoin(Organisation, Organisation.id == kind.organisation_id).where(kind.id == post.id)
    return author_words(*db.session.execute(select).one())
