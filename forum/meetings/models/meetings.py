"""Meetings and the series they belong to."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base import richtext
from forum.base.db import Base, Words
from forum.members.models import Member
from forum.reference.models import Marking, Theme

if TYPE_CHECKING:
    from forum.meetings.models.agendas import AgendaItem


class MeetingKind(enum.Enum):
    FORUM = "forum"
    WORKING_GROUP = "working-group"
    ROUNDTABLE = "roundtable"
    CONFERENCE = "conference"
    MINISTERS = "ministers"


class Mode(enum.Enum):
    IN_PERSON = "in-person"
    ONLINE = "online"
    HYBRID = "hybrid"


class Purpose(enum.Enum):
    INFORMATION = "information"
    DISCUSSION = "discussion"
    DECISION = "decision"


class Stage(enum.Enum):
    """Draft: only the secretariat sees it and no mail leaves. Open: invitations may go out."""

    DRAFT = "draft"
    OPEN = "open"
    CANCELLED = "cancelled"


meeting_theme = sa.Table(
    "meeting_theme",
    Base.metadata,
    sa.Column("meeting_id", sa.ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("theme_id", sa.ForeignKey("theme.id"), primary_key=True, index=True),
)


def where(mode: Mode, place: str) -> str:
    """Where a meeting is, in the same words on every page and in every letter."""
    if mode is Mode.ONLINE:
        return "Online"
    return place if mode is Mode.IN_PERSON else f"{place}, and online"


@lru_cache(maxsize=256)  # a calendar has many meetings, and is asked for every few minutes
def _as_text(markdown: str) -> str:
    return richtext.to_text(richtext.to_html(markdown), is_numbered=True)


class MeetingSeries(Base):
    """Meetings that come again, such as the first Tuesday of every third month, and what each starts out with.

    A change here touches no meeting that was scheduled already. `week`: 1 to 4, or -1 for the last of the month;
    `weekday`: 0 is Monday. Times are what a clock in London shows, "HH:MM".
    """

    __tablename__ = "meeting_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[MeetingKind] = mapped_column(Words(MeetingKind))
    week: Mapped[int] = mapped_column(sa.SmallInteger)
    weekday: Mapped[int] = mapped_column(sa.SmallInteger)
    every_months: Mapped[int] = mapped_column(sa.SmallInteger)
    starts: Mapped[str] = mapped_column(sa.String(5))
    minutes: Mapped[int]
    mode: Mapped[Mode] = mapped_column(Words(Mode))
    place: Mapped[str] = mapped_column(sa.String(300))
    marking: Mapped[Marking] = mapped_column(Words(Marking))
    is_chatham_house: Mapped[bool]
    ended_at: Mapped[datetime | None]
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    items: Mapped[list[SeriesItem]] = relationship(
        lazy="raise_on_sql", order_by="SeriesItem.position", cascade="all, delete-orphan", back_populates="series"
    )


class SeriesItem(Base):
    """An item of a series' template agenda."""

    __tablename__ = "series_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting_series.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    lead: Mapped[str] = mapped_column(sa.String(200))
    minutes: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(Words(Purpose))

    series: Mapped[MeetingSeries] = relationship(lazy="raise_on_sql", back_populates="items")


class Meeting(Base):
    """A meeting; its number (MTG-3) is its id. `ical_uid` never changes, `ical_sequence` rises when the time does.

    `version` counts the savings of the details; the agenda's items have versions of their own.
    """

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[MeetingKind] = mapped_column(Words(MeetingKind))
    stage: Mapped[Stage] = mapped_column(Words(Stage))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    mode: Mapped[Mode] = mapped_column(Words(Mode))
    place: Mapped[str] = mapped_column(sa.String(300))
    joining_link: Mapped[str] = mapped_column(sa.String(500))
    description: Mapped[str] = mapped_column(sa.Text)
    marking: Mapped[Marking] = mapped_column(Words(Marking))
    is_chatham_house: Mapped[bool]
    host_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    ical_uid: Mapped[str] = mapped_column(sa.String(120), unique=True)
    ical_sequence: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[datetime | None]
    cancelled_because: Mapped[str] = mapped_column(sa.Text, default="")
    changed_at: Mapped[datetime]
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting_series.id"), index=True)
    asks_replies: Mapped[bool] = mapped_column(default=True)
    reply_by_on: Mapped[date | None]
    items_until: Mapped[datetime | None]  # members may propose items until then; None: there is no call for items
    papers_due_on: Mapped[date | None]  # a paper that comes later is marked late
    capacity: Mapped[int | None]  # places in the room, or online when there is no room; None: no limit
    confirm_within_hours: Mapped[int] = mapped_column(default=48)
    freeze_hours: Mapped[int] = mapped_column(default=24)  # so long before the start no place is offered any more
    check_in_code: Mapped[str | None] = mapped_column(sa.String(12), unique=True)
    needs_deleted_at: Mapped[datetime | None]  # when what people told us of their access needs was deleted
    evaluation_asked_at: Mapped[datetime | None]

    themes: Mapped[list[Theme]] = relationship(secondary=meeting_theme, lazy="raise_on_sql")
    host: Mapped[Member | None] = relationship(lazy="raise_on_sql")
    series: Mapped[MeetingSeries | None] = relationship(lazy="raise_on_sql")
    agenda: Mapped[list[AgendaItem]] = relationship(
        lazy="raise_on_sql", order_by="AgendaItem.position", cascade="all, delete-orphan", back_populates="meeting"
    )

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"

    @property
    def is_open(self) -> bool:
        return self.stage is Stage.OPEN

    @property
    def is_sensitive(self) -> bool:
        return self.marking is Marking.SENSITIVE

    @property
    def where(self) -> str:
        """Where it is, in words anybody may read: no joining link."""
        return where(self.mode, self.place)

    @property
    def online_link(self) -> str:
        """The joining link, where the meeting can be joined online."""
        return "" if self.mode is Mode.IN_PERSON else self.joining_link

    @property
    def description_as_text(self) -> str:
        """The description, which is Markdown, in words alone: for letters and calendars."""
        return _as_text(self.description) if self.description else ""

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at
