"""Who was there, and what they thought of it."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.meetings.models.meetings import Meeting, Mode
from forum.members.models import Member, Organisation


class Presence(enum.Enum):
    PRESENT = "present"
    APOLOGIES = "apologies"
    ABSENT = "absent"


class AttendanceSource(enum.Enum):
    LIST = "list"
    CODE = "code"  # the person checked in


class Attendance(Base):
    """One person at one meeting. `member_id` is None for a walk-in who is not a member.

    `name` and `organisation` are what the sign-in sheet says, kept when the member's details change afterwards.
    `substitute_for_id`: the member in whose place this person came.
    """

    __tablename__ = "attendance"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"))
    member_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    organisation: Mapped[str] = mapped_column(sa.String(200))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    presence: Mapped[Presence] = mapped_column(Words(Presence))
    mode: Mapped[Mode | None] = mapped_column(Words(Mode))
    is_walk_in: Mapped[bool] = mapped_column(default=False)
    is_observer: Mapped[bool] = mapped_column(default=False)
    substitute_for_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    source: Mapped[AttendanceSource] = mapped_column(Words(AttendanceSource))
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    seat: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("meeting_id", "member_id"),)


class Evaluation(Base):
    """What somebody thought of a meeting. It is not kept who: `id` is random, so that the order tells nothing either."""

    __tablename__ = "evaluation"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    usefulness: Mapped[int] = mapped_column(sa.SmallInteger)  # 1 (not at all) to 5 (very)
    heard: Mapped[int] = mapped_column(sa.SmallInteger)
    words: Mapped[str] = mapped_column(sa.Text)
    given_on: Mapped[date]


class EvaluationGiven(Base):
    """Who has given an evaluation, so that nobody gives two."""

    __tablename__ = "evaluation_given"

    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), primary_key=True)
