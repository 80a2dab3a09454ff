"""Answering an invitation. Answers are only ever added; the invitation repeats the newest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import rules
from forum.meetings.commands import needs, places
from forum.meetings.models import AnswerSource, Invitation, InvitationReply, Meeting, Place
from forum.meetings.rules import Way
from forum.meetings.rules import replying as reply_rules
from forum.meetings.rules.needs import Needs
from forum.members.models import Member


def answer(
    actor: Member,
    meeting: Meeting,
    invitation: Invitation,
    way: Way,
    *,
    note: str = "",
    wanted: Needs | None = None,
    stand_in: str = "",
    said_by: str = "",
    source: AnswerSource = AnswerSource.SIGNED_IN,
    at: datetime | None = None,
) -> None:
    """Answer this invitation for oneself, or record for the secretariat what somebody said.

    `note` is for the secretariat alone; `wanted`: what the person needs, None when nothing was said of it; `stand_in`:
    who comes instead; `said_by`: how the secretariat heard of it, one of `rules.replying.SAID_BY`. `at`: when it was
    answered, for what is recorded afterwards; now when not given. Where places are limited the answer takes one, or
    waits for one: `places`.
    """
    now = clock.now()
    is_limited = meeting.capacity is not None and meeting.ends_at > now
    if is_limited:
        places.take(meeting, invitation)
    rules.check_answering(actor, invitation, meeting, way, now)
    reply_rules.check_stand_in(way.answer, stand_in)
    reply_rules.check_said_by(said_by)
    answered_at = at if at is not None and rules.may_schedule(actor) else now
    source = source if invitation.member_id == actor.id else AnswerSource.SECRETARIAT
    held = invitation.place
    placed = places.place_for(meeting, invitation, way.answer, way.mode) if is_limited else {}
    # The row is taken first: of two answers at the same time the later one stands, and both are kept.
    stands = sa.update(Invitation).where(Invitation.id == invitation.id)
    db.session.execute(
        stands.values({"answer": way.answer, "mode": way.mode, "answered_at": answered_at} | placed),
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
        stand_in=stand_in,
    )
    db.session.add(reply)
    said: dict[str, Any] = {"said_by": said_by} if said_by else {}
    history.note(actor, "answered", invitation, about=meeting, answer=way.sent, source=source.value, **said)
    needs.follow(actor, meeting, invitation, way.answer, wanted)
    if is_limited:
        _pass_on(meeting, invitation, held, placed, source)


def _pass_on(
    meeting: Meeting, invitation: Invitation, held: Place | None, placed: dict[str, Any], source: AnswerSource
) -> None:
    """What else the answer does to the places: what was given up is offered, and who waits unseen by us is told."""
    if held in {Place.TAKEN, Place.OFFERED} and placed["place"] is None:
        places.settle(meeting)
    if placed["place"] is Place.WAITING and held is not Place.WAITING and source is AnswerSource.CALENDAR:
        places.tell_waiting(meeting, invitation)
