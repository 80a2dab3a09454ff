"""Challenges on the agendas of meetings."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db
from forum.challenges import queries, rules
from forum.challenges.models import AgendaChallenge, Challenge
from forum.challenges.queries import agendas as on_agendas
from forum.meetings import queries as meetings
from forum.meetings.commands import agendas
from forum.meetings.models import AgendaItem, Meeting, Purpose
from forum.meetings.rules import proposals as meeting_rules
from forum.members.models import Member
from forum.reference.models import Marking


def put_on_agenda(
    actor: Member,
    challenge: Challenge,
    meeting: Meeting,
    *,
    minutes: int,
    purpose: Purpose,
    form_key: str | None = None,
) -> AgendaItem:
    """An item about this challenge at the end of that meeting's agenda, led by its owner. The same form sent twice makes
    one item.

    A challenge that is marked higher than the meeting stands there by its reference alone: agendas go out by mail.
    """
    rules.check_keeper(actor)
    meetings.take(meeting)
    made = meetings.by_form_key(AgendaItem, form_key) if form_key else None
    if made is not None:
        return made
    meeting_rules.check_target(meeting, clock.now())
    rules.check_not_there(challenge, meeting, on_agendas.number_on(challenge, meeting))
    owner = challenge.owner if challenge.owner and challenge.owner.is_active else None
    item = agendas.add_item(
        actor,
        meeting,
        title=rules.title_on(challenge, meeting, _marking(challenge)),
        minutes=minutes,
        purpose=purpose,
        lead_id=owner.id if owner else None,
        form_key=form_key,
    )
    db.session.add(
        AgendaChallenge(agenda_item_id=item.id, challenge_id=challenge.id, put_at=clock.now(), put_by_id=actor.id)
    )
    history.note(actor, "put on an agenda", challenge, about=meeting)
    return item


def take_off_agenda(actor: Member, challenge: Challenge, meeting: Meeting, item: AgendaItem) -> None:
    """Take the item about this challenge off the agenda, and the challenge with it."""
    rules.check_keeper(actor)
    removed = sa.delete(AgendaChallenge).where(
        AgendaChallenge.agenda_item_id == item.id, AgendaChallenge.challenge_id == challenge.id
    )
    rules.check_is_about(db.session.execute(removed.returning(AgendaChallenge.challenge_id)).first() is not None)
    agendas.remove_item(actor, meeting, item)
    history.note(actor, "took off an agenda", challenge, about=meeting)


def _marking(challenge: Challenge) -> Marking:
    return rules.highest([challenge.marking, *queries.markings_of(challenge)])
