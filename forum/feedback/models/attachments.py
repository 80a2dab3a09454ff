"""Files that come with a post."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.base.files import StoredFile


class Scan(enum.Enum):
    """Waiting: nobody gets it yet. Off: no scanner is set up, so nothing was looked for."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    OFF = "off"


class Attachment(Base):
    """A file of a post. `reply_id` None: of the thread's first post. `alt` tells what a picture shows."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_file.id"))
    name: Mapped[str] = mapped_column(sa.String(150))
    alt: Mapped[str] = mapped_column(sa.String(300), default="")
    scan: Mapped[Scan] = mapped_column(Words(Scan), index=True)
    scanned_at: Mapped[datetime | None]
    attached_at: Mapped[datetime]
    attached_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    removed_at: Mapped[datetime | None]

    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")
