"""Which groups a thread can be kept to."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base.db import db
from forum.feedback.queries.one import runs
from forum.members.models import Group, Member, Standing, group_member


def groups_for(actor: Member) -> list[tuple[int, str]]:
    """The groups this person may keep a thread to, as (id, title): all for whoever runs the Forum, else their own.

    One statement.
    """
    wanted = sa.select(Group.id, Group.title).order_by(Group.title, Group.id)
    if not runs(actor):
        wanted = wanted.join(group_member, group_member.c.group_id == Group.id)
        wanted = wanted.where(group_member.c.member_id == actor.id)
    return [(row.id, row.title) for row in db.session.execute(wanted)]


def people_in(group_id: int) -> int:
    """How many active members a group has. One statement."""
    inside = sa.select(sa.func.count()).select_from(group_member).join(Member, Member.id == group_member.c.member_id)
    is_active = Member.standing == Standing.ACTIVE
    return db.session.scalar(inside.where(group_member.c.group_id == group_id, is_active)) or 0
