"""What becomes of an item that a member proposed: written down, and told to that member."""

from __future__ import annotations

from forum.base import clock, history, letters
from forum.base.db import db
from forum.meetings import queries
from forum.meetings.models import Meeting, Proposal, ProposalDecision, ProposalState
from forum.members.models import Member

_VERBS = {
    ProposalState.ACCEPTED: "accepted",
    ProposalState.DEFERRED: "deferred",
    ProposalState.DECLINED: "declined",
    ProposalState.WITHDRAWN: "withdrew",
}
_SUBJECTS = {
    ProposalState.ACCEPTED: "Your item is on the agenda",
    ProposalState.DEFERRED: "Your item is kept for a later meeting",
    ProposalState.DECLINED: "Your item will not be on the agenda",
}


def settle(actor: Member, proposal: Proposal, state: ProposalState, reason: str, *, meeting: Meeting | None) -> None:
    """Give a proposal this state, with the reason. `meeting`: the one it is decided for; None in the backlog.

    Whoever proposed it gets a letter, unless they did this themselves or have had enough of mail about meetings.
    """
    decision = ProposalDecision(
        proposal_id=proposal.id,
        meeting_id=meeting.id if meeting else None,
        state=state,
        reason=reason,
        decided_by_id=actor.id,
        decided_at=clock.now(),
    )
    db.session.add(decision)
    proposal.state = state
    if state is ProposalState.DEFERRED:
        proposal.meeting_id, proposal.deferred_times = None, proposal.deferred_times + 1
    db.session.flush()
    history.note(actor, _VERBS[state], proposal, reason, about=meeting)
    _tell(actor, proposal, decision, meeting)


def _tell(actor: Member, proposal: Proposal, decision: ProposalDecision, meeting: Meeting | None) -> None:
    member = db.session.get_one(Member, proposal.proposed_by_id)
    if member.id == actor.id or not (member.is_active and member.email and member.wants_meeting_mail):
        return
    path = (
        f"/meetings/{meeting.id}/agenda" if decision.state is ProposalState.ACCEPTED and meeting else "/meetings/items"
    )
    text, html = letters.render(
        "proposal_decided",
        heading=_SUBJECTS[decision.state],
        state=decision.state.value,
        title=proposal.title,
        reason=decision.reason,
        meeting=meeting,
        link=letters.link(path),
    )
    is_sensitive = meeting is not None and meeting.is_sensitive
    letters.write(
        key=f"proposal:{proposal.id}:decision:{decision.id}",
        kind=letters.Kind.NOTICE,
        member_id=member.id,
        to_name=member.name,
        to_address=member.email,
        subject=_SUBJECTS[decision.state] + ("" if is_sensitive else f": {proposal.title}"),
        text=text,
        html=html,
        about=queries.about(meeting) if meeting else f"proposal:{proposal.id}",
        **letters.leaving(letters.MEETINGS, member.id),
    )
