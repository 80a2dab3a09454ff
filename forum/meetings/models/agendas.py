"""What is on a meeting's agenda, and what members propose for it."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.meetings.models.meetings import Meeting, Purpose
from forum.members.models import Member


class ProposalState(enum.Enum):
    """Deferred: kept in the backlog for a later meeting."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class AgendaItem(Base):
    """One item; it starts when the ones before it have had their minutes.

    A sub-item has a `parent_id`; its `position` is among the sub-items of that parent. `lead` is how the agenda names
    who leads it, `lead_id` the member that is, when it is one.
    """

    __tablename__ = "agenda_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agenda_item.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    lead: Mapped[str] = mapped_column(sa.String(200))
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"))
    minutes: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(Words(Purpose))
    paper: Mapped[str] = mapped_column(sa.String(100))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    meeting: Mapped[Meeting] = relationship(lazy="raise_on_sql", back_populates="agenda")


class Proposal(Base):
    """An item that somebody proposes for an agenda. `meeting_id`: the meeting it is for now; None in the backlog.

    `state` repeats the newest `ProposalDecision`; `deferred_times` counts those that deferred it.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.Text)
    minutes: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(Words(Purpose))
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    proposed_at: Mapped[datetime]
    state: Mapped[ProposalState] = mapped_column(Words(ProposalState), index=True)
    deferred_times: Mapped[int] = mapped_column(default=0)
    agenda_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("agenda_item.id", ondelete="SET NULL"))
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)

    meeting: Mapped[Meeting | None] = relationship(lazy="raise_on_sql")
    proposed_by: Mapped[Member] = relationship(lazy="raise_on_sql")


class ProposalDecision(Base):
    """What became of a proposal, once; the reason is told to whoever proposed it."""

    __tablename__ = "proposal_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"))
    state: Mapped[ProposalState] = mapped_column(Words(ProposalState))
    reason: Mapped[str] = mapped_column(sa.Text)
    decided_by_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    decided_at: Mapped[datetime]
