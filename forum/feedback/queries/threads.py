"""Lists of threads: what there is, what is new, what became of one's own. Hot pages: they read columns, not objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, joined, read
from forum.base.paging import First, Listing, Page, first
from forum.feedback.models import Attribution, Feedback, FeedbackKind, ReadMark, Reply, feedback_theme
from forum.feedback.queries import unread
from forum.feedback.queries.one import reach, reach_to_open, readable_by, stands
from forum.feedback.queries.unread import is_unread, is_unread_by
from forum.feedback.rules import attributed
from forum.members.models import Member, Organisation, theme_interest
from forum.reference.models import Listed, Marking, PoliceForce, Priority, Sector, Theme

BETWEEN, WITHIN = "\x1e", "\x1f"  # the entries of a list in one text, and the parts of an entry
_READER = sa.bindparam("reader", type_=sa.Integer)  # the id of whoever reads the list
_IS_SUPPORTED: sa.ColumnElement[bool] = sa.literal_column(
    "feedback.support_count > 0", sa.Boolean
)  # in the words of its index


class Filter(NamedTuple):
    """What a list of threads is narrowed to; None and False leave it as it is. `priority_id` 0 is cross-cutting."""

    theme_id: int | None = None
    priority_id: int | None = None
    kind: FeedbackKind | None = None
    sector_id: int | None = None
    force_id: int | None = None
    marking: Marking | None = None
    only_unread: bool = False
    only_mine: bool = False
    only_assigned: bool = False  # to the reader
    least_support: int = 0  # "same here" of so many organisations
    by_support: bool = False  # those that most organisations say "same here" to first, and no others


class ThreadRow(NamedTuple):
    """A thread in a list; `theme_ids` are in no order, `force` may be empty."""

    id: int
    title: str
    kind: FeedbackKind
    marking: Marking
    author: str
    force: str
    theme_ids: tuple[int, ...]
    reply_count: int
    support_count: int
    active_at: datetime
    is_closed: bool
    is_withdrawn: bool
    is_unread: bool


class Choices(NamedTuple):
    """What threads can be narrowed to, as (id, title): entries no longer in use are there too."""

    themes: tuple[tuple[int, str], ...]
    priorities: tuple[tuple[int, str], ...]
    sectors: tuple[tuple[int, str], ...]
    forces: tuple[tuple[int, str], ...]


def threads(actor: Member, wanted: Filter, key: str | None = None) -> Page[ThreadRow]:
    """The threads this person may read, newest activity first unless `by_support`, 20 a page. One statement.

    Withdrawn threads, and those that wait for a look, are shown to their author alone, among their own.
    """
    within = reach_to_open(actor) if wanted.only_mine else reach(actor)
    return _listing(within.where, wanted).page(key, {"reader": actor.id}).of(_row)


@lru_cache(maxsize=64)
def _listing(within: sa.ColumnElement[bool], wanted: Filter) -> Listing:
    """The threads within this reach, as the `reader` sees them. The last few filters are kept put together."""
    select = _rows().where(within, *_conditions(wanted))
    leading = Feedback.support_count if wanted.by_support else Feedback.active_at
    return Listing(select, [leading.desc(), Feedback.id.desc()])


def choices() -> Choices:
    """What the filters offer. One statement."""
    return _told(tuple(read(_lists())[0]))


def choices_and_unread(actor: Member) -> tuple[Choices, int]:
    """`choices` and `unread_count`, for the list. One statement."""
    within = reach(actor)
    asked = {**within.values, "reader": actor.id, "most": unread.MOST}
    *lists, count = read(_lists_and_unread(within.where), asked)[0]
    return _told(tuple(lists)), count


@lru_cache(maxsize=8)
def _lists_and_unread(within: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    return _lists().add_columns(unread.count(within).scalar_subquery())


@lru_cache(maxsize=4)
def _told(lists: tuple[str | None, ...]) -> Choices:
    """The choices that these texts of `_lists` tell of; they change a few times a year."""

    def entries(text: str | None) -> Iterable[tuple[int, str]]:
        found = (entry.split(WITHIN, 2) for entry in (text or "").split(BETWEEN) if entry)
        return [(number, title) for _position, number, title in sorted((int(a), int(b), c) for a, b, c in found)]

    return Choices(*(tuple(entries(text)) for text in lists))


def themes_to_post() -> list[tuple[int, str]]:
    """The themes somebody may choose for what they post, as (id, title). Those made for an archive are not for that.

    One statement.
    """
    today = clock.today()
    wanted = sa.select(Theme.id, Theme.title).where(
        Theme.kind != "imported",
        sa.or_(Theme.valid_from.is_(None), Theme.valid_from <= today),
        sa.or_(Theme.valid_to.is_(None), Theme.valid_to >= today),
    )
    return [(row.id, row.title) for row in db.session.execute(wanted.order_by(Theme.position, Theme.id))]


def newest(actor: Member, theme_ids: Collection[int] = (), size: int = 5) -> list[ThreadRow]:
    """The threads of these themes (of all for none) with the newest activity, for the home page. One statement."""
    select = _rows().where(readable_by(actor), *_conditions(Filter()))
    if theme_ids:
        select = select.where(_has_theme(theme_ids))
    newest_first = select.order_by(Feedback.active_at.desc(), Feedback.id.desc()).limit(size)
    return [_row(tuple(row)) for row in read(newest_first, {"reader": actor.id})]


class WaitingRow(NamedTuple):
    """A thread that somebody has yet to do something about."""

    id: int
    title: str
    kind: FeedbackKind
    posted_at: datetime

    @property
    def reference(self) -> str:
        return f"FB-{self.id}"


def waiting(actor: Member, without: sa.ColumnElement[bool], size: int) -> First[WaitingRow]:
    """Open threads without this, the longest waiting first. One statement."""
    wanted = (
        sa.select(Feedback.id, Feedback.title, Feedback.kind, Feedback.posted_at)
        .where(readable_by(actor), Feedback.closed_at.is_(None), Feedback.withdrawn_at.is_(None), ~without)
        .order_by(Feedback.posted_at, Feedback.id)
    )
    return first(wanted, WaitingRow._make, size)


def unanswered_questions(actor: Member, size: int = 5) -> First[WaitingRow]:
    """Questions to which the department has not replied, the oldest first. One statement."""
    return waiting(actor, _is_answered() | (Feedback.kind != FeedbackKind.QUESTION), size)


def unanswered_of(actor: Member, size: int = 5) -> First[WaitingRow]:
    """Threads this person answers and to which the department has not replied, the oldest first. One statement."""
    return waiting(actor, _is_answered() | Feedback.assigned_to_id.is_distinct_from(actor.id), size)


def _is_answered() -> sa.ColumnElement[bool]:
    return sa.exists().where(Reply.feedback_id == Feedback.id, Reply.is_official & stands(Reply))


def new_for(actor: Member, size: int = 5) -> list[ThreadRow]:
    """What others wrote since this person last read it, in the themes they are interested in (in all, when they chose
    none); the newest activity first. One statement."""
    has_chosen = sa.exists().where(theme_interest.c.member_id == actor.id)
    of_theirs = (
        sa.select(feedback_theme.c.feedback_id)
        .join(theme_interest, theme_interest.c.theme_id == feedback_theme.c.theme_id)
        .where(theme_interest.c.member_id == actor.id)
    )
    wanted = (
        _rows()
        .where(readable_by(actor), is_unread(actor), sa.or_(Feedback.id.in_(of_theirs), ~has_chosen))
        .where(sa.func.coalesce(Feedback.author_id, 0) != actor.id)
        .order_by(Feedback.active_at.desc(), Feedback.id.desc())
    )
    return [_row(tuple(row)) for row in read(wanted.limit(size), {"reader": actor.id})]


def organisation_words(attribution: Any) -> sa.ColumnElement[str]:
    """The author's organisation as far as this attribution lets it be known: where they are not named, a lone one of its
    kind is told by its sector and region (members/commands/naming.py). The select must outer-join Organisation."""
    return sa.case(
        (attribution == Attribution.NAMED, sa.func.coalesce(Organisation.name, "")),
        (attribution == Attribution.ORGANISATION, sa.func.coalesce(Organisation.shown_as, "")),
        else_="",
    )


@cache
def author_columns(post: type[Feedback] | type[Reply]) -> tuple[Any, ...]:
    """Attribution, name, organisation and whether it is a member's; what may not be shown is not read either.

    The select must outer-join Member (the author) and Organisation.
    """
    named = sa.func.coalesce(Member.name, post.contributor)
    return (
        post.attribution,
        sa.case((post.attribution == Attribution.NAMED, named), else_=""),
        organisation_words(post.attribution),
        post.author_id.is_not(None),
    )


def author_words(attribution: Attribution, name: str | None, organisation: str, is_member: bool) -> str:
    """The author as everybody may read it, from `author_columns`."""
    return attributed(attribution, name or "", organisation, is_member=is_member)


@cache
def _lists() -> sa.Select[*tuple[Any, ...]]:
    """The lists behind `Choices`, each as one text of its positions, ids and titles: four texts are read in a third of
    the time of a hundred rows."""
    columns: tuple[tuple[type[Listed], Any], ...] = (
        (Theme, Theme.title),
        (Priority, Priority.short_title),
        (Sector, Sector.title),
        (PoliceForce, PoliceForce.title),
    )

    def text(kind: type[Listed], title: Any) -> Any:
        words = [sa.cast(kind.position, sa.String), sa.cast(kind.id, sa.String), title]
        entry = words[0] + WITHIN + words[1] + WITHIN + words[2]
        return sa.select(joined(entry, BETWEEN)).scalar_subquery()

    return sa.select(*(text(kind, title) for kind, title in columns))


@cache
def _rows() -> sa.Select[Any]:
    """The columns of a ThreadRow as the `reader` sees it: putting them together takes longer than asking for them, so
    it is done once."""
    themes = (
        sa.select(joined(sa.cast(feedback_theme.c.theme_id, sa.String), ","))
        .where(feedback_theme.c.feedback_id == Feedback.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            Feedback.id,
            Feedback.title,
            Feedback.kind,
            Feedback.marking,
            *author_columns(Feedback),
            PoliceForce.title,
            themes,
            Feedback.reply_count,
            Feedback.support_count,
            Feedback.active_at,
            Feedback.closed_at.is_not(None),
            Feedback.withdrawn_at.is_not(None),
            sa.func.coalesce(unread.until(_READER) < Feedback.active_at, sa.true()),
        )
        .select_from(Feedback)
        .outerjoin(Member, Member.id == Feedback.author_id)
        .outerjoin(Organisation, Organisation.id == Feedback.organisation_id)
        .outerjoin(PoliceForce, PoliceForce.id == Feedback.force_id)
        .outerjoin(ReadMark, sa.and_(ReadMark.feedback_id == Feedback.id, ReadMark.member_id == _READER))
    )


def _row(row: tuple[Any, ...]) -> ThreadRow:
    (
        number,
        title,
        kind,
        marking,
        *author,
        force,
        themes,
        replies,
        supports,
        active_at,
        is_closed,
        is_withdrawn,
        unread,
    ) = row
    return ThreadRow(
        number,
        title,
        kind,
        marking,
        author_words(*author),
        force or "",
        tuple(map(int, themes.split(","))) if themes else (),
        replies,
        supports,
        active_at,
        bool(is_closed),
        bool(is_withdrawn),
        bool(unread) and not is_withdrawn,
    )


def _conditions(wanted: Filter) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.only_mine:
        yield Feedback.author_id == _READER
    else:
        yield Feedback.withdrawn_at.is_(None)
    if wanted.only_assigned:
        yield Feedback.assigned_to_id == _READER
    if wanted.only_unread:
        yield is_unread_by(_READER)
    if wanted.theme_id is not None:
        yield _has_theme([wanted.theme_id])
    if wanted.priority_id is not None:
        yield Feedback.priority_id == wanted.priority_id if wanted.priority_id else Feedback.priority_id.is_(None)
    if wanted.sector_id is not None:
        yield Organisation.sector_id == wanted.sector_id
        yield Feedback.attribution != Attribution.UNATTRIBUTED
    if wanted.force_id is not None:
        yield Feedback.force_id == wanted.force_id
    if wanted.kind is not None:
        yield Feedback.kind == wanted.kind
    if wanted.least_support:
        yield Feedback.support_count >= wanted.least_support
    if wanted.least_support or wanted.by_support:
        yield _IS_SUPPORTED
    if wanted.marking is not None:
        yield Feedback.marking == wanted.marking


def _has_theme(ids: Iterable[int]) -> sa.ColumnElement[bool]:
    of_theme = sa.select(feedback_theme.c.feedback_id).where(feedback_theme.c.theme_id.in_(list(ids)))
    return Feedback.id.in_(of_theme)
