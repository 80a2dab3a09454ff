"""Making up an agenda. Positions run from 1 without gaps; the meeting's row is taken for every change."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import queries, rules
from forum.meetings.commands import deciding
from forum.meetings.models import AgendaItem, Meeting, ProposalState, Purpose
from forum.meetings.queries import agendas, proposals
from forum.meetings.rules import agendas as order_rules
from forum.members.models import Member


def add_item(
    actor: Member,
    meeting: Meeting,
    *,
    title: str,
    minutes: int,
    lead: str = "",
    lead_id: int | None = None,
    purpose: Purpose = Purpose.INFORMATION,
    paper: str = "",
    parent_id: int | None = None,
    form_key: str | None = None,
) -> AgendaItem:
    """A new item at the end of the agenda, or of the sub-items of that parent. The same form sent again gives the item
    it made the first time. `lead` is empty for the name of the member who leads it.
    """
    _begin(actor, meeting)
    rules.check_item(title, minutes)
    made = queries.by_form_key(AgendaItem, form_key) if form_key else None
    if made is not None:
        return made
    if parent_id is not None:
        order_rules.check_parent(agendas.find(meeting, parent_id))
    item = AgendaItem(
        meeting_id=meeting.id,
        parent_id=parent_id,
        position=agendas.last(meeting, parent_id) + 1,
        title=title,
        lead=_lead(lead, lead_id, is_new=True),
        lead_id=lead_id,
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
    lead_id: int | None = None,
) -> None:
    """Give an item these details. Raises Rejected at "version" when somebody else changed it meanwhile."""
    _begin(actor, meeting)
    rules.check_item(title, minutes)
    agendas.reread(meeting, item)
    if item.version != version:
        who = queries.who_changed(item)
        raise Rejected(
            f"{who} changed this item while you were changing it. Compare the two, then save yours or leave theirs.",
            "version",
        )
    item.lead, item.lead_id = _lead(lead, lead_id, is_new=lead_id != item.lead_id), lead_id
    item.title, item.minutes, item.purpose, item.paper = title, minutes, purpose, paper
    item.version += 1
    history.note(actor, "changed", item, about=meeting)


def remove_item(actor: Member, meeting: Meeting, item: AgendaItem) -> None:
    """Take an item off the agenda; those after it move up. What a member proposed goes back to the backlog."""
    _begin(actor, meeting)
    agendas.reread(meeting, item)
    order_rules.check_removing(agendas.parts(item))
    for proposal in proposals.behind(item):
        reason = f"It was taken off the agenda of {meeting.title}."
        deciding.settle(actor, proposal, ProposalState.DEFERRED, reason, meeting=meeting)
    history.note(actor, "removed from the agenda", meeting, title=item.title)
    db.session.delete(item)
    db.session.flush()
    _shift(meeting, item.parent_id, AgendaItem.position > item.position, -1)


def move_item(actor: Member, meeting: Meeting, item: AgendaItem, *, by: int, seen_at: int) -> bool:
    """Move an item up (`by` -1) or down (1) by one place; False when it is no longer where it was seen, or at an end.

    A second press of the same button therefore moves nothing.
    """
    _begin(actor, meeting)
    agendas.reread(meeting, item)
    target = item.position + by
    if item.position != seen_at:
        return False
    if not _shift(meeting, item.parent_id, AgendaItem.position == target, -by):
        return False
    item.position = target
    history.note(actor, "moved on the agenda", item, about=meeting, to=target)
    return True


def make_part(actor: Member, meeting: Meeting, item: AgendaItem, *, seen_at: int) -> bool:
    """Make an item the last sub-item of the one before it; False when it is no longer where it was seen."""
    _begin(actor, meeting)
    agendas.reread(meeting, item)
    before = _at(meeting, item.position - 1)
    if item.parent_id is not None or item.position != seen_at or before is None:
        return False
    order_rules.check_becoming_part(agendas.parts(item))
    _shift(meeting, None, AgendaItem.position > item.position, -1)
    item.parent_id, item.position = before.id, agendas.last(meeting, before.id) + 1
    history.note(actor, "made a sub-item on the agenda", item, about=meeting, part_of=before.title)
    return True


def make_whole(actor: Member, meeting: Meeting, item: AgendaItem) -> bool:
    """Make a sub-item an item of its own, right behind the one it was part of; False when it is one already."""
    _begin(actor, meeting)
    agendas.reread(meeting, item)
    parent = agendas.find(meeting, item.parent_id) if item.parent_id else None
    if parent is None:
        return False
    agendas.reread(meeting, parent)
    _shift(meeting, parent.id, AgendaItem.position > item.position, -1)
    _shift(meeting, None, AgendaItem.position > parent.position, 1)
    item.parent_id, item.position = None, parent.position + 1
    history.note(actor, "made an item of its own on the agenda", item, about=meeting)
    return True


def put_in_order(actor: Member, meeting: Meeting, *, order: str, seen: str) -> None:
    """Give the whole agenda this order (as `queries.agendas.order` says one). Raises Rejected at "order" when it is no
    longer the one that was `seen`.
    """
    _begin(actor, meeting)
    now = agendas.agenda(meeting)
    order_rules.check_order_seen(seen, agendas.order(now))
    spots = order_rules.read_order(order, [row.id for row in now])
    was = {row.id: (row.parent_id, row.position) for row in now}
    moved = [spot for spot in spots if was[spot.id] != spot[1:]]
    if moved:
        db.session.execute(sa.update(AgendaItem), [spot._asdict() for spot in moved])
        history.note(actor, "put the agenda in order", meeting)


def _begin(actor: Member, meeting: Meeting) -> None:
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)


def _lead(words: str, lead_id: int | None, *, is_new: bool) -> str:
    """What the agenda calls whoever leads an item: these words, or else the name of the member who does."""
    if lead_id is None:
        return words
    lead = db.session.get(Member, lead_id)
    order_rules.check_lead(lead, is_new=is_new)
    return words or (lead.name if lead else "")


def _at(meeting: Meeting, position: int) -> AgendaItem | None:
    wanted = sa.select(AgendaItem).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.parent_id.is_(None), AgendaItem.position == position
    )
    return db.session.scalar(wanted)


def _shift(meeting: Meeting, parent_id: int | None, which: sa.ColumnElement[bool], by: int) -> int:
    """Move the items, or the sub-items of this parent, at these positions; how many there were."""
    moved = (
        sa.update(AgendaItem)
        .where(AgendaItem.meeting_id == meeting.id, AgendaItem.parent_id.is_not_distinct_from(parent_id), which)
        .values(position=AgendaItem.position + by)
        .returning(AgendaItem.id)
    )
    return len(db.session.execute(moved, execution_options={"synchronize_session": "fetch"}).all())
