"""Reading what a meeting's desk shows: who may host it, how far each stage is."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base.db import db
from forum.members.models import Member, Role, Standing

_MAY_HOST = sa.and_(Member.standing == Standing.ACTIVE, Member.role.in_((Role.SECRETARIAT, Role.OFFICIAL, Role.ADMIN)))


def hosts(kept: int | None = None) -> list[tuple[int, str]]:
    """Who can host a meeting, by name; `kept`: the host it has already. One statement."""
    wanted = sa.select(Member.id, Member.name).where(sa.or_(_MAY_HOST, Member.id == kept))
    return [(number, name) for number, name in db.session.execute(wanted.order_by(Member.name, Member.id))]


def may_host(member_id: int) -> bool:
    """Whether this member can host a meeting. One statement."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Member.id == member_id, _MAY_HOST))))
