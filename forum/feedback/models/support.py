"""Same here: who says that it is so with them too, where, and how often."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.feedback.models.threads import Attribution, Feedback
from forum.members.models import Organisation


class HowOften(enum.Enum):
    ONCE = "once"
    SOMETIMES = "sometimes"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


class Support(Base):
    """One member's "same here". Counts are of organisations: several people of one count once.

    `organisation_id` is where they sat when they said so, so that counts stay true after a move. `evidence` is Markdown as
    typed, `html` as shown: empty while it is hidden. It is looked at as posts are, so it answers what is asked of a post.
    """

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
    hidden_at: Mapped[datetime | None]
    hidden_because: Mapped[str] = mapped_column(sa.Text, default="")

    feedback: Mapped[Feedback] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("feedback_id", "member_id"),)

    @property
    def author_id(self) -> int:
        return self.member_id

    @property
    def attribution(self) -> Attribution:
        """Evidence is told by its organisation, never by a name."""
        return Attribution.ORGANISATION

    @property
    def withdrawn_at(self) -> datetime | None:
        return self.hidden_at

    @property
    def held_at(self) -> None:
        """It never waits: evidence is looked at afterwards."""

    @property
    def is_withdrawn(self) -> bool:
        return self.hidden_at is not None
