"""Members whose address nothing is sent to, because letters came back from it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.letters.models import SuppressedAddress
from forum.members.models import Member, Organisation, Standing


class StoppedRow(NamedTuple):
    """A member and why no letters go to them."""

    id: int
    name: str
    organisation: str
    email: str
    reason: str
    since: datetime


def stopped() -> list[StoppedRow]:
    """Everybody in the Forum whose address is stopped, the newest first. One statement."""
    wanted = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            SuppressedAddress.address,
            SuppressedAddress.reason,
            SuppressedAddress.since,
        )
        .join(SuppressedAddress, SuppressedAddress.address == Member.email)
        .outerjoin(Member.organisation)
        .where(Member.standing != Standing.LEFT)
        .order_by(SuppressedAddress.id.desc())
    )
    return [StoppedRow(*row) for row in db.session.execute(wanted)]
