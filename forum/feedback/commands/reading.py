"""Remembering how far somebody has read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock
from forum.base.db import db
from forum.feedback import queries
from forum.feedback.models import Feedback, ReadMark
from forum.members.models import Member


def mark_read(actor: Member, number: int, at: datetime | None = None) -> None:
    """Nothing said in this thread up to now (or `at`) is new to this person. Never goes back in time."""
    of_thread = _marks_of_thread(_is_on_postgresql(), queries.reach_to_open(actor).where)
    db.session.execute(of_thread, {"thread": number, **_seen(actor, at)})


def mark_all_read(actor: Member) -> None:
    """Nothing said in any thread up to now is new to this person: up to the latest that is there to be seen, so that what
    somebody is posting at this moment stays new."""
    latest = db.session.scalar(sa.select(sa.func.max(Feedback.active_at)))
    if latest is None:
        return
    later = sa.or_(Member.read_until.is_(None), Member.read_until < latest)
    moved = sa.update(Member).where(Member.id == actor.id, later).values(read_until=latest)
    db.session.execute(moved, execution_options={"synchronize_session": False})


def _is_on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _seen(actor: Member, at: datetime | None) -> Mapping[str, Any]:
    return {"reader": actor.id, "seen_at": at or clock.now()}


@lru_cache(maxsize=8)
def _marks_of_thread(on_postgresql: bool, reach: sa.ColumnElement[bool]) -> sa.Executable:
    """The mark of one `thread`. Put together once: every reply, and every thread that is opened, keeps one."""
    return _marks(on_postgresql, sa.and_(Feedback.id == sa.bindparam("thread"), reach))


def _marks(on_postgresql: bool, which: sa.ColumnElement[bool]) -> sa.Executable:
    """Store marks of a `reader` for which threads, as `seen_at`; or move those there are forward."""
    insert = postgresql.insert if on_postgresql else sqlite.insert
    member, when = sa.bindparam("reader", type_=sa.Integer), sa.bindparam("seen_at", type_=ReadMark.read_at.type)
    marks = sa.select(member, Feedback.id, when).where(which)
    added = insert(ReadMark.__table__).from_select(  # type: ignore[arg-type]  # the table: the model would expect rows
        ["member_id", "feedback_id", "read_at"], marks
    )
    later = added.excluded.read_at
    return added.on_conflict_do_update(
        index_elements=[ReadMark.member_id, ReadMark.feedback_id],
        set_={"read_at": sa.case((later > ReadMark.read_at, later), else_=ReadMark.read_at)},
    )
