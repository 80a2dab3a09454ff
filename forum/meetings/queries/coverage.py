"""Reading which sectors and areas a meeting reaches, and which organisations come over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.paging import Page, page
from forum.meetings.models import Attendance, Invitation, Meeting, Presence, Stage
from forum.meetings.queries.attendance import is_coming
from forum.members.models import Member, Organisation
from forum.reference.models import PoliceForce, Region, Sector

MEETINGS = 8  # meetings side by side: more do not fit a page


class CoverageRow(NamedTuple):
    """A sector or an area, in numbers of people. `slug` is "" for organisations of which it is not known."""

    slug: str
    title: str
    invited: int
    yes: int
    attended: int
    is_over: bool

    @property
    def reached(self) -> int:
        """Who said yes; after the meeting, who was there."""
        return self.attended if self.is_over else self.yes

    @property
    def is_missing(self) -> bool:
        """People were invited, and nobody comes or came."""
        return self.invited > 0 and not self.reached

    @property
    def in_words(self) -> str:
        """ "3 invited, none has said yes"."""
        if not self.invited and not self.reached:
            return "nobody invited"
        none, some = ("none was there", "was there") if self.is_over else ("none has said yes", "said yes")
        return f"{self.invited:,} invited, {f'{self.reached:,} {some}' if self.reached else none}"


class Coverage(NamedTuple):
    """`is_over`: by who was there, no longer by who said yes."""

    is_over: bool
    sectors: list[CoverageRow]
    forces: list[CoverageRow]
    regions: list[CoverageRow]

    def missing(self) -> list[CoverageRow]:
        """The sectors and then the areas of which nobody comes or came."""
        return [row for row in (*self.sectors, *self.forces) if row.is_missing and row.slug]


def of_meeting(meeting: Meeting) -> Coverage:
    """How far the meeting reaches, by every sector and area in use. Five statements.

    By who said yes; once it is over and somebody is marked as there, by who was there.
    """
    counted, on = (*_invited(meeting), _attended(meeting)), clock.london(meeting.starts_at).date()
    is_over = meeting.ends_at <= clock.now() and bool(counted[2])

    def rows(kind: Any, place: int) -> list[CoverageRow]:
        entries = db.session.scalars(sa.select(kind).order_by(kind.position))
        titled = [(entry.id, entry.slug, entry.title) for entry in entries if entry.is_current(on)]
        invited, yes, attended = (_summed(one, place) for one in counted)
        made = (
            CoverageRow(slug, title, invited[number], yes[number], attended[number], is_over)
            for number, slug, title in (*titled, (None, "", "Not known"))
        )
        return [row for row in made if row.slug or row.invited or row.attended]

    return Coverage(is_over, rows(Sector, 0), rows(PoliceForce, 1), rows(Region, 2))


# People by where they sit: (sector, force, region) → how many. There are far fewer such places than people.
Sitting = Counter[tuple[int | None, int | None, int | None]]
_PLACE = (Organisation.sector_id, Organisation.force_id, Organisation.region_id)


def _invited(meeting: Meeting) -> tuple[Sitting, Sitting]:
    """Those invited, and those of them who said yes."""
    wanted = (
        sa.select(*_PLACE, sa.func.count(), sa.func.count(sa.case((is_coming(), 1))))
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Member.organisation)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None))
        .group_by(*_PLACE)
    )
    found = db.session.execute(wanted).all()
    invited = Counter({(row[0], row[1], row[2]): row[3] for row in found})
    return invited, Counter({(row[0], row[1], row[2]): row[4] for row in found})


def _attended(meeting: Meeting) -> Sitting:
    wanted = (
        sa.select(*_PLACE, sa.func.count())
        .select_from(Attendance)
        .outerjoin(Attendance.seat)
        .where(Attendance.meeting_id == meeting.id, Attendance.presence == Presence.PRESENT)
        .group_by(*_PLACE)
    )
    return Counter({(row[0], row[1], row[2]): row[3] for row in db.session.execute(wanted)})


def _summed(counted: Sitting, place: int) -> Counter[int | None]:
    summed: Counter[int | None] = Counter()
    for sitting, number in counted.items():
        summed[sitting[place]] += number
    return summed


# --- over time --------------------------------------------------------------------------------------------------------


class HeldRow(NamedTuple):
    """A meeting that was held."""

    id: int
    title: str
    starts_at: datetime

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"


class ComingRow(NamedTuple):
    """An organisation: by meeting, how many of it were there; None where nobody of it was invited."""

    organisation_id: int
    name: str
    sector: str
    people: tuple[int | None, ...]

    @property
    def meetings(self) -> int:
        """At how many meetings it was there."""
        return sum(1 for number in self.people if number)

    @property
    def asked(self) -> int:
        return sum(1 for number in self.people if number is not None)


def held(from_on: date | None = None, to_on: date | None = None) -> list[HeldRow]:
    """The last eight meetings held in this time (both days included), the oldest first. One statement.

    One whose attendance nobody recorded tells nothing of who comes, and is left out.
    """
    was_recorded = sa.exists().where(Attendance.meeting_id == Meeting.id, Attendance.presence == Presence.PRESENT)
    wanted = sa.select(Meeting.id, Meeting.title, Meeting.starts_at).where(
        Meeting.stage == Stage.OPEN, Meeting.ends_at <= clock.now(), was_recorded
    )
    if from_on is not None:
        wanted = wanted.where(Meeting.starts_at >= clock.midnight(from_on))
    if to_on is not None:
        wanted = wanted.where(Meeting.starts_at < clock.midnight(to_on + timedelta(days=1)))
    newest = wanted.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(MEETINGS)
    return [HeldRow._make(row) for row in db.session.execute(newest)][::-1]


def over_time(meetings: list[HeldRow], *, only_never: bool = False, key: str | None = None) -> Page[ComingRow]:
    """Organisations that were invited to these meetings or were there, by name; 50 a page. Three statements.

    `only_never`: those that were invited and never came.
    """
    numbers = [meeting.id for meeting in meetings]
    found = page(_organisations(numbers, only_never), [Organisation.name, Organisation.id], key, size=50)
    people = _people(numbers, [row[0] for row in found.items])
    return found.of(lambda row: _coming(row, numbers, people))


def all_over_time(meetings: list[HeldRow], *, only_never: bool = False) -> list[ComingRow]:
    """The same without pages, for a file. Three statements."""
    numbers = [meeting.id for meeting in meetings]
    rows = db.session.execute(_organisations(numbers, only_never).order_by(Organisation.name, Organisation.id)).all()
    people = _people(numbers, None)
    return [_coming(row, numbers, people) for row in rows]


def _organisations(numbers: list[int], only_never: bool) -> Any:
    was_there = sa.exists().where(
        Attendance.organisation_id == Organisation.id,
        Attendance.meeting_id.in_(numbers),
        Attendance.presence == Presence.PRESENT,
    )
    was_invited = (
        sa.exists()
        .where(Invitation.meeting_id.in_(numbers), Invitation.removed_at.is_(None))
        .where(Member.id == Invitation.member_id, Member.organisation_id == Organisation.id)
    )
    return (
        sa.select(Organisation.id, Organisation.name, sa.func.coalesce(Sector.title, ""))
        .outerjoin(Organisation.sector)
        .where(was_invited & ~was_there if only_never else was_invited | was_there)
    )


def _people(numbers: list[int], organisations: Collection[int] | None) -> dict[tuple[int | None, int], int]:
    """(organisation, meeting) → how many were there; 0 where some were invited and none came."""
    invited = (
        sa.select(Member.organisation_id, Invitation.meeting_id)
        .join(Member, Member.id == Invitation.member_id)
        .where(Invitation.meeting_id.in_(numbers), Invitation.removed_at.is_(None))
        .where(Member.organisation_id.is_not(None))
        .distinct()
    )
    there = (
        sa.select(Attendance.organisation_id, Attendance.meeting_id, sa.func.count())
        .where(Attendance.meeting_id.in_(numbers), Attendance.presence == Presence.PRESENT)
        .where(Attendance.organisation_id.is_not(None))
        .group_by(Attendance.organisation_id, Attendance.meeting_id)
    )
    if organisations is not None:
        invited = invited.where(Member.organisation_id.in_(organisations))
        there = there.where(Attendance.organisation_id.in_(organisations))
    people = dict.fromkeys(((row[0], row[1]) for row in db.session.execute(invited)), 0)
    return people | {(row[0], row[1]): row[2] for row in db.session.execute(there)}


def _coming(row: Any, numbers: list[int], people: dict[tuple[int | None, int], int]) -> ComingRow:
    number, name, sector = row
    return ComingRow(number, name, sector, tuple(people.get((number, meeting)) for meeting in numbers))
