"""Remembering how far somebody has read."""

from __future__ import annotations

from datetime import datetime
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
    when = sa.literal(at or clock.now(), ReadMark.read_at.type)
    _keep(sa.select(sa.literal(actor.id), Feedback.id, when).where(Feedback.id == number, queries.readable_by(actor)))


def mark_all_read(actor: Member) -> None:
    """Nothing said in any thread up to now is new to this person."""
    when = sa.literal(clock.now(), ReadMark.read_at.type)
    unread = queries.is_unread(actor)
    _keep(sa.select(sa.literal(actor.id), Feedback.id, when).where(unread, queries.readable_by(actor)))


def _keep(marks: sa.Select[*tuple[Any, ...]]) -> None:
    """Store marks, or move those there are forward."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    added = insert(ReadMark).from_select(["member_id", "feedback_id", "read_at"], marks)
    later = added.excluded.read_at
    kept = added.on_conflict_do_update(
        index_elements=[ReadMark.member_id, ReadMark.feedback_id],
        set_={"read_at": sa.case((later > ReadMark.read_at, later), else_=ReadMark.read_at)},
    )
    db.session.execute(kept)
