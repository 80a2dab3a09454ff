"""Reading the directory of members and organisations, and uploaded tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base import files
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import CSV, ODS, TEXT, XLSX, StoredFile
from forum.base.history import HistoryLine
from forum.base.paging import Page, page
from forum.members.models import (
    Member,
    Organisation,
    Role,
    Standing,
    theme_interest,
)
from forum.members.queries.people import readable_by
from forum.reference.models import PoliceForce, Region, Sector

TABLES = (CSV, ODS, XLSX, TEXT)  # kinds of files that hold a table


class MemberRow(NamedTuple):
    """A member in a list. `email` is empty for those who may not see addresses, and for who has none."""

    id: int
    name: str
    email: str
    job_title: str
    role: Role
    standing: Standing
    organisation_id: int | None
    organisation: str
    sector: str
    area: str


class OrganisationRow(NamedTuple):
    """An organisation in a list, with how many of its members the reader may look up."""

    id: int
    name: str
    sector: str
    area: str
    members: int


class Filters(TypedDict, total=False):
    """What a list of members or organisations is narrowed by: ids of list entries, and words."""

    text: str
    sector: int
    force: int
    region: int
    theme: int
    role: Role
    standing: Standing


def directory(actor: Member, key: str | None = None, size: int = 50, **filters: Unpack[Filters]) -> Page[MemberRow]:
    """The members this person may look up, by name, a page at a time. One statement."""
    order = [Member.name.asc(), Member.id.asc()]
    return page(_members(actor, filters), order, key, size).of(MemberRow._make)


def everybody(actor: Member, **filters: Unpack[Filters]) -> Iterator[MemberRow]:
    """The same list whole, row by row, for exports."""
    wanted = _members(actor, filters).order_by(Member.name, Member.id).execution_options(yield_per=500)
    return (MemberRow(*row) for row in db.session.execute(wanted))


def count(actor: Member, **filters: Unpack[Filters]) -> int:
    """How many members that list has."""
    counted = sa.select(sa.func.count()).select_from(_members(actor, filters).subquery())
    return db.session.execute(counted).scalar_one()


def _members(actor: Member, filters: Filters) -> sa.Select[*tuple[Any, ...]]:
    email = sa.func.coalesce(Member.email, "") if actor.runs_the_forum else sa.literal("")
    wanted: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Member.id,
            Member.name,
            email,
            Member.job_title,
            Member.role,
            Member.standing,
            Member.organisation_id,
            sa.func.coalesce(Organisation.name, ""),
            sa.func.coalesce(Sector.title, ""),
            _AREA,
        )
        .outerjoin(Member.organisation)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .outerjoin(Region, Organisation.region_id == Region.id)
        .where(readable_by(actor), *_places(filters))
    )
    if text := filters.get("text"):
        columns: list[Any] = [Member.name, Member.job_title, Organisation.name]
        columns += [Member.email] if actor.runs_the_forum else []
        wanted = wanted.where(*_words(columns, text))
    for name, column in (("role", Member.role), ("standing", Member.standing)):
        if name in filters:
            wanted = wanted.where(column == filters[name])  # type: ignore[literal-required]
    if "theme" in filters:
        interested = sa.select(theme_interest.c.member_id).where(theme_interest.c.theme_id == filters["theme"])
        wanted = wanted.where(Member.id.in_(interested))
    return wanted


def organisations(
    actor: Member, key: str | None = None, size: int = 50, **filters: Unpack[Filters]
) -> Page[OrganisationRow]:
    """The organisations, by name, a page at a time. One statement."""
    of_it = (
        sa.select(sa.func.count())
        .where(Member.organisation_id == Organisation.id, readable_by(actor), Member.standing != Standing.LEFT)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Organisation.id, Organisation.name, sa.func.coalesce(Sector.title, ""), _AREA, of_it)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .outerjoin(Region, Organisation.region_id == Region.id)
        .where(*_places(filters))
    )
    if text := filters.get("text"):
        wanted = wanted.where(*_words([Organisation.name], text))
    return page(wanted, [Organisation.name.asc(), Organisation.id.asc()], key, size).of(OrganisationRow._make)


def organisation(number: int) -> Organisation:
    """The organisation with this number, with sector, force and region. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Organisation)
        .where(Organisation.id == number)
        .options(joinedload(Organisation.sector), joinedload(Organisation.force), joinedload(Organisation.region))
    )
    if found is None:
        raise NotFound("There is no such organisation.")
    return found


def members_of(actor: Member, number: int) -> list[MemberRow]:
    """The members of one organisation whom this person may look up, by name. One statement."""
    wanted = _members(actor, {}).where(Member.organisation_id == number).order_by(Member.name, Member.id)
    return [MemberRow(*row) for row in db.session.execute(wanted)]


def organisation_choices() -> list[tuple[int, str]]:
    """Every organisation as (id, name), by name."""
    wanted = sa.select(Organisation.id, Organisation.name).order_by(Organisation.name, Organisation.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def last_changed_by(thing: Member | Organisation) -> str:
    """Who changed this last, by name; "Somebody" when the history does not say."""
    wanted = (
        sa.select(Member.name)
        .join(HistoryLine, HistoryLine.actor_id == Member.id)
        .where(
            HistoryLine.thing_kind == thing.__tablename__,
            HistoryLine.thing_id == thing.id,
            HistoryLine.verb.in_(("changed", "imported")),
        )
        .order_by(HistoryLine.id.desc())
        .limit(1)
    )
    return db.session.scalar(wanted) or "Somebody"


_AREA = sa.func.coalesce(PoliceForce.title, Region.title, "")


def _places(filters: Filters) -> list[sa.ColumnElement[bool]]:
    columns = {"sector": Organisation.sector_id, "force": Organisation.force_id, "region": Organisation.region_id}
    return [column == filters[name] for name, column in columns.items() if name in filters]  # type: ignore[literal-required]


def _words(columns: Sequence[Any], text: str) -> list[sa.ColumnElement[bool]]:
    """Every word stands in one of these columns."""
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in text.split()[:10]]


def upload(sha256: str) -> StoredFile:
    """The uploaded table with this hash. Raises NotFound."""
    return files.kept(sha256, TABLES)
