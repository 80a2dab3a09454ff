"""Reading access needs, for the secretariat and the host alone. No list, export or search elsewhere reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.meetings import rules
from forum.meetings.models import AccessNeed, Answer, Invitation, Meeting, Mode
from forum.meetings.rules import needs as need_rules
from forum.members.models import Member, Organisation


class NeedRow(NamedTuple):
    """What one person needs."""

    id: int
    name: str
    organisation: str
    answer: Answer | None
    mode: Mode | None
    needs: list[str]
    words: str
    met_at: datetime | None
    met_by: str | None

    @property
    def answer_in_words(self) -> str:
        return rules.answer_in_words(self.answer, self.mode)

    @property
    def in_words(self) -> list[str]:
        return [words for need, words in need_rules.NEEDS.items() if need in self.needs]


def listed(actor: Member, meeting: Meeting) -> list[NeedRow]:
    """Everybody's needs, by name. Raises NotFound for whoever may not read them. One statement."""
    if not need_rules.may_read(actor, meeting):
        raise NotFound
    arranger = aliased(Member)
    wanted = (
        sa.select(
            AccessNeed.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            Invitation.answer,
            Invitation.mode,
            AccessNeed.needs,
            AccessNeed.words,
            AccessNeed.met_at,
            arranger.name,
        )
        .join(Invitation, Invitation.id == AccessNeed.invitation_id)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .outerjoin(arranger, arranger.id == AccessNeed.met_by_id)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None))
        .order_by(Member.name, Member.id)
    )
    return [NeedRow._make(row) for row in db.session.execute(wanted)]


class Group(NamedTuple):
    """One thing to arrange, and for whom."""

    words: str
    people: list[NeedRow]

    @property
    def open(self) -> int:
        """For how many it is still to be arranged."""
        return sum(person.met_at is None for person in self.people)


def grouped(rows: Sequence[NeedRow]) -> list[Group]:
    """The same by what is needed, in the order of NEEDS; what is in somebody's own words alone comes last."""
    found = [Group(words, [row for row in rows if need in row.needs]) for need, words in need_rules.NEEDS.items()]
    found.append(Group("In their own words", [row for row in rows if row.words]))
    return [group for group in found if group.people]


def need(actor: Member, meeting: Meeting, number: int) -> AccessNeed:
    """What one person needs. Raises NotFound, also for whoever may not read it."""
    found = db.session.scalar(
        sa.select(AccessNeed)
        .join(Invitation, Invitation.id == AccessNeed.invitation_id)
        .where(AccessNeed.id == number, Invitation.meeting_id == meeting.id)
    )
    if found is None or not need_rules.may_read(actor, meeting):
        raise NotFound
    return found


# Put together once: asked for every visit of somebody invited to a meeting's page.
_ARE_KNOWN = sa.select(sa.exists().where(AccessNeed.invitation_id == sa.bindparam("invitation")))


def are_known(invitation: Invitation) -> bool:
    """Whether this person has said that they need something. One statement."""
    return bool(db.session.scalar(_ARE_KNOWN, {"invitation": invitation.id}))


def due_for_deletion() -> Meeting | None:
    """A meeting whose access needs have been kept long enough; None when there is none."""
    limit = clock.now() - need_rules.KEPT_FOR
    kept = sa.exists().where(AccessNeed.invitation_id == Invitation.id, Invitation.meeting_id == Meeting.id)
    ended = sa.or_(Meeting.ends_at <= limit, Meeting.cancelled_at <= limit)
    return db.session.scalar(sa.select(Meeting).where(ended, kept).order_by(Meeting.id).limit(1))
