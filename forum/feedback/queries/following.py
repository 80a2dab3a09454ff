"""What people follow, and who is to be written to about a post.

An unattributed post never reaches those who follow its author's organisation as theirs: that would give it away.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base import letters
from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback.models import (
    Attribution,
    Contribution,
    Feedback,
    Follow,
    FollowKind,
    FollowLevel,
    Mention,
    MentionKind,
    Reply,
    Support,
    feedback_theme,
)
from forum.feedback.queries.one import readable_by, stands
from forum.feedback.rules.following import RANKS
from forum.members.models import Member, Notify, Organisation, Role, Standing, group_member, theme_interest
from forum.reference.models import Theme

_LEVELS = {rank: level for level, rank in RANKS.items()}
_DIGEST, _ALL = RANKS[FollowLevel.DIGEST], RANKS[FollowLevel.ALL]


def rank() -> sa.ColumnElement[int]:
    """The level of a Follow as a number, the higher the more is mailed."""
    return sa.case({level.value: number for level, number in RANKS.items()}, value=sa.cast(Follow.level, sa.String))


# --- what one person follows -----------------------------------------------------------------------------------------


class FollowRow(NamedTuple):
    """Something followed. `is_chosen`: False when it is followed by itself, as a theme of interest or as one's own."""

    kind: FollowKind
    target_id: int
    title: str
    level: FollowLevel
    is_chosen: bool


def chosen(actor: Member, kind: FollowKind, number: int) -> FollowLevel | None:
    """The level this person chose for this thing; None when they chose none. One statement."""
    return db.session.scalar(
        sa.select(Follow.level).where(Follow.member_id == actor.id, Follow.kind == kind, Follow.target_id == number)
    )


def level_of(actor: Member, kind: FollowKind, number: int) -> FollowLevel:
    """At which level this person follows this thing, chosen or not. One statement, two for a thread not chosen."""
    own = chosen(actor, kind, number)
    if own is not None or kind is FollowKind.ORGANISATION:
        return own or FollowLevel.NONE
    if kind is FollowKind.THEME:
        of_interest = sa.exists().where(theme_interest.c.member_id == actor.id, theme_interest.c.theme_id == number)
        return FollowLevel.DIGEST if db.session.scalar(sa.select(of_interest)) else FollowLevel.NONE
    found = db.session.scalar(sa.select(level_for(sa.literal(actor.id), None)).where(Feedback.id == number))
    return _LEVELS[found or 0]


def title_of(actor: Member, kind: FollowKind, number: int) -> str:
    """What the thing is called, where this person may read it. Raises NotFound. One statement."""
    if kind is FollowKind.THREAD:
        select = sa.select(Feedback.title).where(Feedback.id == number, readable_by(actor))
    elif kind is FollowKind.THEME:
        select = sa.select(Theme.title).where(Theme.id == number)
    else:
        select = sa.select(Organisation.name).where(Organisation.id == number)
    title = db.session.scalar(select)
    if title is None:
        raise NotFound
    return title


def followed(actor: Member, most: int = 200) -> list[FollowRow]:
    """All this person follows: themes and organisations by name, threads by number, the newest first. Four statements."""
    themes = _explicit(actor, FollowKind.THEME, Theme.id, Theme.title, order=(Theme.position, Theme.id))
    of_interest = (
        sa.select(Theme.id, Theme.title)
        .join(theme_interest, theme_interest.c.theme_id == Theme.id)
        .where(theme_interest.c.member_id == actor.id, ~_has_chosen(actor, FollowKind.THEME, Theme.id))
        .order_by(Theme.position, Theme.id)
    )
    by_interest = [
        FollowRow(FollowKind.THEME, number, title, FollowLevel.DIGEST, False)
        for number, title in db.session.execute(of_interest)
    ]
    homes = _explicit(actor, FollowKind.ORGANISATION, Organisation.id, Organisation.name, order=(Organisation.name,))
    return [*themes, *by_interest, *homes, *_threads(actor, most)]


