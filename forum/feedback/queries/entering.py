"""For whom something is entered."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.members.models import Member, Organisation, Role, Standing

MOST = 10  # people offered for one name


class Somebody(NamedTuple):
    """A member words can be entered for, with whatever tells them from others of the name."""

    id: int
    name: str
    email: str
    organisation: str

    @property
    def words(self) -> str:
        return f"{self.name}, {self.organisation}" if self.organisation else self.name

    def is_called(self, typed: str) -> bool:
        """Whether somebody meant them and nobody else who is called otherwise."""
        return typed.casefold() in {one.casefold() for one in (self.name, self.email, self.words) if one}


def called(typed: str) -> list[Somebody]:
    """The members this may mean, by name, ten at most: those who are called so exactly, or else all in whose name, address
    or organisation every word stands. One statement."""
    typed = " ".join(typed.split())
    words = typed.replace(",", " ").split()[:10]
    if not words:
        return []
    organisation = sa.func.coalesce(Organisation.name, "")
    columns = (Member.name, sa.func.coalesce(Member.email, ""), organisation)
    wanted = (
        sa.select(Member.id, *columns)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.standing != Standing.LEFT, Member.role != Role.ADMIN)
        .where(*(sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))
        .order_by(sa.func.lower(Member.name) != typed.lower(), Member.name, Member.id)
        .limit(MOST)
    )
    found = [Somebody._make(row) for row in db.session.execute(wanted)]
    return [one for one in found if one.is_called(typed)] or found


def member(number: int) -> Member:
    """The member with this number, with the organisation. Raises NotFound."""
    wanted = sa.select(Member).where(Member.id == number).options(joinedload(Member.organisation))
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def organisation(number: int | None) -> Organisation | None:
    """The organisation with this number. Raises Rejected when there is none."""
    found = db.session.get(Organisation, number) if number is not None else None
    if number is not None and found is None:
        raise Rejected("Select an organisation from the list.", field="organisation_id")
    return found


def somebody(number: int) -> Somebody:
    """The member with this number. Raises NotFound."""
    found = member(number)
    return Somebody(found.id, found.name, found.email or "", found.organisation_name)


def area_of(number: int) -> int | None:
    """The police force area of this member's organisation. One statement."""
    of_member = sa.select(Organisation.force_id).join(Member, Member.organisation_id == Organisation.id)
    return db.session.scalar(of_member.where(Member.id == number))
