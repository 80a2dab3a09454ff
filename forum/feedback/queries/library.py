"""The library of good practice: what works, where, and how many say that it does with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import richtext
from forum.base.db import db, joined
from forum.base.paging import Page, page
from forum.feedback.models import Attribution, Feedback, FeedbackKind, feedback_theme
from forum.feedback.queries.one import readable_by
from forum.feedback.queries.threads import BETWEEN, author_columns, author_words
from forum.members.models import Member, Organisation
from forum.reference.models import Marking, PoliceForce, Region, Theme

OUTSIDE_LONDON = -1  # in place of a region
LONDON = "london"
LONGEST_EXCERPT = 280


class Wanted(NamedTuple):
    """What the library is narrowed to. `within`: only threads that this select gives the numbers of."""

    theme_id: int | None = None
    sector_id: int | None = None
    force_id: int | None = None
    region_id: int | None = None
    within: sa.Select[Any] | None = None


class PracticeRow(NamedTuple):
    """Something that works. `member_id` and `organisation_id` are of whom to ask, as far as the author lets it be known."""

    id: int
    title: str
    words: str
    marking: Marking
    area: str
    region: str
    themes: tuple[str, ...]
    support_count: int
    reply_count: int
    posted_at: datetime
    author: str
    member_id: int | None
    organisation_id: int | None
    is_kept: bool  # to a group

    @property
    def reference(self) -> str:
        return f"FB-{self.id}"

    @property
    def excerpt(self) -> str:
        """Its beginning, cut at a word."""
        words = " ".join(self.words.split())
        return (
            words if len(words) <= LONGEST_EXCERPT else words[:LONGEST_EXCERPT].rpartition(" ")[0].rstrip(",;:") + " …"
        )


def practices(actor: Member, wanted: Wanted, key: str | None = None) -> Page[PracticeRow]:
    """What this person may read, what most say works with them first, then the newest; 20 a page. One statement."""
    order = [Feedback.support_count.desc(), Feedback.posted_at.desc(), Feedback.id.desc()]
    return page(_practices(actor, wanted), order, key).of(_row)


def all_practices(actor: Member, wanted: Wanted) -> list[PracticeRow]:
    """The same whole, for a file; without what is kept to a group. One statement."""
    order = (Feedback.support_count.desc(), Feedback.posted_at.desc(), Feedback.id.desc())
    wanted_rows = _practices(actor, wanted).where(Feedback.group_id.is_(None)).order_by(*order)
    return [_row(tuple(row)) for row in db.session.execute(wanted_rows)]


def _practices(actor: Member, wanted: Wanted) -> sa.Select[*tuple[Any, ...]]:
    themes = (
        sa.select(joined(Theme.title, BETWEEN))
        .join(feedback_theme, feedback_theme.c.theme_id == Theme.id)
        .where(feedback_theme.c.feedback_id == Feedback.id)
        .scalar_subquery()
    )
    is_told = sa.or_(
        Feedback.attribution == Attribution.NAMED,
        sa.and_(Feedback.attribution == Attribution.ORGANISATION, Organisation.shown_as == Organisation.name),
    )
    return (
        sa.select(
            Feedback.id, Feedback.title, Feedback.html, Feedback.marking,
            sa.func.coalesce(PoliceForce.title, ""), sa.func.coalesce(Region.title, ""),
            themes, Feedback.support_count, Feedback.reply_count, Feedback.posted_at,
            sa.case((Feedback.attribution == Attribution.NAMED, Feedback.author_id), else_=None),
            sa.case((is_told, Feedback.organisation_id), else_=None),
            Feedback.group_id.is_not(None),
            *author_columns(Feedback),
        )
        .select_from(Feedback)
        .outerjoin(Member, Member.id == Feedback.author_id)
        .outerjoin(Organisation, Organisation.id == Feedback.organisation_id)
        .outerjoin(PoliceForce, PoliceForce.id == Feedback.force_id)
        .outerjoin(Region, Region.id == PoliceForce.region_id)
        .where(
            Feedback.kind == FeedbackKind.GOOD_PRACTICE, Feedback.withdrawn_at.is_(None), readable_by(actor),
            *_conditions(wanted),
        )
    )  # fmt: skip


def _conditions(wanted: Wanted) -> Iterable[sa.ColumnElement[bool]]:
    if wanted.theme_id is not None:
        of_theme = sa.select(feedback_theme.c.feedback_id).where(feedback_theme.c.theme_id == wanted.theme_id)
        yield Feedback.id.in_(of_theme)
    if wanted.sector_id is not None:
        yield Organisation.sector_id == wanted.sector_id
        yield Feedback.attribution != Attribution.UNATTRIBUTED
    if wanted.force_id is not None:
        yield Feedback.force_id == wanted.force_id
    if wanted.region_id == OUTSIDE_LONDON:
        yield Region.slug != LONDON
    elif wanted.region_id is not None:
        yield PoliceForce.region_id == wanted.region_id
    if wanted.within is not None:
        yield Feedback.id.in_(wanted.within)


def _row(row: tuple[Any, ...]) -> PracticeRow:
    number, title, html, marking, area, region, themes, support, replies, posted_at, member, home, is_kept, *author = (
        row
    )
    titles = tuple(sorted(themes.split(BETWEEN))) if themes else ()
    words = richtext.to_text(html)
    return PracticeRow(
        number, title, words, marking, area, region, titles, support, replies, posted_at, author_words(*author), member,
        home, bool(is_kept),
    )  # fmt: skip
