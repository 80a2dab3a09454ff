"""Who is invited, what they were told, what they answered, and what they need."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.base.letters import Kind
from forum.meetings.models.meetings import Meeting, Mode
from forum.members.models import Member


class Answer(enum.Enum):
    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class AnswerSource(enum.Enum):
    LINK = "link"
    SIGNED_IN = "signed-in"
    CALENDAR = "calendar"
    SECRETARIAT = "secretariat"


class AudienceKind(enum.Enum):
    """By what people are chosen; each but EVERYONE names a row of the table of that name."""

    EVERYONE = "everyone"
    THEME = "theme"
    SECTOR = "sector"
    REGION = "region"
    FORCE = "police_force"
    GROUP = "member_group"
    MEMBER = "member"


class Place(enum.Enum):
    """Where somebody who says yes stands with the places: has one, waits for one, or is offered one."""

    TAKEN = "taken"
    WAITING = "waiting"
    OFFERED = "offered"


class Audience(Base):
    """One line of who is to be invited: everybody it names who can be, now and when somebody joins later."""

    __tablename__ = "audience"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    kind: Mapped[AudienceKind] = mapped_column(Words(AudienceKind))
    target_id: Mapped[int | None]  # id in the table of `kind`; None for everyone
    is_optional: Mapped[bool] = mapped_column(default=False)


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
    is_optional: Mapped[bool] = mapped_column(default=False)
    stands_in_for_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    calendar_stamp: Mapped[datetime | None]  # DTSTAMP of the newest calendar reply that was recorded
    place: Mapped[Place | None] = mapped_column(Words(Place))  # only where places are limited
    waiting_since: Mapped[datetime | None]
    offered_until: Mapped[datetime | None]

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
    stand_in: Mapped[str] = mapped_column(sa.String(300), default="")  # who comes instead, as it was typed


class AccessNeed(Base):
    """What somebody needs in order to take part. Only the secretariat and the host read it; deleted after the meeting.

    `needs` are words of `rules.needs.NEEDS`; `words` is what the person wrote.
    """

    __tablename__ = "access_need"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id", ondelete="CASCADE"), unique=True)
    needs: Mapped[list[str]] = mapped_column(sa.JSON)
    words: Mapped[str] = mapped_column(sa.Text)
    given_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    met_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))


class SectorPlaces(Base):
    """So many of a meeting's places are kept for one sector."""

    __tablename__ = "sector_places"

    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    sector_id: Mapped[int] = mapped_column(sa.ForeignKey("sector.id"), primary_key=True)
    places: Mapped[int]


class Telling(Base):
    """What those invited were told, once: the meeting's details in words before and after, by name."""

    __tablename__ = "telling"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    sequence: Mapped[int]
    told_at: Mapped[datetime]
    told_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class MailingOrder(Base):
    """An order to write to people: carried out in parts by the worker, once it is due.

    `total`: how many people it was for when it was given.
    """

    __tablename__ = "mailing_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Kind] = mapped_column(Words(Kind))
    ordered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    ordered_at: Mapped[datetime]
    due_at: Mapped[datetime]
    telling_id: Mapped[int | None] = mapped_column(sa.ForeignKey("telling.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    total: Mapped[int]
    written: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    stopped_because: Mapped[str] = mapped_column(sa.Text, default="")
