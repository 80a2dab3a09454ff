"""Who may propose an item for an agenda, until when, and what may become of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from forum.base.errors import NotAllowed, Rejected
from forum.meetings.models import Meeting, Proposal, ProposalState, Stage
from forum.members.models import Member

UNDECIDED = (ProposalState.PROPOSED, ProposalState.DEFERRED)
LONGEST_REASON = 2_000  # characters

_SAID = {
    ProposalState.ACCEPTED: "is on an agenda already",
    ProposalState.DECLINED: "was declined already",
    ProposalState.WITHDRAWN: "was withdrawn by the member who proposed it",
}


def may_propose(actor: Member, meeting: Meeting, now: datetime) -> bool:
    """Any active member, as long as the meeting calls for items."""
    return actor.is_active and meeting.is_open and meeting.items_until is not None and now <= meeting.items_until


def may_decide(actor: Member) -> bool:
    """Say what becomes of a proposal."""
    return actor.runs_the_forum


def check_decider(actor: Member) -> None:
    if not may_decide(actor):
        raise NotAllowed("Only the secretariat decides what goes on an agenda.")


def check_proposing(actor: Member, meeting: Meeting, now: datetime, until_in_words: str) -> None:
    """`until_in_words`: when the call ends or ended, as people read it."""
    if not actor.is_active:
        raise NotAllowed("Only active members can propose items.")
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so it takes no items. Copy what you wrote to keep it.")
    if meeting.items_until is None or not meeting.is_open:
        raise Rejected("This meeting does not ask for items. Copy what you wrote to keep it.")
    if now > meeting.items_until:
        raise Rejected(
            f"Items could be proposed until {until_in_words}, so this one was not sent. "
            "What you wrote is still below: copy it and write to the secretariat, who can still put it on the agenda."
        )


def check_call(meeting: Meeting, until: datetime | None, now: datetime) -> None:
    """Whether the meeting may ask for items until then; None asks for none."""
    if meeting.stage is Stage.CANCELLED:
        raise Rejected("This meeting was cancelled, so it cannot ask for items.", "last_day")
    if until is not None and until <= now:
        raise Rejected("The last day must be today or later", "last_day")
    if until is not None and until - timedelta(days=1) >= meeting.starts_at:
        raise Rejected("The last day must not be later than the day of the meeting", "last_day")


def check_undecided(proposal: Proposal) -> None:
    if proposal.state not in UNDECIDED:
        raise Rejected(f"“{proposal.title}” {_SAID[proposal.state]}, so nothing was changed.")


def check_reason(reason: str) -> None:
    if not reason:
        raise Rejected("Enter a reason. The member who proposed the item reads it", "reason")


def check_target(meeting: Meeting, now: datetime) -> None:
    """Whether an item that was proposed may still go on this meeting's agenda."""
    if meeting.stage is Stage.CANCELLED or meeting.ends_at <= now:
        raise Rejected(
            f"{meeting.reference} is over or was cancelled. Select a meeting that is still to come", "meeting"
        )


def check_withdrawing(actor: Member, proposal: Proposal) -> None:
    if proposal.proposed_by_id != actor.id:
        raise NotAllowed("Only the member who proposed an item can withdraw it.")
    check_undecided(proposal)


def waiting(since: datetime, now: datetime) -> str:
    """How long something has waited: "4 months", "1 day"; under a day "less than a day"."""
    days = (now - since).days
    if days < 1:
        return "less than a day"
    for unit, length in (("year", 365), ("month", 30), ("week", 7), ("day", 1)):
        number = days // length
        if number >= (2 if unit == "week" else 1):  # "10 days" says more than "1 week"
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise AssertionError  # a day is always one day


def deferred(times: int) -> str:
    """ "Deferred for the third time"; empty for never."""
    ordinals = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
    if times < 2:
        return "Deferred once" if times else ""
    return f"Deferred for the {ordinals[times]} time" if times in ordinals else f"Deferred {times} times"
