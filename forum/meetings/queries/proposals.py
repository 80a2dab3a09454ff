"""Reading what members propose for agendas, and the backlog of what waits for a later meeting."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.paging import Page, page
from forum.meetings.models import AgendaItem, Meeting, Proposal, ProposalDecision, ProposalState, Purpose, Stage
from forum.meetings.queries.meetings import readable_by
from forum.meetings.rules import proposals as rules
from forum.members.models import Member, Organisation

PER_PAGE = 50


class ProposalRow(NamedTuple):
    """What somebody proposed, and what has become of it so far. `meeting_id` None: it is in the backlog.

    `decision` is the reason of the newest decision; empty, with no `decided_at`, when there is none.
    """

    id: int
    title: str
    reason: str
    minutes: int
    purpose: Purpose
    state: ProposalState
    proposed_at: datetime
    proposed_by_id: int
    proposed_by: str
    organisation: str
    deferred_times: int
    agenda_item_id: int | None
    meeting_id: int | None
    meeting_title: str
    meeting_starts_at: datetime | None
    decision: str
    decided_at: datetime | None

    @property
    def is_undecided(self) -> bool:
        return self.state in rules.UNDECIDED

    @property
    def deferred(self) -> str:
        return rules.deferred(self.deferred_times)

    def waiting(self, now: datetime) -> str:
        return rules.waiting(self.proposed_at, now)


def _newest(column: Any) -> Any:
    """This of a proposal's newest decision."""
    decided = sa.select(column).where(ProposalDecision.proposal_id == Proposal.id)
    return decided.order_by(ProposalDecision.id.desc()).limit(1).scalar_subquery()


def _rows() -> Any:
    return (
        sa.select(
            Proposal.id,
            Proposal.title,
            Proposal.reason,
            Proposal.minutes,
            Proposal.purpose,
            Proposal.state,
            Proposal.proposed_at,
            Proposal.proposed_by_id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            Proposal.deferred_times,
            Proposal.agenda_item_id,
            Proposal.meeting_id,
            sa.func.coalesce(Meeting.title, ""),
            Meeting.starts_at,
            sa.func.coalesce(_newest(ProposalDecision.reason), ""),
            _newest(ProposalDecision.decided_at),
        )
        .join(Member, Member.id == Proposal.proposed_by_id)
        .outerjoin(Member.organisation)
        .outerjoin(Meeting, Meeting.id == Proposal.meeting_id)
    )


def for_meeting(
    actor: Member, meeting: Meeting, key: str | None = None, *, is_decided: bool = False
) -> Page[ProposalRow]:
    """What is proposed for this meeting and undecided, the oldest first; or what was decided. Members see their own. One
    statement."""
    is_undecided = Proposal.state.in_(rules.UNDECIDED)
    wanted = _rows().where(Proposal.meeting_id == meeting.id, ~is_undecided if is_decided else is_undecided)
    if not rules.may_decide(actor):
        wanted = wanted.where(Proposal.proposed_by_id == actor.id)
    return page(wanted, [Proposal.proposed_at, Proposal.id], key, PER_PAGE).of(ProposalRow._make)


def own(actor: Member, key: str | None = None) -> Page[ProposalRow]:
    """What this person proposed, for whatever meeting, the newest first. One statement."""
    wanted = _rows().where(Proposal.proposed_by_id == actor.id)
    return page(wanted, [Proposal.proposed_at.desc(), Proposal.id.desc()], key, PER_PAGE).of(ProposalRow._make)


def backlog(key: str | None = None) -> Page[ProposalRow]:
    """What waits for a later meeting, the longest waiting first: what was deferred, and what was left undecided for a
    meeting that is over or cancelled. One statement."""
    is_gone = sa.or_(Proposal.meeting_id.is_(None), Meeting.stage == Stage.CANCELLED, Meeting.ends_at <= clock.now())
    wanted = _rows().where(Proposal.state.in_(rules.UNDECIDED), is_gone)
    return page(wanted, [Proposal.proposed_at, Proposal.id], key, PER_PAGE).of(ProposalRow._make)


def waiting(meeting: Meeting) -> int:
    """How many items are proposed for this meeting and wait for a decision. One statement."""
    wanted = sa.select(sa.func.count()).where(
        Proposal.meeting_id == meeting.id, Proposal.state == ProposalState.PROPOSED
    )
    return db.session.scalar(wanted) or 0


class CallRow(NamedTuple):
    """A meeting that asks for items."""

    id: int
    title: str
    starts_at: datetime
    items_until: datetime


def calls(actor: Member) -> list[CallRow]:
    """Meetings that ask for items now, the one that stops first first. One statement."""
    wanted = (
        sa.select(Meeting.id, Meeting.title, Meeting.starts_at, Meeting.items_until)
        .where(readable_by(actor), Meeting.stage == Stage.OPEN, Meeting.items_until >= clock.now())
        .order_by(Meeting.items_until, Meeting.id)
    )
    return [CallRow._make(row) for row in db.session.execute(wanted)]


def get(actor: Member, number: int) -> Proposal:
    """The proposal with this number, for whoever made it or decides on it. Raises NotFound. One statement."""
    found = db.session.get(Proposal, number)
    if found is None or not (rules.may_decide(actor) or found.proposed_by_id == actor.id):
        raise NotFound("There is no proposed item with this number.")
    return found


def row(proposal: Proposal) -> ProposalRow:
    """This proposal as it is read. One statement."""
    return ProposalRow._make(db.session.execute(_rows().where(Proposal.id == proposal.id)).one())


def made_from(form_key: str | None) -> Proposal | None:
    """What this form proposed when it was sent before."""
    return db.session.scalar(sa.select(Proposal).where(Proposal.form_key == form_key)) if form_key else None


def behind(item: AgendaItem) -> list[Proposal]:
    """The proposal that this item came from, if any; locked."""
    return list(db.session.scalars(sa.select(Proposal).where(Proposal.agenda_item_id == item.id).with_for_update()))


def decided_by(proposal: Proposal) -> str:
    """Who decided last on this, by name; "Somebody else" when nobody did."""
    wanted = (
        sa.select(Member.name)
        .join(ProposalDecision, ProposalDecision.decided_by_id == Member.id)
        .where(ProposalDecision.proposal_id == proposal.id)
        .order_by(ProposalDecision.id.desc())
    )
    return db.session.scalar(wanted.limit(1)) or "Somebody else"
