"""Reading minutes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base import clock
from forum.base.db import db, read
from forum.base.errors import NotFound
from forum.base.paging import First, first
from forum.meetings.models import Meeting, Stage
from forum.members.models import Member
from forum.minutes import rules
from forum.minutes.models import MinuteItem, Minutes, MinutesStage


class Standing(NamedTuple):
    """How far the minutes of a meeting are."""

    stage: MinutesStage
    published_at: datetime | None
    written: int
    items: int


def find(actor: Member, meeting: Meeting) -> Minutes | None:
    """The minutes of this meeting with their items, if there are any this person may read. Two statements."""
    found = db.session.scalar(
        sa.select(Minutes).options(selectinload(Minutes.items)).where(Minutes.meeting_id == meeting.id)
    )
    return found if found and rules.may_read(actor, found) else None


def get(actor: Member, meeting: Meeting) -> Minutes:
    """The minutes of this meeting. Raises NotFound when there are none, or none this person may read."""
    found = find(actor, meeting)
    if found is None:
        raise NotFound("There are no minutes of this meeting yet.")
    return found


# Put together once: read for every visit to a meeting's page.
_STANDING = (
    sa.select(Minutes.stage, Minutes.published_at, sa.func.count(MinuteItem.saved_at), sa.func.count(MinuteItem.id))
    .outerjoin(Minutes.items)
    .where(Minutes.meeting_id == sa.bindparam("meeting"))
    .group_by(Minutes.id)
)


def standing(actor: Member, meeting_id: int) -> Standing | None:
    """How far the minutes are, for the meeting's page; None when this person may not know of any. One statement."""
    row = next(iter(read(_STANDING, {"meeting": meeting_id})), None)
    if row is None or (row[0] is not MinutesStage.PUBLISHED and not rules.may_write(actor)):
        return None
    return Standing(*row)


class ToWriteRow(NamedTuple):
    """A meeting that is over and whose minutes are not published."""

    id: int
    title: str
    starts_at: datetime
    is_begun: bool

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"


def to_write(size: int = 5) -> First[ToWriteRow]:
    """Meetings that were held and have no published minutes, the latest first. One statement."""
    wanted = (
        sa.select(Meeting.id, Meeting.title, Meeting.starts_at, Minutes.id.is_not(None))
        .outerjoin(Minutes, Minutes.meeting_id == Meeting.id)
        .where(Meeting.stage == Stage.OPEN, Meeting.ends_at < clock.now(), Minutes.published_at.is_(None))
        .order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    )
    return first(wanted, ToWriteRow._make, size)


def published(meeting_ids: Collection[int]) -> set[int]:
    """Which of these meetings have published minutes. One statement."""
    wanted = sa.select(Minutes.meeting_id).where(
        Minutes.meeting_id.in_(meeting_ids), Minutes.stage == MinutesStage.PUBLISHED
    )
    return set(db.session.scalars(wanted))
