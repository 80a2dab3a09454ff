"""The other addresses members write from."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base.db import db
from forum.members.models import Member, MemberAlias


def of(member: Member) -> list[MemberAlias]:
    """The addresses this member also writes from. One statement."""
    return list(
        db.session.scalars(
            sa.select(MemberAlias).where(MemberAlias.member_id == member.id).order_by(MemberAlias.address)
        )
    )


def member_at(address: str) -> Member | None:
    """Who writes from this address, whatever its case: the member it belongs to, or who also uses it. One statement."""
    wanted = address.strip().lower()
    also = sa.select(MemberAlias.member_id).where(MemberAlias.address == wanted)
    return db.session.scalar(
        sa.select(Member)
        .where(sa.or_(Member.email == wanted, Member.id.in_(also)))
        .order_by(sa.case((Member.email == wanted, 0), else_=1))
        .limit(1)
    )
