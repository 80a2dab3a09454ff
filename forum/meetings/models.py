"""Meetings, what is on their agendas, who is invited and what they answered."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.members.models import Member
from forum.reference.models import Marking, Theme


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


class Stage(enum.Enum):
    """Draft: only the secretariat sees it and no mail leaves. Open: invitations may go out."""

    DRAFT = "draft"
    OPEN = "open"
    CANCELLED = "cancelled"


class Purpose(enum.Enum):
    INFORMATION = "information"
    DISCUSSION = "discussion"
    DECISION = "decision"


class Answer(enum.Enum):
    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class AnswerSource(enum.Enum):
    LINK = "link"
    SIGNED_IN = "signed-in"
    CALENDAR = "calendar"
    SECRETARIAT = "secretariat"


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

    themes: Mapped[list[Theme]] = relationship(secondary=meeting_theme, lazy="raise_on_sql")
    host: Mapped[Member | None] = relationship(lazy="raise_on_sql")
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
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


class AgendaItem(Base):
    """One item; it starts when the ones before it have had their minutes."""

    __tablename__ = "agenda_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    lead: Mapped[str] = mapped_column(sa.String(200))
    minutes: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(Words(Purpose))
    paper: Mapped[str] = mapped_column(sa.String(100))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql", back_populates="agenda")


class Invitation(Base):
    """One member's invitation to one meeting.

    `answer` and `mode` repeat the newest row of `InvitationReply`, so that counting is one statement.
    `sent_sequence`, `sent_version` and `sent_at` are those of the newest letter about it (`sent_at` is its calendar
    stamp), `sent_times` counts them. `link_version` is part of the signed link: raising it ends the links that went out.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    invited_at: Mapped[datetime]
    invited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    sent_sequence: Mapped[int] = mapped_column(default=0)
    sent_version: Mapped[int] = mapped_column(default=1)
    sent_times: Mapped[int] = mapped_column(default=1)
    sent_at: Mapped[datetime]
    answer: Mapped[Answer | None] = mapped_column(Words(Answer))
    mode: Mapped[Mode | None] = mapped_column(Words(Mode))
    answered_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    link_version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql")
    member: Mapped[Member] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])

    __table_args__ = (sa.UniqueConstraint("meeting_id", "member_id"), sa.Index(None, "meeting_id", "answer"))


class InvitationReply(Base):
    """What somebody answered, once; a change of mind is another row."""

    __tablename__ = "invitation_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id", ondelete="CASCADE"), index=True)
    answer: Mapped[Answer] = mapped_column(Words(Answer))
    mode: Mapped[Mode | None] = mapped_column(Words(Mode))
    note: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[AnswerSource] = mapped_column(Words(AnswerSource))
    answered_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
