"""Themed feedback summaries: what was asked for, and what it said when it was made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base


class Summary(Base):
    """A summary as made at one moment. `content` holds every figure and quote, so it reads the same for ever."""

    __tablename__ = "summary"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    theme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("theme.id"))
    priority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("priority.id"))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    takes_sensitive: Mapped[bool]
    marking: Mapped[str] = mapped_column(sa.String(20))
    content: Mapped[dict[str, Any]]
    seal: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
