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
    """A file of a post, the `number`th of its thread. `reply_id` None: of the first post.

    `alt` tells what a picture shows, and what another file is. `file_id` None: its bytes are gone, because it was removed
    (`removed_because` empty: by its author) or is infected. `scan_due_at`: when the scanner is asked again.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_file.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(150))
    alt: Mapped[str] = mapped_column(sa.String(300), default="")
    scan: Mapped[Scan] = mapped_column(Words(Scan), index=True)
    scanned_at: Mapped[datetime | None]
    scan_due_at: Mapped[datetime | None]
    scan_note: Mapped[str] = mapped_column(sa.String(200), default="")
    width: Mapped[int | None]  # of a picture, in pixels
    height: Mapped[int | None]
    attached_at: Mapped[datetime]
    attached_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    removed_at: Mapped[datetime | None]
    removed_because: Mapped[str] = mapped_column(sa.Text, default="")

    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("feedback_id", "number"),)


class ParkedFile(Base):
    """A file that was uploaded with a form that is not posted yet, known by the form's key."""

    __tablename__ = "parked_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"))
    form_key: Mapped[str] = mapped_column(sa.String(64))
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_file.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(150))
    width: Mapped[int | None]
    height: Mapped[int | None]
    parked_at: Mapped[datetime] = mapped_column(index=True)

    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.Index(None, "member_id", "form_key"),)

    @property
    def is_picture(self) -> bool:
        return self.width is not None
