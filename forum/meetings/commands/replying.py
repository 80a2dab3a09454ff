"""Answering an invitation. Answers are only ever added; the invitation repeats the newest."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import rules
from forum.meetings.models import AnswerSource, Invitation, InvitationReply, Meeting
from forum.meetings.rules import Way
from forum.members.models import Member


def answer(
    actor: Member,
    meeting: Meeting,
    invitation: Invitation,
    way: Way,
    *,
    note: str = "",
    source: AnswerSource = AnswerSource.SIGNED_IN,
    at: datetime | None = None,
) -> None:
    """Answer this invitation for oneself, or record for the secretariat what somebody said.

    `note` is for the secretariat alone. `at`: when it was answered, for what is recorded afterwards; now when not given.
    """
    now = clock.now()
    rules.check_answering(actor, invitation, meeting, way, now)
    answered_at = at if at is not None and rules.may_schedule(actor) else now
    source = source if invitation.member_id == actor.id else AnswerSource.SECRETARIAT
    # The row is taken first: of two answers at the same time the later one stands, and both are kept.
    stands = sa.update(Invitation).where(Invitation.id == invitation.id)
    db.session.execute(
        stands.values(answer=way.answer, mode=way.mode, answered_at=answered_at),
        execution_options={"synchronize_session": False},
    )
    reply = InvitationReply(
        invitation_id=invitation.id,
        answer=way.answer,
        mode=way.mode,
        note=note,
        source=source,
        answered_at=answered_at,
        recorded_by_id=actor.id,
    )
    db.session.add(reply)
    history.note(actor, "answered", invitation, about=meeting, answer=way.sent, source=source.value)
