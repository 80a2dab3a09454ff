"""Mail that came in, and what was made of it."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base, Words


class Verdict(enum.Enum):
    """Recorded: it had its effect. Stale: it is older than what is known, so it had none. Queued: a person decides."""

    RECORDED = "recorded"
    STALE = "stale"
    QUEUED = "queued"
    IGNORED = "ignored"


class ReceivedMail(Base):
    """One mail that came in; the same mail twice (Message-ID and body) is one row. `raw` is deleted after seven days."""

    __tablename__ = "received_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)  # SHA-256 of Message-ID and body
    message_id: Mapped[str] = mapped_column(sa.String(300))
    from_address: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(500))
    raw: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    received_at: Mapped[datetime] = mapped_column(index=True)
    verdict: Mapped[Verdict] = mapped_column(Words(Verdict), index=True)
    words: Mapped[str] = mapped_column(sa.String(500))  # why, for the secretariat
    about: Mapped[str] = mapped_column(sa.String(60), default="")  # such as "meeting:3"
    member_id: Mapped[int | None]  # no foreign key: the ground floor knows no members
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None]
