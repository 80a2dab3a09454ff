"""Saying who a meeting is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from forum.base import history
from forum.base.db import db
from forum.meetings import queries, rules
from forum.meetings.models import Audience, AudienceKind, Meeting
from forum.meetings.rules import audiences as audience_rules
from forum.members.models import Group, Member
from forum.reference.models import PoliceForce, Region, Sector, Theme

_TABLES: dict[AudienceKind, Any] = {
    AudienceKind.THEME: Theme,
    AudienceKind.SECTOR: Sector,
    AudienceKind.REGION: Region,
    AudienceKind.FORCE: PoliceForce,
    AudienceKind.GROUP: Group,
    AudienceKind.MEMBER: Member,
}


def begin(meeting: Meeting) -> None:
    """A meeting of the Forum is for everybody, until somebody says otherwise; `meeting` has its number."""
    if meeting.kind in audience_rules.FOR_EVERYONE:
        db.session.add(Audience(meeting_id=meeting.id, kind=AudienceKind.EVERYONE))


def copy(of: Meeting, to: Meeting) -> None:
    """The meeting `to` is for whom `of` is for, and for nobody else."""
    db.session.execute(sa.delete(Audience).where(Audience.meeting_id == to.id))
    kept = sa.select(sa.literal(to.id), Audience.kind, Audience.target_id, Audience.is_optional)
    names = ["meeting_id", "kind", "target_id", "is_optional"]
    db.session.execute(sa.insert(Audience).from_select(names, kept.where(Audience.meeting_id == of.id)))


def add(
    actor: Member,
    meeting: Meeting,
    *,
    is_everyone: bool = False,
    targets: Mapping[AudienceKind, Collection[int]] | None = None,
    is_optional: bool = False,
) -> int:
    """Add whom this names to those the meeting is for; how many lines that adds.

    A line that is there already is added no second time, and takes on whether it is optional. Raises Rejected.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_changing(meeting)
    wanted: list[tuple[AudienceKind, int | None]] = [(AudienceKind.EVERYONE, None)] if is_everyone else []
    wanted += [(kind, number) for kind, ids in (targets or {}).items() for number in _known(kind, ids)]
    audience_rules.check_choice(is_everyone, len(wanted))
    there = {
        (line.kind, line.target_id): line
        for line in db.session.scalars(sa.select(Audience).where(Audience.meeting_id == meeting.id))
    }
    for choice in wanted:
        if choice in there:
            there[choice].is_optional = is_optional
    new = [choice for choice in wanted if choice not in there]
    db.session.add_all(
        Audience(meeting_id=meeting.id, kind=kind, target_id=number, is_optional=is_optional) for kind, number in new
    )
    history.note(actor, "chose who is invited", meeting, added=len(new), is_optional=is_optional)
    return len(new)


def _known(kind: AudienceKind, ids: Collection[int]) -> list[int]:
    table = _TABLES[kind]
    return list(db.session.scalars(sa.select(table.id).where(table.id.in_(ids)).order_by(table.id)))


def remove(actor: Member, meeting: Meeting, line: Audience) -> None:
    """The meeting is no longer for whom this line names; whoever was invited by it stays invited."""
    rules.check_scheduler(actor)
    rules.check_changing(meeting)
    history.note(actor, "chose who is invited", meeting, removed=line.kind.value)
    db.session.delete(line)
