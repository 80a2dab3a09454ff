"""The minutes of a meeting, item by item."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.meetings.models import AgendaItem, Meeting


class MinutesStage(enum.Enum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Minutes(Base):
    __tablename__ = "minutes"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), unique=True)
    stage: Mapped[MinutesStage] = mapped_column(Words(MinutesStage))
    begun_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    items: Mapped[list[MinuteItem]] = relationship(
        lazy="raise_on_sql", order_by="MinuteItem.position", cascade="all, delete-orphan", back_populates="minutes"
    )


class MinuteItem(Base):
    """What was said under one agenda item. `source` is Markdown, `html` what it shows as.

    `number` ("2.1") and `heading` are kept here, so that the minutes stay as they were when the agenda changes
    afterwards. Minutes that were begun before items had sub-items have no numbers: their items count from 1.
    """

    __tablename__ = "minute_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(sa.ForeignKey("minutes.id", ondelete="CASCADE"), index=True)
    agenda_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agenda_item.id", ondelete="SET NULL"))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(20), default="")
    heading: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime | None]
    saved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))

    minutes: Mapped[Minutes] = relationship(lazy="raise_on_sql", back_populates="items")
    agenda_item: Mapped[AgendaItem | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("minutes_id", "agenda_item_id"),)
