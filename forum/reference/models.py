"""The lists everything else points at, and the standing pages whose words the admin keeps."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base


class Marking(enum.StrEnum):
    """How a thread, a meeting or what is made from them is handled. The caveat is for a small part of what is OFFICIAL."""

    OFFICIAL = "OFFICIAL"
    SENSITIVE = "OFFICIAL-SENSITIVE"


class Listed:
    """An entry of a list: what links say (slug), where it stands, and when it holds."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    def is_current(self, on: date) -> bool:
        """Whether the entry may be chosen on this date. `valid_to` is the last day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class Priority(Listed, Base):
    """One of the six EGVE priorities; `title` is the wording published on 13 January 2016."""

    __tablename__ = "priority"

    short_title: Mapped[str] = mapped_column(sa.String(100))
    summary: Mapped[str] = mapped_column(sa.Text)


class Theme(Listed, Base):
    """What feedback and meetings are about. `kind`: meeting, feedback or imported."""

    __tablename__ = "theme"

    kind: Mapped[str] = mapped_column(sa.String(20))
    description: Mapped[str] = mapped_column(sa.Text)
    usual_priority_id: Mapped[int | None] = mapped_column(sa.ForeignKey("priority.id"))
    is_checked_first: Mapped[bool] = mapped_column(default=False)  # what is posted about it waits for a look


class Sector(Listed, Base):
    __tablename__ = "sector"

    description: Mapped[str] = mapped_column(sa.Text)


class Region(Listed, Base):
    """The nine regions of England, and Wales."""

    __tablename__ = "region"

    title_cy: Mapped[str] = mapped_column(sa.String(200))
    gss_code: Mapped[str] = mapped_column(sa.String(9))
    country: Mapped[str] = mapped_column(sa.String(20))


class PoliceForce(Listed, Base):
    """A police force and the area it serves."""

    __tablename__ = "police_force"

    title_cy: Mapped[str] = mapped_column(sa.String(200))
    gss_code: Mapped[str] = mapped_column(sa.String(9))
    kind: Mapped[str] = mapped_column(sa.String(20))
    country: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str] = mapped_column(sa.Text)
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))

    region: Mapped[Region | None] = relationship(lazy="raise_on_sql")


class AuthorityType(Listed, Base):
    __tablename__ = "authority_type"

    note: Mapped[str] = mapped_column(sa.Text)


class ProgrammeArea(Listed, Base):
    """An area of the programme: `title` is the name as published, `alias` another by which it is looked for."""

    __tablename__ = "programme_area"

    alias: Mapped[str] = mapped_column(sa.String(200))
    local_authority: Mapped[str] = mapped_column(sa.String(200))
    gss_code: Mapped[str] = mapped_column(sa.String(30))
    wave: Mapped[str] = mapped_column(sa.String(60))
    year: Mapped[int | None]
    note: Mapped[str] = mapped_column(sa.Text)
    force_id: Mapped[int | None] = mapped_column(sa.ForeignKey("police_force.id"))


class Page(Base):
    """A standing page, such as the privacy notice; its words (Markdown) are the admin's.

    `{site}` and `{department}` in the words stand for the settings of those names.
    """

    __tablename__ = "page"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    source: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
