"""Reading an agenda, with the time at which each item starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.errors import NotFound
from forum.meetings.models import (
    AgendaItem,
    Meeting,
    Purpose,
)


class ItemRow(NamedTuple):
    """An item of an agenda, with when it starts."""

    id: int
    number: int
    title: str
    lead: str
    minutes: int
    purpose: Purpose
    paper: str
    version: int
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


# Put together once, in the order of ItemRow: read for every visit to a meeting's page.
_ITEMS = (
    sa.select(
        AgendaItem.id,
        AgendaItem.title,
        AgendaItem.lead,
        AgendaItem.minutes,
        AgendaItem.purpose,
        AgendaItem.paper,
        AgendaItem.version,
    )
    .where(AgendaItem.meeting_id == sa.bindparam("meeting"))
    .order_by(AgendaItem.position, AgendaItem.id)
)


def agenda(meeting: Meeting) -> list[ItemRow]:
    """The agenda in order: each item starts when the ones before it have had their minutes. One statement."""
    rows: list[ItemRow] = []
    starts_at = meeting.starts_at
    for number, row in enumerate(db.session.execute(_ITEMS, {"meeting": meeting.id}), start=1):
        rows.append(ItemRow._make((row[0], number, *row[1:], starts_at)))
        starts_at = rows[-1].ends_at
    return rows


def overrun(meeting: Meeting, items: list[ItemRow]) -> int:
    """By how many minutes the agenda is longer than the meeting; negative: so many are left."""
    planned = sum(item.minutes for item in items)
    return planned - int(meeting.length.total_seconds() // 60)


def item(meeting: Meeting, number: int) -> AgendaItem:
    """The item with this id on this meeting's agenda. Raises NotFound."""
    found = db.session.scalar(sa.select(AgendaItem).where(AgendaItem.id == number, AgendaItem.meeting_id == meeting.id))
    if found is None:
        raise NotFound("This item is not on the agenda. It may have been removed.")
    return found
