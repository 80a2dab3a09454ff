"""The database: one typed base for every model, moments in UTC, and one way to write.

Two databases, one behaviour. SQLite is the embedded default (write-ahead log, foreign keys on,
writers queue for the lock before they read); PostgreSQL serves when the Forum outgrows one machine.
"""

from __future__ import annotations

import enum
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.orm import DeclarativeBase, registry

# The largest in an integer column of PostgreSQL, which answers a question about a larger one with an error.
LARGEST_NUMBER = 2**31 - 1
LONGEST_WAIT = 10  # seconds for which a writer waits for SQLite's lock

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in time: aware, stored as UTC. A value without a zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: a stored moment must say which it is in.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(sa.types.TypeDecorator[Any]):
    """An enum stored as its words, so that the table can be read without the code."""

    impl = sa.String(40)
    cache_ok = True

    def __init__(self, kind: type[enum.Enum]) -> None:
        super().__init__()
        self.kind = kind
        self.stored = {
            str(member.value): member for member in kind
        }  # a quarter of the time of kind(value), for every row

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(self.kind(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.stored[value]


class Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: Moment(),
            dict[str, Any]: sa.JSON(),
        },
    )


db = SQLAlchemy(
    model_class=Base,
    session_options={"expire_on_commit": False},
)

_writing: ContextVar[bool] = ContextVar("writing", default=False)
_waking: list[Callable[[], None]] = []


def init_app(app: Flask) -> None:
    """Open the database of this app; the folder of an SQLite file is made when it is missing."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def prepare(engine: Engine) -> None:
    """Give an SQLite engine what PostgreSQL has by itself: foreign keys, durability, a queue of writers."""
    if engine.dialect.name != "sqlite":
        sa.event.listen(engine, "connect", _without_compiling)
        return

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={int(LONGEST_WAIT * 1000)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    # SQLite's own way of waiting for the lock is to ask again after ever longer sleeps of up to 0.1 s, which leaves some
    # waiting for most of a second while others come and go. So the writers of one process wait for their turn here and
    # are woken when it comes, and the one whose turn it is asks every millisecond.
    turn = threading.Lock()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not _writing.get():
            connection.exec_driver_sql("BEGIN")
            return
        until = monotonic() + LONGEST_WAIT
        if "turn" not in connection.info and turn.acquire(timeout=LONGEST_WAIT):
            connection.info["turn"] = turn
        _begin_writing(connection, until)

    @sa.event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: Any) -> None:
        """The connection is given back, with what it wrote committed or undone: the next writer, please."""
        if "turn" in record.info:
            record.info.pop("turn").release()


def _without_compiling(connection: Any, _record: Any) -> None:
    """PostgreSQL takes 0.2 s to compile a search that is then answered in 0.01."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _begin_writing(connection: Connection, until: float) -> None:
    """Take SQLite's lock. Raises OperationalError when others still keep it at the monotonic moment `until`."""
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout=1")
    try:
        while monotonic() < until:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:  # the rest says how it came to be busy
                    break
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, so that SQLAlchemy tells of the fault
    finally:
        cursor.execute(f"PRAGMA busy_timeout={int(LONGEST_WAIT * 1000)}")
        cursor.close()


def expect_writing(writing: bool) -> None:
    """Say before the first statement whether this piece of work will write (SQLite then queues at once)."""
    _writing.set(writing)


def read(select: sa.Executable, values: Mapping[str, Any] | None = None) -> list[sa.Row[*tuple[Any, ...]]]:
    """The rows of a select of columns, in the session's transaction but past what the session does for objects: half
    the time of `db.session.execute`. `values` are those of its bindparams.

    For pages that are read all day; what the session has yet to flush is not seen.
    """
    return list(db.session.connection().execute(select, values).all())


def joined(text: Any, between: str) -> sa.ColumnElement[str]:
    """The texts of many rows in one, in no order. What stands between them is part of the statement: SQLAlchemy would write
    it into the words of the statement anew for every page."""
    separator: Any = sa.literal_column("'{}'".format(between.replace("'", "''")))
    return sa.func.aggregate_strings(text, separator)


def wake(call: Callable[[], None]) -> None:
    """Register what to call after a transaction in which `ask_to_wake` was used (the worker's bell). It must not raise:
    what was done is kept by then."""
    _waking.append(call)


def ask_to_wake() -> None:
    """This transaction leaves work for the worker: ring its bell once it is committed."""
    db.session.info["wake"] = True


@contextmanager
def transaction() -> Iterator[None]:
    """One piece of work, kept whole or not at all. Opened in the doors only, never inside a command."""
    if not _writing.get() and db.session().in_transaction():
        db.session.commit()  # ends a reading transaction; on SQLite it could not become a writing one
    token = _writing.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        db.session.info.pop("wake", None)
        raise
    finally:
        _writing.reset(token)
    if db.session.info.pop("wake", False):
        for call in _waking:
            call()
