"""Feedback threads: what members tell the Forum, and what is said in return."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.members.models import Member, Organisation
from forum.reference.models import Marking, PoliceForce, Priority, Theme


class FeedbackKind(enum.Enum):
    CHALLENGE = "challenge"
    GOOD_PRACTICE = "good-practice"
    QUESTION = "question"
    IDEA = "idea"


class Attribution(enum.Enum):
    """How the author lets a contribution be attributed. An unattributed name is on no page."""

    NAMED = "named"
    ORGANISATION = "organisation"
    UNATTRIBUTED = "unattributed"


class OfficialKind(enum.Enum):
    """What an official reply does: says that it was read, asks for more, answers, or closes the thread with a reason."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    ANSWER = "answer"
    CLOSE = "close"


_SUPPORTED = sa.text("support_count > 0")
_UNTOLD = sa.text("untold_from IS NOT NULL")  # few posts at any time: the index is as good as empty

feedback_theme = sa.Table(
    "feedback_theme",
    Base.metadata,
    sa.Column("feedback_id", sa.ForeignKey("feedback.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("theme_id", sa.ForeignKey("theme.id"), primary_key=True, index=True),
)


class Contribution:
    """What a thread's first post and its replies have in common.

    `author_id` is the member whose words they are; None for words brought in from elsewhere, whose author is then
    `contributor` (a name or a respondent's number, empty when nobody knows). `posted_by_id` is who entered them.
    `organisation_id` is the author's organisation at the time, so that counts stay true after a move. `source` is how the
    words reached us: "site", one of rules/entering.py, or what an import calls itself.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    posted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    contributor: Mapped[str] = mapped_column(sa.String(200), default="")
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    source: Mapped[str] = mapped_column(sa.String(60), default="site")
    said_on: Mapped[date | None]  # when it was entered for somebody who said it elsewhere
    attribution: Mapped[Attribution] = mapped_column(Words(Attribution))
    posted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str] = mapped_column(sa.Text, default="")
    held_at: Mapped[datetime | None]  # waits for somebody to look at it before others read it
    hidden_at: Mapped[datetime | None]
    hidden_because: Mapped[str] = mapped_column(sa.Text, default="")
    untold_from: Mapped[int | None]  # followers from this number on are still to be written to; None: all have been
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class Feedback(Contribution, Base):
    """A thread and its first post; its number (FB-61) is its id. No priority means cross-cutting.

    `happening`, `affected` and `would_help` are Markdown as typed; `html` is `happening` as shown, `html_more` the rest.
    """

    __tablename__ = "feedback"

    kind: Mapped[FeedbackKind] = mapped_column(Words(FeedbackKind))
    title: Mapped[str] = mapped_column(sa.String(200))
    happening: Mapped[str] = mapped_column(sa.Text)
    affected: Mapped[str] = mapped_column(sa.Text, default="")
    would_help: Mapped[str] = mapped_column(sa.Text, default="")
    html: Mapped[str] = mapped_column(sa.Text)
    html_affected: Mapped[str] = mapped_column(sa.Text, default="")
    html_would_help: Mapped[str] = mapped_column(sa.Text, default="")
    priority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("priority.id"), index=True)
    force_id: Mapped[int | None] = mapped_column(sa.ForeignKey("police_force.id"), index=True)
    marking: Mapped[Marking] = mapped_column(Words(Marking))
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"))
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member_group.id"))  # who alone may read it; None: all
    support_count: Mapped[int] = mapped_column(default=0)  # organisations that say "same here"
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    assigned_at: Mapped[datetime | None]
    first_answered_at: Mapped[datetime | None]  # when the department first replied
    occasion: Mapped[str] = mapped_column(sa.String(200), default="")  # the event at which it was said
    active_at: Mapped[datetime]
    reply_count: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]
    closed_because: Mapped[str] = mapped_column(sa.Text, default="")
    is_demonstration: Mapped[bool] = mapped_column(default=False)

    author: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys="Feedback.author_id")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    priority: Mapped[Priority | None] = relationship(lazy="raise_on_sql")
    force: Mapped[PoliceForce | None] = relationship(lazy="raise_on_sql")
    themes: Mapped[list[Theme]] = relationship(secondary=feedback_theme, lazy="raise_on_sql")

    __table_args__ = (
        sa.Index(None, "active_at", "id"),
        sa.Index(None, "posted_at", "id"),
        sa.Index("ix_feedback_support", "support_count", "id", sqlite_where=_SUPPORTED, postgresql_where=_SUPPORTED),
        sa.Index(None, "kind", "support_count", "posted_at", "id"),
        sa.Index("ix_feedback_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )

    @property
    def reference(self) -> str:
        return f"FB-{self.id}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


class Reply(Contribution, Base):
    """A reply in a thread. `is_official`: said for the department."""

    __tablename__ = "reply"

    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    is_official: Mapped[bool] = mapped_column(default=False)
    official_kind: Mapped[OfficialKind | None] = mapped_column(Words(OfficialKind))

    feedback: Mapped[Feedback] = relationship(lazy="raise_on_sql")
    author: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys="Reply.author_id")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.Index(None, "feedback_id", "id"),
        sa.Index("ix_reply_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )


class Edition(Base):
    """How a contribution read before it was edited. `reply_id` is None for a thread's first post."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    words: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]


class ReadMark(Base):
    """How far a member has read a thread: nothing up to `read_at` is new to them."""

    __tablename__ = "read_mark"

    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    feedback_id: Mapped[int] = mapped_column(
        sa.ForeignKey("feedback.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    read_at: Mapped[datetime]
