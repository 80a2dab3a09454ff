"""Writing, publishing and taking back minutes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.meetings import queries as meetings
from forum.meetings.models import Meeting
from forum.members.models import Member
from forum.minutes import rules
from forum.minutes.models import MinuteItem, Minutes, MinutesStage


def begin(actor: Member, meeting: Meeting) -> Minutes:
    """Minutes with one empty item for each item and sub-item of the agenda.

    Begun before, they gain the items that are new on the agenda, and its order; what is written stays.
    """
    agenda = meetings.agenda(meeting)
    rules.check_beginning(actor, meeting, len(agenda))
    minutes = _locked(meeting)
    if minutes is None:
        minutes = Minutes(meeting_id=meeting.id, stage=MinutesStage.DRAFT, begun_at=clock.now(), items=[])
        db.session.add(minutes)
        history.note(actor, "began", minutes, about=meeting)
    if minutes.stage is MinutesStage.DRAFT:
        _follow(minutes, agenda)
    return minutes


def _follow(minutes: Minutes, agenda: list[meetings.ItemRow]) -> None:
    """An item for each of the agenda's, in its order; those that are no longer on it come last."""
    known = {item.agenda_item_id: item for item in minutes.items if item.agenda_item_id}
    whole = [known.get(row.id) or _empty(row) for row in agenda]
    gone = [item for item in minutes.items if item not in whole]
    numbers = [row.number for row in agenda]
    items = sum(not row.is_part for row in agenda)
    numbers += [str(items + place) for place in range(1, len(gone) + 1)]
    for position, (item, number) in enumerate(zip(whole + gone, numbers, strict=True), start=1):
        item.position, item.number = position, number
    minutes.items = whole + gone


def _empty(row: meetings.ItemRow) -> MinuteItem:
    return MinuteItem(agenda_item_id=row.id, heading=row.title, source="", html="")


def save_item(actor: Member, minutes: Minutes, item: MinuteItem, source: str, version: int | None) -> None:
    """Keep the words (Markdown) of one item. Raises Rejected when somebody saved it since `version`."""
    db.session.refresh(minutes, ["stage"], with_for_update={"read": True})  # not published while this is written
    db.session.refresh(item, with_for_update=True)
    rules.check_saving(actor, minutes, item, version)
    item.html = richtext.to_html(source)
    item.source, item.version = source, item.version + 1
    item.saved_at, item.saved_by_id = clock.now(), actor.id
    history.note(actor, "wrote", item, about=minutes)


def publish(actor: Member, meeting: Meeting, minutes: Minutes) -> None:
    """Show the minutes to every member."""
    db.session.refresh(minutes, ["stage"], with_for_update=True)
    now = clock.now()
    rules.check_publishing(actor, minutes, meeting, now)
    minutes.stage, minutes.published_at, minutes.published_by_id = MinutesStage.PUBLISHED, now, actor.id
    history.note(actor, "published", minutes, about=meeting)


def take_back(actor: Member, meeting: Meeting, minutes: Minutes, reason: str) -> None:
    """Make published minutes a draft again, to put something right."""
    db.session.refresh(minutes, ["stage"], with_for_update=True)
    rules.check_taking_back(actor, minutes, reason)
    minutes.stage, minutes.published_at, minutes.published_by_id = MinutesStage.DRAFT, None, None
    history.note(actor, "took back", minutes, reason, about=meeting)


def _locked(meeting: Meeting) -> Minutes | None:
    """The minutes of this meeting, locked; the meeting's own row too, so that two beginnings make one."""
    db.session.execute(sa.select(Meeting.id).where(Meeting.id == meeting.id).with_for_update())
    wanted = sa.select(Minutes).options(selectinload(Minutes.items)).where(Minutes.meeting_id == meeting.id)
    return db.session.scalar(wanted)
