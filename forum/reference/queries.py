"""Reading the lists and the standing pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.reference.models import Listed, Page

Entry = TypeVar("Entry", bound=Listed)


def entries(kind: type[Entry]) -> list[Entry]:
    """Every entry of a list in its own order, those that no longer hold too. One statement."""
    return list(db.session.scalars(sa.select(kind).order_by(kind.position, kind.id)))


def get(kind: type[Entry], number: int) -> Entry:
    """The entry with this number. Raises NotFound."""
    entry = db.session.get(kind, number)
    if entry is None:
        raise NotFound("There is no such entry in this list.")
    return entry


def by_slug(kind: type[Entry], slug: str) -> Entry:
    """The entry that links call by this slug. Raises NotFound."""
    entry = db.session.scalar(sa.select(kind).where(kind.slug == slug))
    if entry is None:
        raise NotFound("There is no such entry in this list.")
    return entry


def room_for(kind: type[Listed]) -> dict[str, int | None]:
    """What an entry of this list has, and how many characters of it are kept; None where that is not limited."""
    return {name: getattr(column.type, "length", None) for name, column in sa.inspect(kind).columns.items()}


def choices(kind: type[Listed]) -> list[tuple[int, str]]:
    """What may be chosen today, as (id, title) in the list's order, for forms. One statement."""
    return [(row.id, row.title) for row in db.session.execute(_current(kind).order_by(kind.position, kind.id))]


def choices_of(*kinds: type[Listed]) -> list[list[tuple[int, str]]]:
    """`choices` of several lists at once, in the order asked for. One statement."""
    parts = [_current(kind).add_columns(sa.literal(place), kind.position) for place, kind in enumerate(kinds)]
    found: list[list[tuple[int, str]]] = [[] for _ in kinds]
    united = sa.union_all(*parts).subquery()
    columns = list(united.columns)
    for number, title, place, _ in db.session.execute(sa.select(united).order_by(columns[3], columns[0])):
        found[place].append((number, title))
    return found


def chosen(kind: type[Entry], ids: Iterable[Any]) -> list[Entry]:
    """The entries with these ids, in the list's order; ids that are none are passed over."""
    return list(db.session.scalars(sa.select(kind).where(kind.id.in_(set(ids))).order_by(kind.position, kind.id)))


def pages() -> list[Page]:
    """The standing pages, by title."""
    return list(db.session.scalars(sa.select(Page).order_by(Page.title)))


def page(slug: str) -> Page:
    """The standing page with this slug. Raises NotFound."""
    found = db.session.scalar(sa.select(Page).where(Page.slug == slug))
    if found is None:
        raise NotFound
    return found


def _current(kind: type[Listed]) -> sa.Select[int, str]:
    today = clock.today()
    return sa.select(kind.id, kind.title).where(
        sa.or_(kind.valid_from.is_(None), kind.valid_from <= today),
        sa.or_(kind.valid_to.is_(None), kind.valid_to >= today),
    )
