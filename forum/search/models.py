"""What can be found: one entry for every text, kept in the transaction that keeps the text."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base


class SearchEntry(Base):
    """Words by which a thing can be found; `kind` is the name of its table. Newer things have higher numbers.

    Who may find it is asked of the thing itself. The full-text index beside it (FTS5 on SQLite, a tsvector column on
    PostgreSQL) and the triggers that take entries away are made in the migration.
    """

    __tablename__ = "search_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    thing_id: Mapped[int]
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (sa.UniqueConstraint("kind", "thing_id"),)
