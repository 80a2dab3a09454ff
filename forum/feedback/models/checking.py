"""Posts that somebody has to look at, what was taken out of them, and notes that officials keep to themselves."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base, Words


class FlagKind(enum.Enum):
    """Why a post waits for a look: the guard found what may be personal data, somebody flagged it, it is the rule, or a
    virus was found in a file of it."""

    PERSONAL_DATA = "personal-data"
    FLAGGED = "flagged"
    CHECKED_FIRST = "checked-first"
    INFECTED = "infected"


class Outcome(enum.Enum):
    KEPT = "kept"
    HIDDEN = "hidden"
    REDACTED = "redacted"


class Flag(Base):
    """One reason to look at a post. `reply_id` and `support_id` None: the thread's first post; `support_id`: the evidence
    that somebody gave with "same here".

    `words` is what whoever flagged it wrote; of personal data it holds the kinds alone, never the data.
    """

    __tablename__ = "flag"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    support_id: Mapped[int | None] = mapped_column(sa.ForeignKey("support.id", ondelete="CASCADE"), index=True)
    kind: Mapped[FlagKind] = mapped_column(Words(FlagKind))
    words: Mapped[str] = mapped_column(sa.Text)
    raised_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    raised_at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    outcome: Mapped[Outcome | None] = mapped_column(Words(Outcome))
    rule: Mapped[str] = mapped_column(sa.String(200), default="")  # the rule that was told to the author


class Redaction(Base):
    """Words taken out of a post for good: what kind of words and why, not the words."""

    __tablename__ = "redaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    support_id: Mapped[int | None] = mapped_column(sa.ForeignKey("support.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    characters: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.Text)
    redacted_at: Mapped[datetime]
    redacted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))


class Reveal(Base):
    """Somebody was shown who wrote an unattributed post, and why."""

    __tablename__ = "reveal"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(sa.Text)
    revealed_at: Mapped[datetime]
    revealed_to_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))


class InternalNote(Base):
    """What officials and the secretariat note about a thread among themselves."""

    __tablename__ = "internal_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    words: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    noted_at: Mapped[datetime]
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
