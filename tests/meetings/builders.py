"""Meetings with usual details. The usual day is 20 January 2027, and tests travel to the weeks before it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.meetings import queries
from forum.meetings.commands import agendas, inviting, ordering, replying, scheduling
from forum.meetings.models import Invitation, MailingOrder, Meeting, MeetingKind, Mode, Purpose
from forum.meetings.rules import IN_PERSON, Way
from forum.members.models import Member, Role, Standing
from forum.reference.models import Marking
from tests import builders

BEFORE = datetime(2026, 12, 1, 9, tzinfo=UTC)
DURING = datetime(2027, 1, 20, 11, tzinfo=UTC)
AFTER = datetime(2027, 1, 20, 16, 1, tzinfo=UTC)


def details(**more: Any) -> dict[str, Any]:
    """What a meeting is scheduled from."""
    usual = {
        "title": "EGVE Forum: mental health",
        "kind": MeetingKind.FORUM,
        "theme_ids": [builders.theme().id],
        "day": date(2027, 1, 20),
        "starts": time(10, 30),
        "ends": time(15),
        "is_second_hour": None,
        "mode": Mode.HYBRID,
        "place": "Example House, London",
        "joining_link": "https://meet.example/forum",
        "description": "What helps and what gets in the way.",
        "marking": Marking.OFFICIAL,
        "is_chatham_house": False,
    }
    return usual | more


def meeting(by: Member, *, is_open: bool = True, **more: Any) -> Meeting:
    """A meeting at 10:30am on 20 January 2027, open and without an agenda."""
    with transaction():
        made = scheduling.schedule(by, **details(**more))
        if is_open:
            db.session.flush()
            scheduling.open_meeting(by, made)
    return queries.get(by, made.id)


def item(by: Member, meeting: Meeting, title: str = "Welcome", minutes: int = 10, **more: Any) -> int:
    with transaction():
        return agendas.add_item(by, meeting, title=title, minutes=minutes, purpose=Purpose.DISCUSSION, **more).id


def invite(by: Member, meeting: Meeting) -> int:
    """Invite everybody; the worker does its share at once."""
    with transaction():
        count = inviting.invite(by, meeting)
    while carry_out():
        pass
    return count


def let_go() -> None:
    """The time for second thoughts is over: what was ordered is written."""
    with transaction():
        db.session.execute(sa.update(MailingOrder).values(due_at=clock.now()))
    while carry_out():
        pass


def carry_out() -> bool:
    with transaction():
        return ordering.carry_out()


def answer(member: Member, meeting: Meeting, way: Way = IN_PERSON, **more: Any) -> None:
    invitation = queries.invitation_of(member, meeting)
    assert invitation is not None
    with transaction():
        replying.answer(member, meeting, invitation, way, **more)


def crowd(count: int) -> None:
    """So many active members, all of one organisation, written in two statements."""
    home = builders.organisation("A crowded place")
    common = {"role": Role.MEMBER, "standing": Standing.ACTIVE, "organisation_id": home.id}
    rows = [
        common | {"name": f"Person {number:05}", "email": f"person{number}@crowd.example"} for number in range(count)
    ]
    with transaction():
        db.session.execute(sa.insert(Member), rows)


def stored(meeting: Meeting, member: Member) -> Invitation:
    """The invitation as the database has it."""
    db.session.rollback()
    return db.session.execute(
        sa.select(Invitation)
        .where(Invitation.meeting_id == meeting.id, Invitation.member_id == member.id)
        .execution_options(populate_existing=True)
    ).scalar_one()
