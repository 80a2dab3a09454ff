"""Reading an agenda, with the time at which each item starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.meetings.models import (
    AgendaItem,
    Meeting,
    Purpose,
    Stage,
)
from forum.meetings.rules import agendas as rules
from forum.members.models import Member, Role, Standing


class ItemRow(NamedTuple):
    """An item of an agenda, or a sub-item ("2.1", with the `parent_id` of 2), with when it starts.

    `minutes` is how long it lasts: a sub-item's count inside its parent. `position` is that among its like.
    """

    id: int
    parent_id: int | None
    position: int
    number: str
    title: str
    lead: str
    lead_id: int | None
    minutes: int
    purpose: Purpose
    paper: str
    version: int
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_part(self) -> bool:
        """Whether this is a sub-item."""
        return self.parent_id is not None


# Put together once: read for every visit to a meeting's page.
_ITEMS = (
    sa.select(
        AgendaItem.id,
        AgendaItem.parent_id,
        AgendaItem.title,
        AgendaItem.lead,
        AgendaItem.lead_id,
        AgendaItem.minutes,
        AgendaItem.purpose,
        AgendaItem.paper,
        AgendaItem.version,
    )
    .where(AgendaItem.meeting_id == sa.bindparam("meeting"))
    .order_by(AgendaItem.position, AgendaItem.id)
)


def agenda(meeting: Meeting) -> list[ItemRow]:
    """The agenda in order, sub-items behind the item they belong to. One statement.

    Each item starts when the ones before it have had their minutes, the first sub-item with its item.
    """
    beneath: dict[int | None, list[sa.Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in db.session.execute(_ITEMS, {"meeting": meeting.id}):
        beneath[row.parent_id].append(row)
    rows: list[ItemRow] = []
    starts_at = meeting.starts_at
    for position, row in enumerate(beneath[None], start=1):
        parts = _parts(beneath[row.id], f"{position}.", starts_at)
        item = _row(row, position, f"{position}", starts_at)
        rows += [item._replace(minutes=rules.lasts(item.minutes, (part.minutes for part in parts))), *parts]
        starts_at = rows[-1 - len(parts)].ends_at
    return rows


def _parts(rows: Iterable[sa.Row[*tuple[Any, ...]]], before: str, starts_at: datetime) -> list[ItemRow]:
    parts: list[ItemRow] = []
    for position, row in enumerate(rows, start=1):
        parts.append(_row(row, position, f"{before}{position}", starts_at))
        starts_at = parts[-1].ends_at
    return parts


def _row(row: sa.Row[*tuple[Any, ...]], position: int, number: str, starts_at: datetime) -> ItemRow:
    number_of, parent_id, *others = row
    return ItemRow._make((number_of, parent_id, position, number, *others, starts_at))  # by place: faster than by name


def nested(items: Iterable[ItemRow]) -> list[tuple[ItemRow, list[ItemRow]]]:
    """The items of `agenda`, each with its sub-items."""
    whole: list[tuple[ItemRow, list[ItemRow]]] = []
    for item in items:
        if item.is_part:
            whole[-1][1].append(item)
        else:
            whole.append((item, []))
    return whole


def ends_at(meeting: Meeting, items: Sequence[ItemRow]) -> datetime:
    """When the last item ends."""
    return max((item.ends_at for item in items), default=meeting.starts_at)


def overrun(meeting: Meeting, items: list[ItemRow]) -> int:
    """By how many minutes the agenda is longer than the meeting; negative: so many are left."""
    planned = sum(item.minutes for item in items if not item.is_part)
    return planned - int(meeting.length.total_seconds() // 60)


def order(items: Iterable[ItemRow]) -> str:
    """The order as the page saw it, to be sent back with a change of it."""
    return rules.in_words((item.id, item.parent_id) for item in items)


def item(meeting: Meeting, number: int) -> AgendaItem:
    """The item with this id on this meeting's agenda. Raises NotFound."""
    found = find(meeting, number)
    if found is None:
        raise NotFound("This item is not on the agenda. It may have been removed.")
    return found


def find(meeting: Meeting, number: int) -> AgendaItem | None:
    """The item with this id, when it is on this meeting's agenda."""
    return db.session.scalar(sa.select(AgendaItem).where(AgendaItem.id == number, AgendaItem.meeting_id == meeting.id))


def reread(meeting: Meeting, item: AgendaItem) -> None:
    """Read the item anew, as others left it. Raises NotFound when they took it off the agenda."""
    wanted = sa.select(AgendaItem).where(AgendaItem.id == item.id, AgendaItem.meeting_id == meeting.id)
    if db.session.scalar(wanted, execution_options={"populate_existing": True}) is None:
        raise NotFound("This item is not on the agenda. It may have been removed.")


def parts(item: AgendaItem) -> int:
    """How many sub-items it has."""
    return db.session.scalar(sa.select(sa.func.count()).where(AgendaItem.parent_id == item.id)) or 0


def last(meeting: Meeting, parent_id: int | None) -> int:
    """The position of the last item, or of the last sub-item of this parent; 0 when there is none."""
    wanted = sa.select(sa.func.max(AgendaItem.position)).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.parent_id.is_not_distinct_from(parent_id)
    )
    return db.session.scalar(wanted) or 0


def lead_choices(kept: int | None = None) -> list[tuple[int, str]]:
    """Who may lead an item: the active members, and the one who does; (id, name), by name. One statement."""
    is_member = sa.and_(Member.standing == Standing.ACTIVE, Member.role != Role.ADMIN)
    wanted = sa.select(Member.id, Member.name).where(sa.or_(is_member, Member.id == kept))
    return [(row.id, row.name) for row in db.session.execute(wanted.order_by(Member.name, Member.id))]


def meeting_choices(size: int = 100) -> list[Meeting]:
    """Meetings whose agendas can still be made up, drafts too, the next one first. One statement."""
    wanted = sa.select(Meeting).where(Meeting.stage != Stage.CANCELLED, Meeting.ends_at > clock.now())
    return list(db.session.scalars(wanted.order_by(Meeting.starts_at, Meeting.id).limit(size)))


class Running(NamedTuple):
    """How a meeting stands against its agenda at one moment."""

    items: list[tuple[ItemRow, datetime, bool]]  # with when it starts as things are, and whether it is over
    current: ItemRow | None  # what should be spoken of now; None before the start and after the end
    starts_at: datetime
    ends_at: datetime  # as things are
    over_by: int  # minutes beyond the meeting's end; negative: so many are left


def running(meeting: Meeting, items: list[ItemRow], late: int, now: datetime) -> Running:
    """The agenda with everything that is not over `late` minutes later than planned."""
    shift = timedelta(minutes=late)
    shown = []
    current = None
    for row in items:
        is_over = row.ends_at + shift <= now
        if not is_over and row.starts_at + shift <= now:
            current = row  # a sub-item comes after its item, and says it closer
        shown.append((row, row.starts_at if is_over else row.starts_at + shift, is_over))
    end = ends_at(meeting, items) + shift
    return Running(shown, current, meeting.starts_at + shift, end, int((end - meeting.ends_at).total_seconds() // 60))
