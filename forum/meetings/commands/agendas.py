"""Making up an agenda. Positions run from 1 without gaps; the meeting's row is taken for every change."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.models import AgendaItem, Meeting, Purpose
from forum.members.models import Member


def add_item(
    actor: Member,
    meeting: Meeting,
    *,
    title: str,
    minutes: int,
    lead: str = "",
    purpose: Purpose = Purpose.INFORMATION,
    paper: str = "",
    form_key: str | None = None,
) -> AgendaItem:
    """A new item at the end of the agenda. The same form sent again gives the item it made the first time."""
    _begin(actor, meeting)
    rules.check_item(title, minutes)
    made = queries.by_form_key(AgendaItem, form_key) if form_key else None
    if made is not None:
        return made
    last = db.session.scalar(sa.select(sa.func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting.id))
    item = AgendaItem(
        meeting_id=meeting.id,
        position=(last or 0) + 1,
        title=title,
        lead=lead,
        minutes=minutes,
        purpose=purpose,
        paper=paper,
        form_key=form_key or None,
    )
    db.session.add(item)
    db.session.flush()
    history.note(actor, "added to the agenda", item, about=meeting)
    return item


def change_item(
    actor: Member,
    meeting: Meeting,
    item: AgendaItem,
    *,
    version: int,
    title: str,
    minutes: int,
    lead: str,
    purpose: Purpose,
    paper: str,
) -> None:
    """Give an item these details. Raises Rejected at "version" when somebody else changed it meanwhile."""
    _begin(actor, meeting)
    rules.check_item(title, minutes)
    db.session.refresh(item)
    if item.version != version:
        who = queries.who_changed(item)
        raise Rejected(
            f"{who} changed this item while you were changing it. Compare the two, then save yours or leave theirs.",
            "version",
        )
    item.title, item.minutes, item.lead, item.purpose, item.paper = title, minutes, lead, purpose, paper
    item.version += 1
    history.note(actor, "changed", item, about=meeting)


def remove_item(actor: Member, meeting: Meeting, item: AgendaItem) -> None:
    """Take an item off the agenda; those after it move up."""
    _begin(actor, meeting)
    position = item.position
    history.note(actor, "removed from the agenda", meeting, title=item.title)
    db.session.delete(item)
    db.session.flush()
    _shift(meeting, AgendaItem.position > position, -1)


def move_item(actor: Member, meeting: Meeting, item: AgendaItem, *, by: int, seen_at: int) -> bool:
    """Move an item up (`by` -1) or down (1) by one place; False when it is no longer where it was seen, or at an end.

    A second press of the same button therefore moves nothing.
    """
    _begin(actor, meeting)
    db.session.refresh(item)
    target = item.position + by
    if item.position != seen_at:
        return False
    if not _shift(meeting, AgendaItem.position == target, -by):
        return False
    item.position = target
    history.note(actor, "moved on the agenda", item, about=meeting, to=target)
    return True


def _begin(actor: Member, meeting: Meeting) -> None:
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)


def _shift(meeting: Meeting, which: sa.ColumnElement[bool], by: int) -> int:
    """Move the items at these positions; how many there were."""
    moved = (
        sa.update(AgendaItem)
        .where(AgendaItem.meeting_id == meeting.id, which)
        .values(position=AgendaItem.position + by)
        .returning(AgendaItem.id)
    )
    return len(db.session.execute(moved, execution_options={"synchronize_session": "fetch"}).all())
