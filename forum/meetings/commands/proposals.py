"""Items that members propose for an agenda: proposed, withdrawn, accepted, deferred, declined.

The meeting's row is always taken before the proposal's, so that two who decide at once wait for each other in turn.
"""

from __future__ import annotations

from datetime import date, datetime, time

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import queries, rules
from forum.meetings.commands import agendas, deciding
from forum.meetings.models import AgendaItem, Meeting, Proposal, ProposalState, Purpose
from forum.meetings.queries import proposals
from forum.meetings.rules import proposals as proposal_rules
from forum.members.models import Member


def call(actor: Member, meeting: Meeting, last_day: date | None) -> datetime | None:
    """Ask members for items until the end of this day, or no longer at all; until when. Nobody is written to."""
    rules.check_scheduler(actor)
    queries.take(meeting)
    until = clock.moments_of(last_day, time(23, 59))[0] if last_day else None
    proposal_rules.check_call(meeting, until, clock.now())
    meeting.items_until = until
    history.note(actor, "called for items for" if until else "ended the call for items for", meeting)
    return until


def propose(
    actor: Member,
    meeting: Meeting,
    *,
    title: str,
    reason: str,
    minutes: int,
    purpose: Purpose,
    form_key: str | None = None,
) -> Proposal:
    """An item this person would like on the agenda, and why. The same form sent again gives the first one."""
    queries.take(meeting)
    made = proposals.made_from(form_key)
    if made is not None:
        return made
    now = clock.now()
    until = clock.show_moment(meeting.items_until) if meeting.items_until else ""
    proposal_rules.check_proposing(actor, meeting, now, until)
    rules.check_item(title, minutes)
    proposal = Proposal(
        meeting_id=meeting.id,
        title=title,
        reason=reason,
        minutes=minutes,
        purpose=purpose,
        proposed_by_id=actor.id,
        proposed_at=now,
        state=ProposalState.PROPOSED,
        deferred_times=0,
        form_key=form_key or None,
    )
    db.session.add(proposal)
    db.session.flush()
    history.note(actor, "proposed", proposal, about=meeting)
    return proposal


def withdraw(actor: Member, proposal: Proposal) -> None:
    """Take back what one proposed, as long as nothing has become of it."""
    meeting = _take(proposal)
    proposal_rules.check_withdrawing(actor, proposal)
    deciding.settle(actor, proposal, ProposalState.WITHDRAWN, "", meeting=meeting)


def accept(actor: Member, proposal: Proposal, meeting: Meeting, reason: str = "") -> AgendaItem:
    """Put what was proposed at the end of this meeting's agenda, led by whoever proposed it. Of two who do, one does."""
    proposal_rules.check_decider(actor)
    queries.take(meeting)
    proposal_rules.check_target(meeting, clock.now())
    db.session.refresh(proposal, with_for_update=True)
    proposal_rules.check_undecided(proposal)
    lead = db.session.get_one(Member, proposal.proposed_by_id)
    item = agendas.add_item(
        actor,
        meeting,
        title=proposal.title,
        minutes=proposal.minutes,
        purpose=proposal.purpose,
        lead=lead.name,
        lead_id=lead.id if lead.is_active else None,
    )
    proposal.agenda_item_id, proposal.meeting_id = item.id, meeting.id
    deciding.settle(actor, proposal, ProposalState.ACCEPTED, reason, meeting=meeting)
    return item


def defer(actor: Member, proposal: Proposal, reason: str) -> None:
    """Keep what was proposed in the backlog, for a later meeting."""
    _put_off(actor, proposal, ProposalState.DEFERRED, reason)


def decline(actor: Member, proposal: Proposal, reason: str) -> None:
    """Say no to what was proposed, and why."""
    _put_off(actor, proposal, ProposalState.DECLINED, reason)


def _put_off(actor: Member, proposal: Proposal, state: ProposalState, reason: str) -> None:
    proposal_rules.check_decider(actor)
    proposal_rules.check_reason(reason)
    meeting = _take(proposal)
    proposal_rules.check_undecided(proposal)
    deciding.settle(actor, proposal, state, reason, meeting=meeting)


def _take(proposal: Proposal) -> Meeting | None:
    """Keep others from deciding on this; the meeting it is for, None when it is in the backlog."""
    meeting = db.session.get_one(Meeting, proposal.meeting_id) if proposal.meeting_id else None
    if meeting is not None:
        queries.take(meeting)
    db.session.refresh(proposal, with_for_update=True)
    return meeting
