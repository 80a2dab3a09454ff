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
    """Minutes with one empty item for each item of the agenda.

    Begun before, they gain the items that are new on the agenda; what is written stays.
    """
    agenda = meetings.agenda(meeting)
    rules.check_beginning(actor, meeting, len(agenda))
    minutes = _locked(meeting)
    if minutes is None:
        minutes = Minutes(meeting_id=meeting.id, stage=MinutesStage.DRAFT, begun_at=clock.now(), items=[])
        db.session.add(minutes)
        history.note(actor, "began", minutes, about=meeting)
    known = {item.agenda_item_id for item in minutes.items}
    for planned in agenda:
        if planned.id not in known:
            minutes.items.append(
                MinuteItem(
                    agenda_item_id=planned.id, position=planned.number, heading=planned.title, source="", html=""
                )
            )
    return minutes


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
