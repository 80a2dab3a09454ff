"""Papers for a meeting, their versions, and the pack that holds them all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.base.files import StoredFile
from forum.meetings.models.agendas import AgendaItem
from forum.meetings.models.meetings import Meeting
from forum.members.models import Member
from forum.reference.models import Marking


class Paper(Base):
    """A paper for a meeting; its number (Paper 3) is the meeting's own and never used again."""

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"))
    agenda_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    author: Mapped[str] = mapped_column(sa.String(200))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))  # who is asked for it
    marking: Mapped[Marking] = mapped_column(Words(Marking))
    withdrawn_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    agenda_item: Mapped[AgendaItem | None] = relationship(lazy="raise_on_sql")
    owner: Mapped[Member | None] = relationship(lazy="raise_on_sql")
    versions: Mapped[list[PaperVersion]] = relationship(
        lazy="raise_on_sql", order_by="PaperVersion.number", cascade="all, delete-orphan", back_populates="paper"
    )

    __table_args__ = (sa.UniqueConstraint("meeting_id", "number"),)


class PaperVersion(Base):
    """One version of a paper. `pages`: of a PDF; None for other files. `page_digests`: SHA-256 of each page's content."""

    __tablename__ = "paper_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(sa.ForeignKey("paper.id", ondelete="CASCADE"))
    number: Mapped[int]
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_file.id"))
    pages: Mapped[int | None]
    page_digests: Mapped[list[str]] = mapped_column(sa.JSON)
    note: Mapped[str] = mapped_column(sa.Text)
    is_late: Mapped[bool]
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))

    paper: Mapped[Paper] = relationship(lazy="raise_on_sql", back_populates="versions")
    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("paper_id", "number"),)


class PaperPack(Base):
    """All papers of a meeting in one PDF with one numbering, as it was made at one moment.

    `contents`: {"papers": [{"paper": 3, "version": 2, "title": …, "first_page": 12, "pages": 4}, …],
    "changed_pages": [12, 14], "left_out": [{"paper": 4, "reason": …}]}; changed against the pack before.
    `finished_at` is None while the worker makes it. `marking` says for whom it is from the start: a pack marked OFFICIAL
    leaves out every paper that is marked higher.
    """

    __tablename__ = "paper_pack"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"))
    number: Mapped[int]
    marking: Mapped[Marking] = mapped_column(Words(Marking))
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_file.id"))
    pages: Mapped[int | None]
    contents: Mapped[dict[str, Any]]
    ordered_at: Mapped[datetime]
    ordered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    claimed_until: Mapped[datetime | None]  # a worker is at it; after this another may take it
    finished_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when those invited were written to about it
    failed_because: Mapped[str] = mapped_column(sa.Text, default="")

    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("meeting_id", "number"),)
