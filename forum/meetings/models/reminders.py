"""Reminders about a meeting, and to whom they go."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.meetings.models.meetings import Meeting


class Segment(enum.Enum):
    """Which of the people of a meeting."""

    EVERYONE = "everyone"
    NO_ANSWER = "no-answer"
    YES = "yes"
    MAYBE = "maybe"
    ITEM_LEADS = "item-leads"
    PAPER_OWNERS = "paper-owners"


class Reminder(Base):
    """A letter to be written some days before the meeting (at 9am in London), or at a fixed moment: one of the two."""

    __tablename__ = "reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    segment: Mapped[Segment] = mapped_column(Words(Segment))
    days_before: Mapped[int | None] = mapped_column(sa.SmallInteger)
    at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(sa.Text)  # Markdown; empty: the usual words
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    settled_at: Mapped[datetime | None]  # when it was sent, or left out
    letters: Mapped[int] = mapped_column(default=0)
    left_out_because: Mapped[str] = mapped_column(sa.Text, default="")
    removed_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
