"""Calendars that are subscribed to, and events of others that ours should know of."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base


class CalendarFeed(Base):
    """An address at which a calendar reads somebody's meetings: their own, or those of a theme.

    Whoever has the address can read it, so only the SHA-256 of its token is stored, and one button ends it.
    """

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), index=True)
    theme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("theme.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    shows_declined: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OutsideEvent(Base):
    """Something that others hold and that our meetings should not clash with, taken over from an iCalendar file."""

    __tablename__ = "outside_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(300))
    title: Mapped[str] = mapped_column(sa.String(300))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    is_all_day: Mapped[bool]
    place: Mapped[str] = mapped_column(sa.String(300))
    url: Mapped[str] = mapped_column(sa.String(500))
    imported_at: Mapped[datetime]
    imported_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))

    __table_args__ = (sa.UniqueConstraint("uid", "starts_at"),)
