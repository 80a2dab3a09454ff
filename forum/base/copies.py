"""Everything at once: all rows of one database into another, in either direction between SQLite and PostgreSQL.

Rows travel as Python values through the columns' own types, table by table in the order of the foreign keys, a thousand
at a time. Whoever calls opens the transactions: the reading one makes the copy consistent, the writing one whole or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from forum.base.db import Base

ROWS = 1_000

Told = Callable[[int], object]
"""Called with how many more rows have been copied."""


def tables() -> list[sa.Table]:
    """Every table, each after those it points at."""
    return Base.metadata.sorted_tables


def reading(engine: Engine) -> Connection:
    """A connection that sees the database as it is at its first statement, whatever is written meanwhile."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return connection


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table holds. One statement a table."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables()
    }


def is_empty(connection: Connection, but: Collection[str] = ()) -> bool:
    """Whether no table holds a row; the tables named in `but` are not asked."""
    asked = (table for table in tables() if table.name not in but)
    return not any(connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first() for t in asked)


def clear(connection: Connection) -> None:
    """Delete every row."""
    for table in reversed(tables()):
        connection.execute(sa.delete(table))


def copy(source: Connection, target: Connection, told: Told = lambda _: None) -> None:
    """Copy every row into a database that holds none, and let its numbers go on after the highest."""
    for table in tables():
        for rows in _rows(source, table):
            target.execute(sa.insert(table), rows)
            told(len(rows))
    if target.dialect.name == "postgresql":
        _advance_sequences(target)


def _rows(connection: Connection, table: sa.Table) -> Iterator[list[dict[str, object]]]:
    """Rows that point at others of their own table (by one level: a sub-item at its item) come after those."""
    own = [key.parent.is_not(None) for key in table.foreign_keys if key.column.table is table]
    every = sa.select(table).order_by(*own, *table.primary_key).execution_options(yield_per=ROWS)
    for part in connection.execute(every).mappings().partitions():
        yield [dict(row) for row in part]


def _advance_sequences(connection: Connection) -> None:
    for table in tables():
        if (column := table.autoincrement_column) is None:
            continue
        sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name)
        highest = sa.select(sa.func.coalesce(sa.func.max(column) + 1, 1)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, highest, False)))
