"""Choosing what to hear of."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock
from forum.base.db import db
from forum.feedback.models import Follow, FollowKind, FollowLevel
from forum.feedback.queries import following
from forum.feedback.rules import following as rules
from forum.members.models import Member


def follow(actor: Member, kind: FollowKind, number: int, level: FollowLevel) -> None:
    """Hear of this thread, theme or organisation at this level from now on. Raises NotFound.

    Nothing is noted in the history: what somebody follows is nobody else's business.
    """
    rules.check_follower(actor)
    following.title_of(actor, kind, number)
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = insert(Follow).values(member_id=actor.id, kind=kind, target_id=number, level=level, since=clock.now())
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=[Follow.member_id, Follow.kind, Follow.target_id],
            set_={"level": added.excluded.level, "since": added.excluded.since},
        )
    )


def leave_to_usual(actor: Member, kind: FollowKind, number: int) -> None:
    """Choose no level for it any more: what is followed by itself is again."""
    db.session.execute(
        sa.delete(Follow).where(Follow.member_id == actor.id, Follow.kind == kind, Follow.target_id == number)
    )
