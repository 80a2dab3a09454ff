"""Making a new meeting like one there was."""

from __future__ import annotations

from datetime import date, time

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import queries, rules
from forum.meetings.commands import audiences, scheduling
from forum.meetings.models import AgendaItem, Meeting, SectorPlaces
from forum.meetings.queries import desk
from forum.members.models import Member

SAME = (
    "kind",
    "mode",
    "place",
    "joining_link",
    "description",
    "marking",
    "is_chatham_house",
    "capacity",
    "asks_replies",
)


def duplicate(
    actor: Member,
    meeting: Meeting,
    *,
    title: str,
    day: date,
    starts: time,
    ends: time,
    is_second_hour: bool | None,
    form_key: str | None = None,
) -> Meeting:
    """A draft with the details, agenda, audience and places of this meeting, which has its themes loaded, on another day.

    Its papers, invitations and dates to do things by are not those of the new one. The same form sent again gives the
    meeting it made the first time.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    made = queries.by_form_key(Meeting, form_key) if form_key else None
    if made is not None:
        return made
    host = meeting.host_id if meeting.host_id and desk.may_host(meeting.host_id) else actor.id
    in_use = [theme.id for theme in meeting.themes if theme.is_current(clock.today())]
    made = scheduling.schedule(
        actor,
        form_key=form_key,
        title=title,
        day=day,
        starts=starts,
        ends=ends,
        is_second_hour=is_second_hour,
        host_id=host,
        theme_ids=in_use,
        **{name: getattr(meeting, name) for name in SAME},
    )
    made.confirm_within_hours, made.freeze_hours = meeting.confirm_within_hours, meeting.freeze_hours
    db.session.flush()
    _copy_agenda(meeting, made)
    audiences.copy(meeting, made)
    _copy_reserves(meeting, made)
    history.note(actor, "duplicated", meeting, about=made)
    return made


def _copy_agenda(meeting: Meeting, made: Meeting) -> None:
    """With sub-items; a paper belongs to the meeting it was written for."""
    items = db.session.scalars(
        sa.select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position, AgendaItem.id)
    ).all()
    same = ("position", "title", "lead", "lead_id", "minutes", "purpose")
    copies: dict[int, AgendaItem] = {}
    for parents in (True, False):  # a sub-item needs the number of its parent
        for item in items:
            if (item.parent_id is None) is parents:
                parent = copies[item.parent_id].id if item.parent_id else None
                copy = AgendaItem(meeting_id=made.id, parent_id=parent, paper="", **{n: getattr(item, n) for n in same})
                copies[item.id] = copy
                db.session.add(copy)
        db.session.flush()


def _copy_reserves(meeting: Meeting, made: Meeting) -> None:
    kept = sa.select(sa.literal(made.id), SectorPlaces.sector_id, SectorPlaces.places)
    names = ["meeting_id", "sector_id", "places"]
    db.session.execute(sa.insert(SectorPlaces).from_select(names, kept.where(SectorPlaces.meeting_id == meeting.id)))
