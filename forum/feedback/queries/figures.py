"""How far a thread has been read, for officials: from visits to its page alone.

The figures must not tell who wrote what carries no name. The reading of a thread's author never counts. Once somebody
replied without being known by it, there is a rough number only, and no list: who watched the figures would else see whose
reading came with that reply.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.paging import Page, page
from forum.feedback.models import Attribution, Feedback, ReadMark, Reply
from forum.feedback.queries.following import shown_organisation
from forum.feedback.queries.one import stands
from forum.members.models import Member, Organisation, Role, Standing, group_member


class Figures(NamedTuple):
    """How many members have read a thread, and how many organisations with members none of whom has. `missing` is None,
    and `readers` a multiple of ten, where more would tell too much."""

    readers: int
    missing: int | None


def figures(number: int) -> Figures:
    """Of a thread that the caller may open. Two statements."""
    if _is_rough(number):
        readers = db.session.scalar(sa.select(sa.func.count()).select_from(_readers(number).subquery())) or 0
        return Figures(readers // 10 * 10, None)
    parts: list[Any] = [_readers(number).subquery(), _missing(number).subquery()]
    counts = [sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in parts]
    found = db.session.execute(sa.select(*counts)).one()
    return Figures(found[0], found[1])


def missing(number: int, key: str | None = None) -> Page[Any]:
    """The organisations with members none of whom has read the thread, as (id, name), by name, 50 a page. For threads with
    a number of them in `figures`."""
    return page(_missing(number), [Organisation.name.asc(), Organisation.id.asc()], key, 50)


def _is_rough(number: int) -> bool:
    unknown = sa.select(Reply.id).where(Reply.feedback_id == number, Reply.author_id.is_not(None))
    return db.session.scalar(sa.select(unknown.where(shown_organisation(Reply).is_(None)).exists())) is True


def _is_member() -> sa.ColumnElement[bool]:
    return sa.and_(Member.role == Role.MEMBER, Member.standing == Standing.ACTIVE)


def _marks(number: int, column: Any) -> sa.Select[Any]:
    """Of members who opened the thread, all but its author."""
    author = sa.select(sa.func.coalesce(Feedback.author_id, 0)).where(Feedback.id == number).scalar_subquery()
    marks = sa.select(column).join(ReadMark, ReadMark.member_id == Member.id)
    return marks.where(ReadMark.feedback_id == number, Member.id != author, _is_member())


def _readers(number: int) -> sa.CompoundSelect[Any]:
    """Those, and who replied so that everybody knows of them; but not who is known as the author."""
    named = sa.select(Feedback.author_id).where(Feedback.id == number, Feedback.attribution == Attribution.NAMED)
    replied = sa.select(Member.id).join(Reply, Reply.author_id == Member.id)
    replied = replied.where(Reply.feedback_id == number, stands(Reply), shown_organisation(Reply).is_not(None))
    return sa.union(_marks(number, Member.id), replied.where(_is_member(), Member.id.not_in(named)))


def _missing(number: int) -> sa.Select[*tuple[Any, ...]]:
    """Organisations that nobody reads this thread in: not those that everybody knows to have written in it."""
    first = sa.select(shown_organisation(Feedback)).where(Feedback.id == number)
    replies = sa.select(shown_organisation(Reply)).where(Reply.feedback_id == number, stands(Reply))
    known = sa.union(_marks(number, Member.organisation_id), first, replies).subquery()
    group = sa.select(Feedback.group_id).where(Feedback.id == number).scalar_subquery()
    inside = sa.select(group_member.c.member_id).where(group_member.c.group_id == group)
    has_members = sa.exists().where(
        Member.organisation_id == Organisation.id, _is_member(), sa.or_(group.is_(None), Member.id.in_(inside))
    )
    reached = sa.exists().where(known.c[0] == Organisation.id)
    return sa.select(Organisation.id, Organisation.name).where(has_members, ~reached)
