"""Reading groups of members."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base.db import db
from forum.base.errors import NotFound
from forum.members.models import Group, Member, Organisation, Standing, group_member


class GroupRow(NamedTuple):
    """A group in a list; `people`: its members who have not left the Forum."""

    id: int
    title: str
    people: int


class PersonRow(NamedTuple):
    """Somebody who is in a group or could be."""

    id: int
    name: str
    organisation: str

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (self.name, self.organisation)))


def groups() -> list[GroupRow]:
    """Every group, by title. One statement."""
    wanted = (
        sa.select(Group.id, Group.title, sa.func.count(Member.id))
        .outerjoin(group_member, group_member.c.group_id == Group.id)
        .outerjoin(Member, sa.and_(Member.id == group_member.c.member_id, Member.standing != Standing.LEFT))
        .group_by(Group.id, Group.title)
        .order_by(Group.title, Group.id)
    )
    return [GroupRow._make(row) for row in db.session.execute(wanted)]


def choices() -> list[tuple[int, str]]:
    """Every group as (id, title), by title. One statement."""
    wanted = sa.select(Group.id, Group.title).order_by(Group.title, Group.id)
    return [(row.id, row.title) for row in db.session.execute(wanted)]


def get(number: int) -> Group:
    """The group with this number, with its members. Raises NotFound."""
    found = db.session.scalar(sa.select(Group).where(Group.id == number).options(selectinload(Group.members)))
    if found is None:
        raise NotFound("There is no such group.")
    return found


def people_of(group: Group) -> list[PersonRow]:
    """Who is in a group and has not left the Forum, by name. One statement."""
    inside = sa.select(group_member.c.member_id).where(group_member.c.group_id == group.id)
    return _people(Member.id.in_(inside))


def found(text: str, limit: int = 20) -> list[PersonRow]:
    """The first people who have not left and have all these words in name or organisation. One statement."""
    words = text.split()[:10]
    says = [sa.or_(*(c.icontains(word, autoescape=True) for c in (Member.name, Organisation.name))) for word in words]
    return _people(*says, limit=limit) if words else []


def _people(*conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[PersonRow]:
    wanted = sa.select(Member.id, Member.name, sa.func.coalesce(Organisation.name, "")).outerjoin(Member.organisation)
    ordered = wanted.where(Member.standing != Standing.LEFT, *conditions).order_by(Member.name, Member.id)
    return [PersonRow._make(row) for row in db.session.execute(ordered.limit(limit))]
