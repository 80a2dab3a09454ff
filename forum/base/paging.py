"""Long lists a page at a time, by key: the last page costs what the first costs, and nothing is shown twice or missed
because somebody writes meanwhile.

A key tells after or before which row a page begins. To whoever carries it in an address it is opaque; one that cannot
be read, or not for this list, leads to the first page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

from forum.base.db import LARGEST_NUMBER, Moment, db, read

T = TypeVar("T")
U = TypeVar("U")

LONGEST_KEY = 1_000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the keys of the pages beside them (None where the list ends)."""

    items: list[T]
    next_key: str | None
    previous_key: str | None

    def of(self, make: Callable[[T], U]) -> Page[U]:
        """The same page of other things: `page(...).of(ThreadRow._make)`."""
        return Page([make(item) for item in self.items], self.next_key, self.previous_key)


@dataclass(frozen=True)
class First(Generic[T]):
    """The first rows of a list, and how many it has in all."""

    items: list[T]
    total: int


def first(select: sa.Select[*tuple[Any, ...]], make: Callable[[Any], T], size: int) -> First[T]:
    """The first rows of an ordered select of columns, each made into a thing, and how many rows it has. One statement."""
    rows = [tuple(row) for row in db.session.execute(select.add_columns(sa.func.count().over()).limit(size))]
    return First([make(row[:-1]) for row in rows], rows[0][-1] if rows else 0)


def page(
    select: sa.Select[Any], order: Sequence[Any], key: str | None = None, size: int = 20, limit: int = 100
) -> Page[Any]:
    """One page of a select, in this order.

    `order` names columns as `order_by` takes them, for example `[Post.posted_at.desc(), Post.id.desc()]`; together they
    must tell any two rows apart and none may be null (databases disagree on where those stand). `key` comes from an
    earlier Page, `size` is how many rows are wanted and `limit` how many are given at most. A select of one thing gives
    these things, one of several columns gives tuples. One statement, two when the list has changed near an end.
    """
    size = max(1, min(size, limit))

    def fetch(before: bool, values: list[Any]) -> list[sa.Row[*tuple[Any, ...]]]:
        return list(db.session.execute(_part(select, order, values, before, size + 1)))

    return _page(fetch, [_bare(column) for column in order], key, size)


class Listing:
    """A list of columns that is read all day. Its pages are put together once: building one anew for every visit takes
    longer than the database takes to answer. `select` and `order` as for `page`; it may hold bindparams."""

    def __init__(self, select: sa.Select[*tuple[Any, ...]], order: Sequence[Any], size: int = 20) -> None:
        self.select, self.order, self.size = select, order, size
        self.columns = [_bare(column) for column in order]
        keys = [sa.bindparam(f"key_{place}", type_=column.type) for place, column in enumerate(self.columns)]
        self.top = _part(select, order, [], False, size + 1)
        self.after, self.before = (_part(select, order, keys, before, size + 1) for before in (False, True))

    def page(self, key: str | None, given: Mapping[str, Any]) -> Page[Any]:
        """One page as tuples, with what is `given` for the bindparams. One statement, at times two."""

        def fetch(before: bool, values: list[Any]) -> list[sa.Row[*tuple[Any, ...]]]:
            if not values:
                return read(self.top, given)
            keys = {f"key_{place}": value for place, value in enumerate(values)}
            return read(self.before if before else self.after, {**given, **keys})

        return _page(fetch, self.columns, key, self.size)


def _page(
    fetch: Callable[[bool, list[Any]], list[sa.Row[*tuple[Any, ...]]]], columns: list[Any], key: str | None, size: int
) -> Page[Any]:
    before, values = _read(key, columns)
    rows = fetch(before, values)
    more = len(rows) > size
    if values and ((before and not more) or not rows):
        return _page(fetch, columns, None, size)  # what was to fill this page has gone: begin at the top, in full
    rows = rows[:size][::-1] if before else rows[:size]
    ends = [tuple(row)[-len(columns) :] for row in rows[:1] + rows[-1:]]
    return Page(
        [_item(row, len(columns)) for row in rows],
        next_key=_write(False, ends[-1]) if before or more else None,
        previous_key=_write(True, ends[0]) if (more if before else bool(values)) else None,
    )


def _part(select: sa.Select[Any], order: Sequence[Any], values: list[Any], before: bool, count: int) -> sa.Select[Any]:
    """The select of the next rows in reading order, or going backwards; each ends with the values of its order columns."""
    columns = [_bare(column) for column in order]
    descending = [_is_descending(column) != before for column in order]
    if values:
        select = select.where(_beyond(columns, values, descending))
    ordered = [column.desc() if down else column.asc() for column, down in zip(columns, descending, strict=True)]
    keyed = select.add_columns(*(column.label(f"key_{place}") for place, column in enumerate(columns)))
    return keyed.order_by(None).order_by(*ordered).limit(count)


def _beyond(columns: Sequence[Any], values: Sequence[Any], descending: Sequence[bool]) -> sa.ColumnElement[bool]:
    """(a, b) after (x, y), written out because directions may differ: a > x or (a = x and b > y).

    The leading `a >= x` says nothing new, but lets an index begin there instead of at its start.
    """
    branches = []
    for place, (column, value, down) in enumerate(zip(columns, values, descending, strict=True)):
        equal = [columns[earlier] == values[earlier] for earlier in range(place)]
        branches.append(sa.and_(*equal, column < value if down else column > value))
    start = columns[0] <= values[0] if descending[0] else columns[0] >= values[0]
    return sa.and_(start, sa.or_(*branches))


def _bare(column: Any) -> Any:
    return column.element if isinstance(column, UnaryExpression) and column.modifier is not None else column


def _is_descending(column: Any) -> bool:
    return isinstance(column, UnaryExpression) and column.modifier is desc_op


def _item(row: sa.Row[Any], keys: int) -> Any:
    own = tuple(row)[:-keys]
    return own[0] if len(own) == 1 else own


def _write(before: bool, values: Sequence[Any]) -> str:
    said = [value.isoformat() if isinstance(value, date) else value for value in values]
    if not all(isinstance(value, int | str) for value in said):
        raise ValueError(f"A list cannot be paged by {said!r}: only by moments, dates, whole numbers and text.")
    return base64.urlsafe_b64encode(json.dumps([before, *said]).encode()).decode().rstrip("=")


def _read(key: str | None, columns: Sequence[Any]) -> tuple[bool, list[Any]]:
    """Which way and from where; (False, []) for the first page and for what is no key of this list."""
    if not key or len(key) > LONGEST_KEY:
        return False, []
    try:
        before, *said = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        values = [_value(one, column.type) for one, column in zip(said, columns, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False, []
    return before is True, values


def _value(said: Any, kind: Any) -> Any:
    """A value of a key as its column's type has it. Raises ValueError or TypeError when it is none."""
    if isinstance(kind, Moment | sa.DateTime):
        return datetime.fromisoformat(said).astimezone(UTC)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(said)
    if isinstance(kind, sa.Integer):
        if type(said) is not int or abs(said) > LARGEST_NUMBER:
            raise ValueError
        return said
    if not isinstance(said, str) or "\0" in said:
        raise ValueError
    said.encode()  # a lone surrogate is no text to a database
    return said
