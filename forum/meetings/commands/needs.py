"""What people need in order to take part: kept for the secretariat and the host, and deleted soon after the meeting.

No history line, letter or export says what somebody needs, nor that they need anything.
"""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import queries
from forum.meetings.models import AccessNeed, Answer, Invitation, Meeting
from forum.meetings.queries import needs as need_queries
from forum.meetings.rules import needs as need_rules
from forum.meetings.rules import replying as reply_rules
from forum.meetings.rules.needs import Needs
from forum.members.models import Member


def tell(actor: Member, meeting: Meeting, invitation: Invitation, wanted: Needs) -> None:
    """Keep what this person needs, in place of what they said before. What is arranged must be arranged anew."""
    reply_rules.check_speaker(actor, invitation)
    need_rules.check_telling(meeting, wanted, clock.now())
    forget(invitation)
    db.session.execute(
        sa.insert(AccessNeed).values(
            invitation_id=invitation.id, needs=list(wanted.needs), words=wanted.words, given_at=clock.now()
        )
    )


def take_back(actor: Member, invitation: Invitation) -> None:
    """Delete what this person needs, because they say so."""
    reply_rules.check_speaker(actor, invitation)
    forget(invitation)


def forget(invitation: Invitation) -> None:
    """Delete what this person needs: they do not come."""
    db.session.execute(
        sa.delete(AccessNeed).where(AccessNeed.invitation_id == invitation.id),
        execution_options={"synchronize_session": False},
    )


def arrange(actor: Member, meeting: Meeting, number: int, *, is_met: bool = True) -> None:
    """Tick one person's needs as arranged, or take the tick away. Raises NotFound."""
    need = need_queries.need(actor, meeting, number)
    need.met_at, need.met_by_id = (clock.now(), actor.id) if is_met else (None, None)
    history.note(actor, "arranged access needs" if is_met else "reopened access needs", meeting)


def delete_due() -> bool:
    """Delete the access needs of one meeting that are kept no longer; whether there may be more."""
    meeting = need_queries.due_for_deletion()
    if meeting is None:
        return False
    queries.take(meeting)
    of_meeting = sa.select(Invitation.id).where(Invitation.meeting_id == meeting.id)
    db.session.execute(
        sa.delete(AccessNeed).where(AccessNeed.invitation_id.in_(of_meeting)),
        execution_options={"synchronize_session": False},
    )
    meeting.needs_deleted_at = clock.now()
    history.note(None, "deleted access needs", meeting)
    return True


def follow(actor: Member, meeting: Meeting, invitation: Invitation, answer: Answer, wanted: Needs | None) -> None:
    """What an answer does to the needs: a no deletes them, and words replace those that were there."""
    if answer is Answer.NO:
        forget(invitation)
    elif wanted is not None:
        tell(actor, meeting, invitation, wanted)