def _has_chosen(actor: Member, kind: FollowKind, number: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(Follow.member_id == actor.id, Follow.kind == kind, Follow.target_id == number)


def _explicit(actor: Member, kind: FollowKind, number: Any, title: Any, order: Sequence[Any]) -> list[FollowRow]:
    select = (
        sa.select(number, title, Follow.level)
        .join(Follow, sa.and_(Follow.kind == kind, Follow.target_id == number))
        .where(Follow.member_id == actor.id)
    )
    rows = db.session.execute(select.order_by(*order))
    return [FollowRow(kind, found, words, level, True) for found, words, level in rows]


def _threads(actor: Member, most: int) -> list[FollowRow]:
    """Threads with a level of their own, and those this person wrote in or said "same here" to."""
    own = sa.select(Follow.level).where(
        Follow.member_id == actor.id, Follow.kind == FollowKind.THREAD, Follow.target_id == Feedback.id
    )
    wrote = sa.or_(
        Feedback.author_id == actor.id,
        Feedback.id.in_(sa.select(Reply.feedback_id).where(Reply.author_id == actor.id, stands(Reply))),
        Feedback.id.in_(sa.select(Support.feedback_id).where(Support.member_id == actor.id)),
    )
    chosen = sa.select(Follow.target_id).where(Follow.member_id == actor.id, Follow.kind == FollowKind.THREAD)
    select = (
        sa.select(Feedback.id, Feedback.title, own.correlate(Feedback).scalar_subquery())
        .where(sa.or_(wrote, Feedback.id.in_(chosen)), stands(Feedback), readable_by(actor))
        .order_by(Feedback.active_at.desc(), Feedback.id.desc())
    )
    return [
        FollowRow(FollowKind.THREAD, number, title, level or FollowLevel.DIGEST, level is not None)
        for number, title, level in db.session.execute(select.limit(most))
    ]


# --- levels as SQL ---------------------------------------------------------------------------------------------------


def level_for(
    member: sa.ColumnElement[int], organisation: sa.ColumnElement[int | None] | None
) -> sa.ColumnElement[int]:
    """The rank of the level at which `member` hears of the Feedback of the surrounding select, as `rules.level` has it.

    `organisation`: of the post's author, null where the post does not name it; None where no post is looked at.
    """
    themes = sa.select(feedback_theme.c.theme_id).where(feedback_theme.c.feedback_id == Feedback.id)
    mine = sa.select(sa.func.max(rank())).where(Follow.member_id == member)
    own = mine.where(Follow.kind == FollowKind.THREAD, Follow.target_id == Feedback.id)
    by_theme = mine.where(Follow.kind == FollowKind.THEME, Follow.target_id.in_(themes.correlate(Feedback)))
    set_aside = sa.exists().where(
        Follow.member_id == member, Follow.kind == FollowKind.THEME, Follow.target_id == theme_interest.c.theme_id
    )
    by_interest = sa.exists().where(
        theme_interest.c.member_id == member, theme_interest.c.theme_id.in_(themes.correlate(Feedback)), ~set_aside
    )
    said = aliased(Reply)  # the surrounding select may be about replies itself
    replied = sa.exists().where(said.feedback_id == Feedback.id, said.author_id == member, stands(said))
    supports = sa.exists().where(Support.feedback_id == Feedback.id, Support.member_id == member)
    own_words = sa.or_(sa.func.coalesce(Feedback.author_id, 0) == member, replied, supports)
    others = [
        sa.func.coalesce(by_theme.correlate(Feedback).scalar_subquery(), 0),
        sa.case((sa.or_(by_interest, own_words), _DIGEST), else_=0),
    ]
    if organisation is not None:
        by_home = mine.where(Follow.kind == FollowKind.ORGANISATION, Follow.target_id == organisation)
        others.append(sa.func.coalesce(by_home.correlate_except(Follow).scalar_subquery(), 0))
    return sa.func.coalesce(own.correlate(Feedback).scalar_subquery(), _greatest(others))


def _greatest(values: Sequence[sa.ColumnElement[int]]) -> sa.ColumnElement[int]:
    """The highest of these; SQLite and PostgreSQL call it differently."""
    name = "greatest" if db.session.get_bind().dialect.name == "postgresql" else "max"
    highest: sa.ColumnElement[int] = getattr(sa.func, name)(*values, type_=sa.Integer)
    return highest


def shown_organisation(post: type[Feedback] | type[Reply]) -> sa.ColumnElement[int | None]:
    """The organisation a post is by, where the post says so to everybody."""
    is_told = sa.select(Organisation.id).where(
        Organisation.id == post.organisation_id, Organisation.shown_as == Organisation.name
    )
    return sa.case(
        (post.attribution == Attribution.NAMED, post.organisation_id),
        (post.attribution == Attribution.ORGANISATION, is_told.correlate(post).scalar_subquery()),
        else_=None,
    )


# --- whom to write to ------------------------------------------------------------------------------------------------


class Concern(enum.IntEnum):
    """Why somebody is told of a post whatever their level, unless that is none: it calls them, or it is an official reply
    to what they posted or said "same here" to."""

    FOLLOWS = 0
    MENTIONED = 1
    ANSWERED = 2


class Follower(NamedTuple):
    """Somebody to write to about a post: at once as they follow it so, or because the post concerns them."""

    id: int
    email: str
    concern: Concern


def next_untold() -> Feedback | Reply | None:
    """A post whose followers have not all been written to, ours until the transaction ends; the oldest first."""
    kinds: tuple[type[Feedback] | type[Reply], ...] = (Feedback, Reply)
    for kind in kinds:
        found: Any = db.session.scalar(
            sa.select(kind)
            .where(kind.untold_from.is_not(None), kind.held_at.is_(None))
            .order_by(kind.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if isinstance(found, kind):
            return found
    return None


def to_tell(post: Contribution, thread: Feedback, organisation_id: int | None, size: int) -> list[Follower]:
    """Who gets a letter about this post at once, from member number `post.untold_from` on. One statement.

    `organisation_id`: whose post everybody reads that it is; None where the post does not say.
    """
    heard = _heard(thread.id, organisation_id, _concerned(post, thread.id))
    own, other, concern = (sa.func.max(column) for column in (heard.c.own, heard.c.other, heard.c.concern))
    level = sa.case(
        (own == RANKS[FollowLevel.NONE], own), (concern > Concern.FOLLOWS, _ALL), else_=sa.func.coalesce(own, other)
    )
    people = sa.select(heard.c.member_id, level.label("level"), concern.label("concern"))
    levels = people.group_by(heard.c.member_id).subquery()
    at_once = sa.or_(levels.c.level == _ALL, sa.and_(levels.c.level == _DIGEST, Member.notify == Notify.IMMEDIATE))
    select = (
        sa.select(Member.id, Member.email, levels.c.concern)
        .join(levels, levels.c.member_id == Member.id)
        .where(Member.id >= post.untold_from, Member.id != sa.func.coalesce(sa.literal(post.author_id), 0))
        .where(at_once, Member.notify != Notify.NONE, can_be_written_to(), _reaches(thread))
    )
    rows = db.session.execute(select.order_by(Member.id).limit(size))
    return [Follower(number, email, Concern(why)) for number, email, why in rows]


def can_be_written_to() -> sa.ColumnElement[bool]:
    """Active members with an address that takes letters. Their letters are withheld, so the outbox does not ask."""
    return sa.and_(Member.standing == Standing.ACTIVE, Member.email.is_not(None), ~letters.is_suppressed(Member.email))


def _reaches(thread: Feedback) -> sa.ColumnElement[bool]:
    """Which members may read this thread; asked of each again when the letter leaves."""
    if thread.group_id is None:
        return sa.true()
    inside = sa.select(group_member.c.member_id).where(group_member.c.group_id == thread.group_id)
    return sa.or_(Member.id.in_(inside), Member.role.in_([Role.SECRETARIAT, Role.ADMIN]))


def _concerned(post: Contribution, number: int) -> list[sa.Select[Any]]:
    """Whom this post of that thread concerns, and why."""
    is_reply = isinstance(post, Reply)
    of_post = sa.and_(Mention.feedback_id == number, Mention.reply_id == (post.id if is_reply else None))

    def told(member: Any, why: Concern) -> sa.Select[Any]:
        unknown = sa.cast(sa.null(), sa.Integer)
        return sa.select(member, unknown, unknown, sa.literal(int(why)))

    def called(kind: MentionKind) -> sa.Select[Any]:
        return sa.select(Mention.target_id).where(of_post, Mention.kind == kind)

    of_sector = sa.select(Organisation.id).where(Organisation.sector_id.in_(called(MentionKind.SECTOR)))
    mentioned = sa.or_(
        Member.id.in_(called(MentionKind.MEMBER)),
        Member.organisation_id.in_(called(MentionKind.ORGANISATION)),
        Member.organisation_id.in_(of_sector),
    )
    parts = [told(Member.id, Concern.MENTIONED).where(mentioned)]
    if isinstance(post, Reply) and post.is_official:
        parts.append(told(Feedback.author_id, Concern.ANSWERED).where(Feedback.id == number))
        parts.append(told(Support.member_id, Concern.ANSWERED).where(Support.feedback_id == number))
    return parts


def _heard(number: int, organisation_id: int | None, concerned: list[sa.Select[Any]]) -> sa.Subquery:
    """Everybody with a reason to hear of a thread: the rank of their `own` level for it, and of every `other`; and those
    whom a post of it concerns."""
    themes = sa.select(feedback_theme.c.theme_id).where(feedback_theme.c.feedback_id == number)
    is_thread = sa.and_(Follow.kind == FollowKind.THREAD, Follow.target_id == number)
    others = [sa.and_(Follow.kind == FollowKind.THEME, Follow.target_id.in_(themes))]
    if organisation_id is not None:
        others.append(sa.and_(Follow.kind == FollowKind.ORGANISATION, Follow.target_id == organisation_id))
    set_aside = sa.exists().where(
        Follow.member_id == theme_interest.c.member_id,
        Follow.kind == FollowKind.THEME,
        Follow.target_id == theme_interest.c.theme_id,
    )
    nothing, digest = sa.cast(sa.null(), sa.Integer), sa.literal(_DIGEST)
    no_concern = sa.literal(int(Concern.FOLLOWS)).label("concern")
    parts = [
        sa.select(Follow.member_id.label("member_id"), rank().label("own"), nothing.label("other"), no_concern).where(
            is_thread
        ),
        sa.select(Follow.member_id, nothing, rank(), no_concern).where(sa.or_(*others)),
        sa.select(theme_interest.c.member_id, nothing, digest, no_concern).where(
            theme_interest.c.theme_id.in_(themes), ~set_aside
        ),
        sa.select(Feedback.author_id, nothing, digest, no_concern).where(Feedback.id == number),
        sa.select(Reply.author_id, nothing, digest, no_concern).where(Reply.feedback_id == number, stands(Reply)),
        sa.select(Support.member_id, nothing, digest, no_concern).where(Support.feedback_id == number),
        *concerned,
    ]
    return sa.union_all(*parts).subquery()
