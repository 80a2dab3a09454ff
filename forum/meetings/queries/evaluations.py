"""Reading what people thought of meetings: sums from five answers on, never who."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base import links
from forum.base.db import db
from forum.meetings.models import (
    Attendance,
    Evaluation,
    EvaluationGiven,
    Invitation,
    Meeting,
    Presence,
    Stage,
    meeting_theme,
)
from forum.meetings.queries.attendance import is_coming
from forum.meetings.rules import evaluations as rules
from forum.members.models import Member, Standing
from forum.reference.models import Theme

LINK = "meeting evaluation"  # what links to it are signed for


class Part(NamedTuple):
    """Whether somebody may say what they thought of a meeting."""

    takes_part: bool  # was there, or had said yes
    was_given: bool


class Grades(NamedTuple):
    """The answers to one question: the average, and how many gave each grade from 1 to 5."""

    average: float
    counts: tuple[int, ...]


class Results(NamedTuple):
    """`usefulness` and `heard` are None, and `words` empty, while there are fewer than five answers."""

    answers: int
    asked: int  # who may answer: were there, or had said yes
    usefulness: Grades | None
    heard: Grades | None
    words: list[str]


class TrendRow(NamedTuple):
    """The averages of one meeting, under one of its themes."""

    theme: str
    meeting_id: int
    title: str
    starts_at: datetime
    answers: int
    usefulness: float
    heard: float

    @property
    def reference(self) -> str:
        return f"MTG-{self.meeting_id}"


def part_of(member: Member, meeting: Meeting) -> Part:
    """One statement."""
    given = sa.exists().where(EvaluationGiven.meeting_id == meeting.id, EvaluationGiven.member_id == member.id)
    wanted = sa.select(_takes_part(meeting.id), given).where(Member.id == member.id)
    return Part._make(db.session.execute(wanted).one())


def _takes_part(meeting_id: int) -> sa.ColumnElement[bool]:
    was_there = sa.exists().where(
        Attendance.meeting_id == meeting_id,
        Attendance.member_id == Member.id,
        Attendance.presence == Presence.PRESENT,
    )
    said_yes = sa.exists().where(
        Invitation.meeting_id == meeting_id,
        Invitation.member_id == Member.id,
        Invitation.removed_at.is_(None),
        is_coming(),
    )
    return was_there | said_yes


def results(meeting: Meeting) -> Results:
    """What people thought of a meeting. Three statements, two while there are too few answers."""
    counted = sa.select(sa.func.count()).where(Evaluation.meeting_id == meeting.id)
    asked = sa.select(sa.func.count()).select_from(Member).where(_takes_part(meeting.id))
    answers, people = db.session.scalar(counted) or 0, db.session.scalar(asked) or 0
    if not rules.is_shown(answers):
        return Results(answers, people, None, None, [])
    # The ids are random: in their order nothing tells who was first.
    given = sa.select(Evaluation.usefulness, Evaluation.heard, Evaluation.words)
    rows = db.session.execute(given.where(Evaluation.meeting_id == meeting.id).order_by(Evaluation.id)).all()
    words = [row.words for row in rows if row.words]
    return Results(
        answers, people, _grades([row.usefulness for row in rows]), _grades([row.heard for row in rows]), words
    )


def _grades(given: list[int]) -> Grades:
    return Grades(sum(given) / len(given), tuple(given.count(grade) for grade in rules.GRADES))


def trend(size: int = 200) -> list[TrendRow]:
    """The newest meetings with five answers or more, under each of their themes, the oldest of a theme first. One statement."""
    wanted = (
        sa.select(
            Theme.title,
            Meeting.id,
            Meeting.title,
            Meeting.starts_at,
            sa.func.count(),
            sa.func.avg(Evaluation.usefulness),
            sa.func.avg(Evaluation.heard),
        )
        .select_from(Evaluation)
        .join(Meeting, Meeting.id == Evaluation.meeting_id)
        .join(meeting_theme, meeting_theme.c.meeting_id == Meeting.id)
        .join(Theme, Theme.id == meeting_theme.c.theme_id)
        .where(Meeting.stage == Stage.OPEN)
        .group_by(Theme.id, Meeting.id)
        .having(sa.func.count() >= rules.SHOWN_FROM)
        .order_by(Meeting.starts_at.desc(), Theme.position)
        .limit(size)
    )
    # PostgreSQL's averages are decimals.
    rows = [
        TrendRow(theme, number, title, starts_at, answers, float(useful), float(heard))
        for theme, number, title, starts_at, answers, useful, heard in db.session.execute(wanted)
    ]
    return sorted(rows, key=lambda row: (row.theme, row.starts_at))


class ToAskRow(NamedTuple):
    id: int
    name: str
    email: str


def to_ask(meeting: Meeting) -> list[ToAskRow]:
    """Members who were there, can be written to, want letters about meetings, and have not answered. One statement."""
    given = sa.exists().where(EvaluationGiven.meeting_id == meeting.id, EvaluationGiven.member_id == Member.id)
    wanted = (
        sa.select(Member.id, Member.name, Member.email)
        .join(Attendance, Attendance.member_id == Member.id)
        .where(Attendance.meeting_id == meeting.id, Attendance.presence == Presence.PRESENT)
        .where(Member.standing == Standing.ACTIVE, Member.email.is_not(None), Member.wants_meeting_mail, ~given)
        .order_by(Member.id)
    )
    return [ToAskRow._make(row) for row in db.session.execute(wanted)]


def token(meeting_id: int, member_id: int) -> str:
    """What the link in a letter carries."""
    return links.sign(LINK, meeting_id, member_id)


def by_link(signed: str) -> tuple[Meeting, Member] | None:
    """The meeting and the member a link stands for; None when it is none of ours, or they have left."""
    parts = links.read(LINK, signed, 2)
    if parts is None:
        return None
    meeting = db.session.scalar(
        sa.select(Meeting).where(Meeting.id == parts[0], Meeting.stage == Stage.OPEN).options(joinedload(Meeting.host))
    )
    member = db.session.scalar(sa.select(Member).where(Member.id == parts[1], Member.standing != Standing.LEFT))
    return (meeting, member) if meeting is not None and member is not None else None
