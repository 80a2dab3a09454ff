"""Reading reminders: which a meeting has, what is due, and whom each is for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.letters import Letter
from forum.meetings.models import (
    AgendaItem,
    Answer,
    Invitation,
    Meeting,
    Paper,
    PaperVersion,
    Reminder,
    Segment,
    Stage,
)
from forum.meetings.rules import reminders as rules
from forum.members.models import Member, Standing

AT = time(9)  # of the day, in London, for a reminder so many days before


class PersonRow(NamedTuple):
    """Somebody a reminder goes to. `link_version` is None for who is not invited: there is nothing to answer."""

    id: int
    name: str
    email: str
    link_version: int | None


def due_at(meeting: Meeting, days_before: int | None, at: datetime | None) -> datetime:
    """When a reminder is due: at 9am so many days before the meeting, or at its own moment."""
    if days_before is None:
        assert at is not None
        return at
    day = clock.london(meeting.starts_at).date() - timedelta(days=days_before)
    return clock.moments_of(day, AT)[0]


def when(reminder: Reminder) -> datetime:
    """When this reminder is due. Its meeting must be loaded."""
    return due_at(reminder.meeting, reminder.days_before, reminder.at)


def of_meeting(meeting: Meeting) -> list[Reminder]:
    """The reminders of a meeting with the meeting, in the order they are due; removed ones left out. One statement."""
    wanted = _with_meeting().where(Reminder.meeting_id == meeting.id, Reminder.removed_at.is_(None))
    return sorted(db.session.scalars(wanted), key=lambda reminder: (when(reminder), reminder.id))


def reminder(meeting: Meeting, number: int) -> Reminder:
    """One reminder of this meeting, as it is stored now; it may have been removed. Raises NotFound."""
    wanted = _with_meeting().where(Reminder.meeting_id == meeting.id, Reminder.id == number)
    found = db.session.scalar(wanted, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound("There is no such reminder.")
    return found


def by_form_key(key: str | None) -> Reminder | None:
    """The reminder that this sending of the form has made already."""
    return db.session.scalar(_with_meeting().where(Reminder.form_key == key)) if key else None


def next_due(now: datetime) -> Reminder | None:
    """Of all reminders that are due, for meetings that are open, the one due last. One statement.

    Relative ones go by the clock of London, which no database knows: those that cannot be due are left out there, the
    rest is decided here.
    """
    wanted = _with_meeting().where(
        Reminder.settled_at.is_(None),
        Reminder.removed_at.is_(None),
        Meeting.stage == Stage.OPEN,
        Meeting.starts_at <= now + timedelta(days=rules.EARLIEST + 2),
        sa.or_(Reminder.at.is_(None), Reminder.at <= now),
    )
    due = [found for found in db.session.scalars(wanted) if when(found) <= now]
    return max(due, key=lambda found: (when(found), found.id), default=None)


def later_ones(reminder: Reminder) -> list[int]:
    """The numbers of the meeting's reminders that are due after this one, settled or not. One statement."""
    wanted = _with_meeting().where(Reminder.meeting_id == reminder.meeting_id, Reminder.id != reminder.id)
    mine = (when(reminder), reminder.id)
    return [other.id for other in db.session.scalars(wanted) if (when(other), other.id) > mine]


def key(reminder_id: int, member_id: int) -> str:
    """The key of the letter this reminder is to this member."""
    return f"reminder:{reminder_id}:{member_id}"


def people(meeting: Meeting, segment: Segment, *conditions: sa.ColumnElement[bool], limit: int) -> list[PersonRow]:
    """Whom a reminder to this segment is for, by number; the first `limit`. One statement."""
    wanted: Any = _asked(meeting.id, segment, *conditions).order_by(Member.id).limit(limit)
    return [PersonRow._make(row) for row in db.session.execute(wanted)]


def were_not_sent(reminder_ids: list[int]) -> sa.ColumnElement[bool]:
    """Those members for whom there is no letter of any of these reminders."""
    member = sa.cast(Member.id, sa.String)
    keys = [sa.literal(key(number, 0).removesuffix("0")) + member for number in reminder_ids]
    return ~sa.exists().where(Letter.key.in_(keys))


def is_for(meeting_id: int, segment: Segment, member_id: int) -> bool:
    """Whether a reminder to this segment is still for this member. One statement."""
    return db.session.execute(_asked(meeting_id, segment, Member.id == member_id)).first() is not None


def counts(meeting: Meeting) -> dict[Segment, int]:
    """How many people a reminder to each segment would go to now. One statement."""
    numbers = [
        sa.select(sa.func.count()).select_from(_asked(meeting.id, segment).subquery()).scalar_subquery()
        for segment in Segment
    ]
    return dict(zip(Segment, db.session.execute(sa.select(*numbers)).one(), strict=True))


def duties(meeting: Meeting, segment: Segment, member_ids: list[int]) -> dict[int, list[str]]:
    """The titles of what these members lead or are asked a paper for. At most one statement; empty for other segments."""
    told: dict[int, list[str]] = {number: [] for number in member_ids}
    titles = _titles(meeting.id, segment)
    for member_id, title in () if titles is None else db.session.execute(titles):
        if member_id in told:
            told[member_id].append(title)
    return told


def _with_meeting() -> sa.Select[Reminder]:
    return sa.select(Reminder).join(Reminder.meeting).options(contains_eager(Reminder.meeting))


def _titles(meeting_id: int, segment: Segment) -> Any:
    if segment is Segment.ITEM_LEADS:
        leads = sa.select(AgendaItem.lead_id, AgendaItem.title).where(AgendaItem.meeting_id == meeting_id)
        return leads.where(AgendaItem.lead_id.is_not(None)).order_by(AgendaItem.position, AgendaItem.id)
    if segment is Segment.PAPER_OWNERS:
        has_come = sa.exists().where(PaperVersion.paper_id == Paper.id)
        papers = sa.select(Paper.owner_id, Paper.title).where(Paper.meeting_id == meeting_id)
        missing = papers.where(Paper.owner_id.is_not(None), Paper.withdrawn_at.is_(None), ~has_come)
        return missing.order_by(Paper.number)
    return None


_ANSWERS: dict[Segment, sa.ColumnElement[bool]] = {
    Segment.EVERYONE: sa.or_(Invitation.answer.is_(None), Invitation.answer != Answer.NO),
    Segment.NO_ANSWER: Invitation.answer.is_(None),
    Segment.YES: Invitation.answer == Answer.YES,
    Segment.MAYBE: Invitation.answer == Answer.MAYBE,
}


def _asked(meeting_id: int, segment: Segment, *conditions: sa.ColumnElement[bool]) -> Any:
    """Active members with an address who want such letters, of this segment."""
    standing = sa.and_(
        Invitation.meeting_id == meeting_id, Invitation.member_id == Member.id, Invitation.removed_at.is_(None)
    )
    wanted = sa.select(Member.id, Member.name, Member.email, Invitation.link_version).outerjoin(Invitation, standing)
    if segment in _ANSWERS:
        wanted = wanted.where(Invitation.id.is_not(None), _ANSWERS[segment])
    else:
        titles = _titles(meeting_id, segment).order_by(None).subquery()
        wanted = wanted.where(Member.id.in_(sa.select(titles.c[0])))
    can_be_written_to = (
        Member.standing == Standing.ACTIVE, Member.email.is_not(None), Member.wants_meeting_mail
    )  # fmt: skip
    return wanted.where(*can_be_written_to, *conditions)
