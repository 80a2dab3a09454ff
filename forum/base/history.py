"""What happened, who did it and why, in a chain that shows tampering.

A line is written for every command. It carries the hash of the line before it, so a line that is changed, taken out
or slipped in breaks the chain from there on. Lines are sealed as the transaction commits: the chain's lock is then the
last one taken and held only for a moment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from forum.base import clock
from forum.base.db import Base, db
from forum.base.paging import Page, page

START = "0" * 64
CHAIN_LOCK = 20160712


class Actor(Protocol):
    @property
    def id(self) -> Any: ...


class HistoryLine(Base):
    __tablename__ = "history_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(index=True)
    verb: Mapped[str] = mapped_column(sa.String(40))
    thing_kind: Mapped[str] = mapped_column(sa.String(40))
    thing_id: Mapped[int | None]
    about_kind: Mapped[str | None] = mapped_column(sa.String(40))
    about_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.Text)
    details: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(sa.String(64))
    seal: Mapped[str] = mapped_column(sa.String(64), unique=True)

    __table_args__ = (sa.Index(None, "thing_kind", "thing_id", "id"),)


class Note(NamedTuple):
    actor_id: int | None
    verb: str
    thing: Any
    about: Any
    reason: str
    details: dict[str, Any]
    at: datetime


def note(
    actor: Actor | None,
    verb: str,
    thing: Any,
    reason: str = "",
    *,
    about: Any = None,
    is_withheld: bool = False,
    **details: Any,
) -> None:
    """Note that `actor` did `verb` to `thing` (a model object), for `reason`.

    `is_withheld`: the line does not say who, because that would name somebody who asked not to be named.
    `details` must be JSON and must not hold the text of a post.
    """
    actor_id = None if actor is None or is_withheld else actor.id
    db.session.info.setdefault("history", []).append(Note(actor_id, verb, thing, about, reason, details, clock.now()))


def _hash(previous: str, row: dict[str, Any]) -> str:
    words = json.dumps({**row, "at": row["at"].isoformat()}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{words}".encode()).hexdigest()


def _row(noted: Note) -> dict[str, Any]:
    return {
        "at": noted.at,
        "actor_id": noted.actor_id,
        "verb": noted.verb,
        "thing_kind": noted.thing.__tablename__,
        "thing_id": noted.thing.id,
        "about_kind": noted.about.__tablename__ if noted.about is not None else None,
        "about_id": noted.about.id if noted.about is not None else None,
        "reason": noted.reason,
        "details": noted.details,
    }


# Every transaction asks and adds: put together once, and without the session's work for objects.
_LAST_SEAL = sa.select(HistoryLine.seal).order_by(HistoryLine.id.desc()).limit(1)
_ADD_LINES = sa.insert(HistoryLine.__table__)  # type: ignore[arg-type]


def _seal(session: Session) -> None:
    """Before the commit: chain what was noted to the last line."""
    notes: list[Note] = session.info.pop("history", [])
    if not notes:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))
    connection = session.connection()
    previous = connection.scalar(_LAST_SEAL) or START
    rows = []
    for noted in notes:
        row = _row(noted)
        seal = _hash(previous, row)
        rows.append({**row, "previous": previous, "seal": seal})
        previous = seal
    connection.execute(_ADD_LINES, rows)


def _forget(session: Session) -> None:
    session.info.pop("history", None)


sa.event.listen(db.session, "before_commit", _seal)
sa.event.listen(db.session, "after_rollback", _forget)


def lines(kind: str | None = None, number: int | None = None, key: str | None = None) -> Page[HistoryLine]:
    """The history, newest first: of everything, of one kind of thing, or of one thing. One statement."""
    select = sa.select(HistoryLine)
    if kind is not None:
        select = select.where(HistoryLine.thing_kind == kind)
    if number is not None:
        select = select.where(HistoryLine.thing_id == number)
    return page(select, [HistoryLine.id.desc()], key, size=50)


def kinds() -> list[str]:
    """What kinds of thing the history tells of."""
    return list(db.session.scalars(sa.select(HistoryLine.thing_kind).distinct().order_by(HistoryLine.thing_kind)))


def count() -> int:
    """How many lines there are."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(HistoryLine)) or 0


def breaks() -> Iterator[int]:
    """The ids of lines at which the chain does not hold; none when nobody tampered with it."""
    previous = START
    for line in db.session.scalars(sa.select(HistoryLine).order_by(HistoryLine.id).execution_options(yield_per=1000)):
        row = {name: getattr(line, name) for name in _COLUMNS}
        if line.previous != previous or line.seal != _hash(previous, row):
            yield line.id
        previous = line.seal


_COLUMNS = ("at", "actor_id", "verb", "thing_kind", "thing_id", "about_kind", "about_id", "reason", "details")
