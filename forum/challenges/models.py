"""The challenges log: what stands in the way, whose words say so, who answers for it and what was answered."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.feedback.models import Feedback, Reply
from forum.members.models import Member
from forum.reference.models import Marking, Priority, Theme


class Status(enum.Enum):
    NEW = "new"
    UNDER_CONSIDERATION = "under-consideration"
    ACTION_AGREED = "action-agreed"
    RESPONDED = "responded"
    CLOSED = "closed"
    NOT_TAKEN_FORWARD = "not-taken-forward"

    @property
    def label(self) -> str:
        """As people read it: "Under consideration"."""
        return self.value.replace("-", " ").capitalize()


CLOSED = frozenset({Status.CLOSED, Status.NOT_TAKEN_FORWARD})


class Rating(enum.Enum):
    """Red, amber or green, always shown with its word. Scores run from 1 to 25.

    Source of the bands: the challenges log the Forum keeps (20 and over red, 12 to 19 amber).
    """

    RED = "red"
    AMBER = "amber"
    GREEN = "green"

    @property
    def lowest(self) -> int:
        return {Rating.RED: 20, Rating.AMBER: 12, Rating.GREEN: 1}[self]

    @property
    def highest(self) -> int:
        return {Rating.RED: 25, Rating.AMBER: 19, Rating.GREEN: 11}[self]

    @classmethod
    def of(cls, score: int) -> Rating:
        return next(rating for rating in cls if score >= rating.lowest)


challenge_theme = sa.Table(
    "challenge_theme",
    Base.metadata,
    sa.Column("challenge_id", sa.ForeignKey("challenge.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("theme_id", sa.ForeignKey("theme.id"), primary_key=True, index=True),
)


class Challenge(Base):
    """One line of the log; its number (CH-16) is its id. No priority means cross-cutting.

    `prevalence` and `impact` run from 1 to 5; their product is the score, which gives the rating.
    `answered_at` is when those who raised it were last told something: a response, or a status with its reason.
    """

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text)
    category: Mapped[str] = mapped_column(sa.String(60), default="")
    priority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("priority.id"), index=True)
    prevalence: Mapped[int] = mapped_column(default=3)
    impact: Mapped[int] = mapped_column(default=3)
    status: Mapped[Status] = mapped_column(Words(Status), index=True)
    marking: Mapped[Marking] = mapped_column(Words(Marking), default=Marking.OFFICIAL)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    response_due_on: Mapped[date | None]
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    active_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    priority: Mapped[Priority | None] = relationship(lazy="raise_on_sql")
    owner: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[owner_id])
    themes: Mapped[list[Theme]] = relationship(secondary=challenge_theme, lazy="raise_on_sql")

    __table_args__ = (
        sa.CheckConstraint("prevalence BETWEEN 1 AND 5", name="prevalence"),
        sa.CheckConstraint("impact BETWEEN 1 AND 5", name="impact"),
        sa.Index(None, "active_at", "id"),
        sa.Index(None, "answered_at", "id"),
    )

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED

    @property
    def score(self) -> int:
        return self.prevalence * self.impact

    @property
    def rating(self) -> Rating:
        return Rating.of(self.score)


class Citation(Base):
    """Words of a contribution that stand as evidence for a challenge. `reply_id` None: the thread's first post."""

    __tablename__ = "citation"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id", ondelete="CASCADE"))
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id"))
    words: Mapped[str] = mapped_column(sa.Text)
    words_key: Mapped[str] = mapped_column(sa.String(64))
    cited_at: Mapped[datetime]
    cited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))

    challenge: Mapped[Challenge] = relationship(lazy="raise_on_sql")
    feedback: Mapped[Feedback] = relationship(lazy="raise_on_sql")
    reply: Mapped[Reply | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("challenge_id", "feedback_id", "words_key"),)


class StatusChange(Base):
    """A dated step of a challenge, with the reason that was given for it."""

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    status: Mapped[Status] = mapped_column(Words(Status))
    reason: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))


RESPONSE, PROGRESS = "response", "progress"


class Response(Base):
    """What the department answers to a challenge (`kind` RESPONSE) or reports on the way there (`kind` PROGRESS).

    `source` is Markdown as typed, `html` what is shown.
    """

    __tablename__ = "response"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    source: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    given_at: Mapped[datetime]
    given_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)


class AgendaChallenge(Base):
    """A challenge that an agenda item is about."""

    __tablename__ = "agenda_challenge"

    agenda_item_id: Mapped[int] = mapped_column(sa.ForeignKey("agenda_item.id", ondelete="CASCADE"), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id", ondelete="CASCADE"), primary_key=True)
    put_at: Mapped[datetime]
    put_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
