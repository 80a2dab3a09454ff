"""Same here: who says that it is so with them too, where, and how often."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base, Words


class HowOften(enum.Enum):
    ONCE = "once"
    SOMETIMES = "sometimes"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


class Support(Base):
    """One member's "same here". Counts are of organisations: several people of one count once."""

    __tablename__ = "support"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    force_id: Mapped[int | None] = mapped_column(sa.ForeignKey("police_force.id"))
    how_often: Mapped[HowOften | None] = mapped_column(Words(HowOften))
    evidence: Mapped[str] = mapped_column(sa.Text, default="")
    html: Mapped[str] = mapped_column(sa.Text, default="")
    supported_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("feedback_id", "member_id"),)
