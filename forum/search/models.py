"""What can be found: one entry for every text, kept in the transaction that keeps the text."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base


class SearchEntry(Base):
    """A text that can be found. `thread_id` is the feedback it leads to and whose readers may find it.

    The full-text index beside it (FTS5 on SQLite, a tsvector column on PostgreSQL) is made in the migration.
    """

    __tablename__ = "search_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    thing_id: Mapped[int]
    thread_id: Mapped[int | None]
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (sa.UniqueConstraint("kind", "thing_id"),)
