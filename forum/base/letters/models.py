"""What is stored of a letter: one row for each mail to one person, from writing to outcome."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base, Words


class Kind(enum.Enum):
    """Why a letter goes out."""

    ACCOUNT = "account"
    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    REMINDER = "reminder"
    NOTICE = "notice"


class State(enum.Enum):
    """Where a letter is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELAYED = "delayed"
    REFUSED = "refused"
    BOUNCED = "bounced"
    HELD = "held"
    SKIPPED = "skipped"


FAILED = (State.REFUSED, State.BOUNCED)

_TO_DO = sa.text("next_try_at IS NOT NULL")


class Letter(Base):
    """One mail to one person. The row holds all that its bytes are made from, so a retry repeats them exactly."""

    __tablename__ = "letter"
    __table_args__ = (
        # Only letters that still wait for the worker are in this index, in the order they leave.
        sa.Index("ix_letter_due", "rank", "id", sqlite_where=_TO_DO, postgresql_where=_TO_DO),
        sa.Index("ix_letter_about_member_id", "about", "member_id"),
        # Counting by state reads this alone, and not the letters' texts.
        sa.Index("ix_letter_state_id", "state", "id"),
        sa.Index("ix_letter_to_address_written_at", "to_address", "written_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[Kind] = mapped_column(Words(Kind))
    member_id: Mapped[int | None] = mapped_column(index=True)  # no foreign key: the ground floor knows no members
    sender: Mapped[str] = mapped_column(sa.String(300))  # Name <address>, as it was when the letter was written
    to_name: Mapped[str] = mapped_column(sa.String(200))
    to_address: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(500))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    calendar: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    calendar_method: Mapped[str | None] = mapped_column(sa.String(10))
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    about: Mapped[str] = mapped_column(sa.String(60), default="")
    list_name: Mapped[str] = mapped_column(sa.String(60), default="")  # the list it belongs to; "": one letter, no list
    unsubscribe_path: Mapped[str] = mapped_column(sa.String(300), default="")  # where one press leaves that list
    thread_ref: Mapped[str] = mapped_column(sa.String(200), default="")  # Message-ID that mail programs file it under
    reply_to: Mapped[str] = mapped_column(sa.String(254), default="")  # where an answer goes; "": to the sender
    is_recipient_withheld: Mapped[bool] = mapped_column(default=False)
    state: Mapped[State] = mapped_column(Words(State), default=State.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]  # when the worker may take it; while sending, when its lease ends; then null
    not_after: Mapped[datetime | None]
    rank: Mapped[int] = mapped_column(sa.SmallInteger, default=0)  # 0 goes first
    last_code: Mapped[int | None]
    last_words: Mapped[str | None] = mapped_column(sa.String(500))
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class SuppressedAddress(Base):
    """An address nothing is sent to, because letters to it came back. The secretariat lifts it."""

    __tablename__ = "suppressed_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(sa.String(254), unique=True)  # in lower case
    reason: Mapped[str] = mapped_column(sa.String(500))
    since: Mapped[datetime]


class Bounce(Base):
    """A letter came back, once. `status` is the enhanced status code of RFC 3463, such as 5.1.1."""

    __tablename__ = "bounce"

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("letter.id", ondelete="SET NULL"), index=True)
    address: Mapped[str] = mapped_column(sa.String(254), index=True)
    status: Mapped[str] = mapped_column(sa.String(20))
    words: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime]
