"""Reading who a meeting is for, and whom that makes today."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.errors import NotFound
from forum.meetings.models import Audience, AudienceKind, Invitation, Meeting
from forum.meetings.rules import audiences as audience_rules
from forum.members import queries as members
from forum.members.models import Group, Member, Organisation, group_member, theme_interest
from forum.members.queries import InviteeRow, LeftOutRow, invitable, is_reachable
from forum.reference.models import PoliceForce, Region, Sector, Theme

FOUND = 20  # names shown for what was typed


class LineRow(NamedTuple):
    """One line of an audience. `people`: how many can be invited by it today; `title` is empty for everyone."""

    id: int
    kind: AudienceKind
    title: str
    is_optional: bool
    people: int

    @property
    def words(self) -> str:
        """ "Sector: Police"; "Everyone"."""
        return ": ".join(filter(None, (audience_rules.WORDS[self.kind], self.title)))


def named(*conditions: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """(line, member) for everybody each line of the audiences that meet the conditions names."""
    by_place = ((AudienceKind.SECTOR, Organisation.sector_id), (AudienceKind.REGION, Organisation.region_id))
    by_place += ((AudienceKind.FORCE, Organisation.force_id),)  # type: ignore[assignment]
    line, member = Audience.id.label("line"), Member.id.label("member")

    def of(kind: AudienceKind) -> list[sa.ColumnElement[bool]]:
        return [Audience.kind == kind, *conditions]

    return sa.union(
        sa.select(line, member).join(Member, sa.true()).where(*of(AudienceKind.EVERYONE)),
        sa.select(line, member).join(Member, Member.id == Audience.target_id).where(*of(AudienceKind.MEMBER)),
        sa.select(line, theme_interest.c.member_id)
        .join(theme_interest, theme_interest.c.theme_id == Audience.target_id)
        .where(*of(AudienceKind.THEME)),
        sa.select(line, group_member.c.member_id)
        .join(group_member, group_member.c.group_id == Audience.target_id)
        .where(*of(AudienceKind.GROUP)),
        *(
            sa.select(line, member)
            .join(Organisation, column == Audience.target_id)
            .join(Member, Member.organisation_id == Organisation.id)
            .where(*of(kind))
            for kind, column in by_place
        ),
    )


def is_in(meeting_id: int, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Of a member: whether some line of this meeting's audience names them."""
    lines = named(Audience.meeting_id == meeting_id, Audience.kind != AudienceKind.EVERYONE, *conditions).subquery()
    everyone = sa.exists().where(Audience.meeting_id == meeting_id, Audience.kind == AudienceKind.EVERYONE, *conditions)
    return sa.or_(everyone, Member.id.in_(sa.select(lines.c.member)))


def uninvited(meeting: Meeting, limit: int | None = None) -> list[InviteeRow]:
    """Who is named by the audience, can be invited and never was; by name, the first `limit`. One statement.

    Somebody whose invitation was withdrawn is not among them.
    """
    return invitable(is_to_invite(meeting), limit=limit)


def is_to_invite(meeting: Meeting) -> sa.ColumnElement[bool]:
    """Of a member who can be invited: whether they are to be and never were."""
    was = sa.exists().where(Invitation.meeting_id == meeting.id, Invitation.member_id == Member.id)
    return sa.and_(is_in(meeting.id), ~was)


def optional(meeting: Meeting) -> set[int]:
    """The members whom only optional lines name. One statement, two where there are such lines."""
    if not db.session.scalar(sa.select(sa.exists().where(Audience.meeting_id == meeting.id, Audience.is_optional))):
        return set()
    wanted = named(Audience.meeting_id == meeting.id).subquery()
    lines = (
        sa.select(wanted.c.member)
        .join(Audience, Audience.id == wanted.c.line)
        .group_by(wanted.c.member)
        .having(sa.func.max(sa.case((Audience.is_optional, 0), else_=1)) == 0)
    )
    return set(db.session.scalars(lines))


def lines(meeting: Meeting) -> list[LineRow]:
    """The lines of a meeting's audience, with how many people each names today. One statement."""
    people = named(Audience.meeting_id == meeting.id).subquery()
    counted = (
        sa.select(people.c.line, sa.func.count().label("people"))
        .join(Member, Member.id == people.c.member)
        .where(is_reachable())
        .group_by(people.c.line)
        .subquery()
    )
    wanted = (
        sa.select(
            Audience.id,
            Audience.kind,
            sa.func.coalesce(_title(), ""),
            Audience.is_optional,
            sa.func.coalesce(counted.c.people, 0),
        )
        .outerjoin(counted, counted.c.line == Audience.id)
        .where(Audience.meeting_id == meeting.id)
        .order_by(Audience.is_optional, Audience.id)
    )
    return [LineRow._make(row) for row in db.session.execute(wanted)]


def _title() -> sa.ColumnElement[str]:
    """What the row a line names is called."""
    kinds: dict[AudienceKind, Any] = {
        AudienceKind.THEME: Theme.title,
        AudienceKind.SECTOR: Sector.title,
        AudienceKind.REGION: Region.title,
        AudienceKind.FORCE: PoliceForce.title,
        AudienceKind.GROUP: Group.title,
        AudienceKind.MEMBER: Member.name,
    }
    found = (
        (Audience.kind == kind, sa.select(title).where(title.class_.id == Audience.target_id).scalar_subquery())
        for kind, title in kinds.items()
    )
    return sa.case(*found)


def line(meeting: Meeting, number: int) -> Audience:
    """This line of this meeting's audience. Raises NotFound."""
    found = db.session.scalar(sa.select(Audience).where(Audience.meeting_id == meeting.id, Audience.id == number))
    if found is None:
        raise NotFound("This line has been removed already.")
    return found


def size(meeting: Meeting) -> int:
    """How many people who can be invited the audience names, those invited already among them. One statement."""
    counted = sa.select(sa.func.count()).select_from(Member).where(is_reachable(), is_in(meeting.id))
    return db.session.scalar(counted) or 0


def found(meeting: Meeting, text: str) -> list[InviteeRow]:
    """The first people who can be invited, never were, and have all these words in name or organisation."""
    words = text.split()[:10]
    was = sa.exists().where(Invitation.meeting_id == meeting.id, Invitation.member_id == Member.id)
    return invitable(~was, *_says(words), limit=FOUND) if words else []


def can_stand_in(instead_of: Invitation, text: str) -> list[InviteeRow]:
    """The first people who can be invited in somebody's place and have all these words in name or organisation."""
    words = text.split()[:10]
    return invitable(Member.id != instead_of.member_id, *_says(words), limit=FOUND) if words else []


def _says(words: list[str]) -> list[sa.ColumnElement[bool]]:
    return [sa.or_(*(c.icontains(word, autoescape=True) for c in (Member.name, Organisation.name))) for word in words]


def left_out(meeting: Meeting) -> list[LeftOutRow]:
    """Whom the audience names but no email reaches, with the reason; by name. One statement."""
    return members.left_out(is_in(meeting.id))
