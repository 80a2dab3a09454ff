"""Themed feedback summaries: what was asked for, and what it said when it was made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypedDict, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base

Cell = int | str


class Table(TypedDict):
    """Figures under column names; the first cell of a row names it. A figure that may not be told is words."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str


class Quotation(TypedDict):
    """Somebody's own words, and who said them as far as may be told."""

    words: str
    by: str
    reference: str


class ThemePart(TypedDict):
    """What was said on one theme; `challenges` are references."""

    title: str
    sentence: str
    sectors: Table | None
    quotes: list[Quotation]
    challenges: list[str]


class ChallengePart(TypedDict):
    """A challenge that quotes contributions of the summary; dates in words, the response in plain text."""

    reference: str
    title: str
    status: str
    rating: str
    owner: str
    response: str
    due: str
    sources: list[str]


class Question(TypedDict):
    reference: str
    title: str
    by: str


class Counts(TypedDict):
    """Every number the words are made of. `labels` counts themes on contributions, of which one may have several.

    `took_part` of the `invited` members are authors. `in_scope` is contributions and those left out as sensitive or restricted together.
    """

    contributions: int
    in_scope: int
    sensitive_left_out: int
    withdrawn_left_out: int
    restricted_left_out: int
    challenges_left_out: int
    people: int
    unknown_people: int
    organisations: int
    invited: int
    took_part: int
    labels: int
    replies: int
    official_replies: int


class Content(TypedDict):
    """All a summary says, in the order it says it. Nothing in it is asked of the database again."""

    about: list[list[str]]
    figures: list[list[Cell]]
    scope: list[str]
    method: list[str]
    took_part: str
    who: list[Table]
    what: list[Table]
    themes: list[ThemePart]
    challenges: list[ChallengePart]
    questions: list[Question]
    next_steps: list[str]
    items: Table
    counts: Counts
    made_by: str


class Summary(Base):
    """A summary as made at one moment. `content` holds every figure and quote, so it reads the same for ever.

    `priority_id` None: every priority, unless `is_cross_cutting`. `seal` is the SHA-256 of the content.
    """

    __tablename__ = "summary"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    theme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("theme.id"))
    priority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("priority.id"))
    is_cross_cutting: Mapped[bool] = mapped_column(default=False)
    is_for_publication: Mapped[bool] = mapped_column(default=False)
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    takes_sensitive: Mapped[bool]
    marking: Mapped[str] = mapped_column(sa.String(20))
    content: Mapped[dict[str, Any]]
    seal: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    @property
    def reference(self) -> str:
        return f"SUM-{self.id}"

    @property
    def says(self) -> Content:
        return cast(Content, self.content)
