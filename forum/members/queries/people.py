"""Reading one member, and lists of them for other rooms."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from forum.base import letters
from forum.base.db import db
from forum.base.errors import NotFound
from forum.members.models import (
    Member,
    Organisation,
    Role,
    Standing,
    theme_interest,
)
from forum.reference.models import PoliceForce, Sector, Theme


def by_email(email: str) -> Member | None:
    """The member with this address, whatever its case, with the organisation."""
    return db.session.scalar(
        sa.select(Member)
        .outerjoin(Member.organisation)
        .options(contains_eager(Member.organisation))
        .where(Member.email == email.strip().lower())
    )


def any_demonstration() -> bool:
    """Whether demonstration people or organisations are loaded."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Organisation.is_demonstration))))


class InviteeRow(NamedTuple):
    """A member whom mail about a meeting can reach. Titles are empty where they are not known."""

    id: int
    name: str
    email: str
    organisation: str
    sector: str
    force: str


class LeftOutRow(NamedTuple):
    """A member whom mail about a meeting cannot or should not reach, and why."""

    id: int
    name: str
    organisation: str
    reason: str
    contact_note: str
    job_title: str
    contact_email: str  # the organisation's


def is_invitable() -> sa.ColumnElement[bool]:
    """Who is invited to a meeting: active members of every role but admin, with an address."""
    return sa.and_(Member.role != Role.ADMIN, Member.standing == Standing.ACTIVE, Member.email.is_not(None))


def is_reachable() -> sa.ColumnElement[bool]:
    """Of those, whom a letter reaches: none comes back from their address."""
    return sa.and_(is_invitable(), ~letters.is_suppressed(Member.email))


def invitable(*conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[InviteeRow]:
    """Who is reached and invited to a meeting, of those who meet these conditions; by name, the first `limit`.
    One statement."""
    wanted = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Member.email, ""),
            sa.func.coalesce(Organisation.name, ""),
            sa.func.coalesce(Sector.title, ""),
            sa.func.coalesce(PoliceForce.title, ""),
        )
        .outerjoin(Member.organisation)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .where(is_reachable(), *conditions)
        .order_by(Member.name, Member.id)
        .limit(limit)
    )
    return [InviteeRow(*row) for row in db.session.execute(wanted)]


def left_out(*conditions: sa.ColumnElement[bool]) -> list[LeftOutRow]:
    """Everybody of the Forum who is not `invitable()` and meets these conditions, with the reason in words; by name.
    One statement."""
    reason = sa.case(
        (Member.standing == Standing.LEFT, "Has left the Forum"),
        (Member.email.is_(None), "No email address: written to by post"),
        (Member.standing == Standing.ACTIVE, "Letters to their address come back: ask the organisation for another"),
        else_="Invited, but has not joined yet",
    )
    wanted = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            reason,
            Member.contact_note,
            Member.job_title,
            sa.func.coalesce(Organisation.contact_email, ""),
        )
        .outerjoin(Member.organisation)
        .where(Member.role != Role.ADMIN, ~is_reachable())
        .where(*conditions)
        .order_by(Member.name, Member.id)
    )
    return [LeftOutRow(*row) for row in db.session.execute(wanted)]


def owner_choices() -> list[tuple[int, str]]:
    """Who may own a challenge: active officials and secretariat, as (id, "Name, Organisation"), by name."""
    wanted = (
        sa.select(Member.id, Member.name, Organisation.name)
        .outerjoin(Member.organisation)
        .where(Member.role.in_((Role.OFFICIAL, Role.SECRETARIAT)), Member.standing == Standing.ACTIVE)
        .order_by(Member.name, Member.id)
    )
    return [(row[0], ", ".join(filter(None, row[1:]))) for row in db.session.execute(wanted)]


def names() -> list[tuple[int, str]]:
    """Everybody, those who have left too, as (id, name), by name. For those who run the Forum."""
    wanted = sa.select(Member.id, Member.name).order_by(Member.name, Member.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def names_of(ids: Collection[int]) -> dict[int, str]:
    """The names of the members with these ids. One statement, none for no ids."""
    if not ids:
        return {}
    wanted = sa.select(Member.id, Member.name).where(Member.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(wanted)}


def standings() -> dict[Standing, int]:
    """How many members (role member) stand where; standings without any are left out. One statement."""
    counted = sa.select(Member.standing, sa.func.count()).where(Member.role == Role.MEMBER).group_by(Member.standing)
    return dict(db.session.execute(counted).all())


def interests_of(member: Member) -> list[str]:
    """The titles of the themes this member is interested in, in the list's order. One statement."""
    wanted = sa.select(Theme.title).join(theme_interest, theme_interest.c.theme_id == Theme.id)
    return list(db.session.scalars(wanted.where(theme_interest.c.member_id == member.id).order_by(Theme.position)))


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Whom this person may look up: whoever runs the Forum everybody, others its active members."""
    if actor.runs_the_forum:
        return sa.true()
    return sa.and_(Member.standing == Standing.ACTIVE, Member.role != Role.ADMIN)


def get(actor: Member, number: int) -> Member:
    """The member with this number, with organisation (sector, force, region) and themes. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Member)
        .where(Member.id == number, readable_by(actor))
        .options(
            joinedload(Member.organisation).options(
                joinedload(Organisation.sector), joinedload(Organisation.force), joinedload(Organisation.region)
            ),
            selectinload(Member.themes),
        )
    )
    if found is None:
        raise NotFound("There is no such member, or you do not have access to their page.")
    return found


class PersonToTry(NamedTuple):
    name: str
    email: str
    role: Role
    organisation: str


def people_to_try() -> list[PersonToTry]:
    """One demonstration person of every role, with whom a visitor may sign in. One statement."""
    firsts = (
        sa.select(sa.func.min(Member.id))
        .where(Member.is_demonstration, Member.standing == Standing.ACTIVE, Member.email.is_not(None))
        .group_by(Member.role)
    )
    wanted = (
        sa.select(Member.name, sa.func.coalesce(Member.email, ""), Member.role, sa.func.coalesce(Organisation.name, ""))
        .outerjoin(Member.organisation)
        .where(Member.id.in_(firsts))
        .order_by(Member.id)
    )
    return [PersonToTry(*row) for row in db.session.execute(wanted)]
