"""What officials see about a thread: their notes, who answers it, and how long answers take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, read
from forum.base.letters import Letter
from forum.feedback.models import Feedback, InternalNote
from forum.feedback.queries.following import can_be_written_to
from forum.feedback.queries.one import readable_by
from forum.feedback.rules import answering as rules
from forum.members.models import Member, Role, Standing

LOOKED_AT = timedelta(days=180)  # how far back the usual time to an answer looks
MOST = 500
_NOTES = (
    sa.select(InternalNote.id, Member.name, InternalNote.html, InternalNote.noted_at)
    .join(Member, Member.id == InternalNote.author_id)
    .where(InternalNote.feedback_id == sa.bindparam("number"))
    .order_by(InternalNote.id)
)


class NoteRow(NamedTuple):
    id: int
    author: str
    html: str
    noted_at: datetime


class Pace(NamedTuple):
    """How many working days it takes until the department replies, at the median, and of how many threads."""

    days: int
    threads: int


def notes(actor: Member, number: int) -> list[NoteRow]:
    """The internal notes of a thread that the caller may open, the oldest first; none for members. One statement."""
    return [NoteRow._make(row) for row in read(_NOTES, {"number": number})] if rules.may_work(actor) else []


def note_made_from(form_key: str | None) -> InternalNote | None:
    """The note that this form made when it was sent before."""
    return db.session.scalar(sa.select(InternalNote).where(InternalNote.form_key == form_key)) if form_key else None


def officers() -> list[tuple[int, str]]:
    """Who answers for the department, as (id, name), by name. One statement."""
    answers = Member.role.in_([Role.OFFICIAL, Role.SECRETARIAT, Role.ADMIN])
    wanted = sa.select(Member.id, Member.name).where(Member.standing == Standing.ACTIVE, answers)
    return [(number, name) for number, name in db.session.execute(wanted.order_by(Member.name, Member.id))]


def pace(actor: Member) -> Pace | None:
    """The time to the first official reply in threads of the last half year; None where none was answered. One
    statement."""
    wanted = (
        sa.select(Feedback.posted_at, Feedback.first_answered_at)
        .where(Feedback.posted_at > clock.now() - LOOKED_AT, Feedback.first_answered_at.is_not(None))
        .where(readable_by(actor), Feedback.withdrawn_at.is_(None))
        .order_by(Feedback.posted_at.desc())
        .limit(MOST)
    )
    rows: Any = db.session.execute(wanted)
    found = [(clock.london(asked).date(), clock.london(told).date()) for asked, told in rows]
    days = rules.median_days(found)
    return None if days is None else Pace(days, len(found))


def reminder_key() -> sa.ColumnElement[str]:
    """The key of the letter that reminds whom the Feedback is assigned to: one for each thread and person."""
    number, officer = (sa.cast(column, sa.String) for column in (Feedback.id, Feedback.assigned_to_id))
    return sa.literal("answer-due:", sa.String) + number + ":" + officer


def next_overdue(before: datetime) -> tuple[Feedback, Member] | None:
    """A thread that was given to somebody before this moment, has no official reply and nobody was reminded of."""
    wanted = (
        sa.select(Feedback, Member)
        .join(Member, Member.id == Feedback.assigned_to_id)
        .where(Feedback.assigned_at < before, Feedback.first_answered_at.is_(None), Feedback.closed_at.is_(None))
        .where(Feedback.withdrawn_at.is_(None), Feedback.held_at.is_(None), can_be_written_to())
        .where(~sa.exists().where(Letter.key == reminder_key()))
        .order_by(Feedback.id)
        .limit(1)
    )
    found = db.session.execute(wanted).one_or_none()
    return (found[0], found[1]) if found else None
