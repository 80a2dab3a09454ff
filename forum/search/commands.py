"""Keeping what can be found, in the transaction and on the connection that keep the things themselves.

What goes or changes leaves the index by a trigger of its table, however that comes about: by the session, by one statement
for many rows, by a foreign key. Here it is put in, with its words as they are now. So a statement that bypasses the session
may leave something out of the search until it is made anew, but never old words in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from forum.base.db import db
from forum.search.models import SearchEntry
from forum.search.queries.kinds import KINDS, Kind, clean

AT_ONCE = 500
_ADD_ENTRY = sa.insert(SearchEntry)  # put together once: every post adds one
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _add(_mapper: Mapper[Any], connection: Connection, thing: Any) -> None:
    if entry := _entry(KINDS[thing.__tablename__], thing):
        connection.execute(_ADD_ENTRY, entry)


def _change(mapper: Mapper[Any], connection: Connection, thing: Any) -> None:
    state: Any = sa.inspect(thing)
    if any(state.attrs[name].history.has_changes() for name in KINDS[thing.__tablename__].columns):
        _add(mapper, connection, thing)


for _kind in KINDS.values():
    sa.event.listen(_kind.model, "after_insert", _add)
    sa.event.listen(_kind.model, "after_update", _change)


def rebuild() -> int:
    """Make every entry anew from what is stored, the oldest first; gives how many there are."""
    db.session.execute(sa.delete(SearchEntry))
    made, everything = 0, _everything()
    while entries := list(islice(everything, AT_ONCE)):
        db.session.execute(sa.insert(SearchEntry), entries)
        made += len(entries)
    return made


def _everything() -> Iterator[dict[str, Any]]:
    """The entries of all kinds in the order of their moments: what is newest is found first."""
    streams = [_things(kind) for kind in KINDS.values()]
    for _moment, entry in heapq.merge(*streams, key=lambda one: one[0]):
        yield entry


def _things(kind: Kind) -> Iterator[tuple[datetime, dict[str, Any]]]:
    wanted = sa.select(kind.model, kind.at).select_from(kind.source).order_by(kind.at, kind.model.id)
    for thing, moment in db.session.execute(wanted, execution_options={"yield_per": AT_ONCE}):
        if entry := _entry(kind, thing):
            yield moment or _LONG_AGO, entry


def _entry(kind: Kind, thing: Any) -> dict[str, Any] | None:
    words = kind.words(thing)
    if words is None:
        return None
    title, text = clean(words)
    return {"kind": kind.name, "thing_id": thing.id, "title": title, "text": text}
