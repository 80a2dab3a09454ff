"""Reading places: how many are held, who waits for one and in which order."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.paging import Page, page
from forum.meetings.models import Answer, Invitation, Meeting, Mode, Place, SectorPlaces, Stage
from forum.meetings.rules import places as place_rules
from forum.meetings.rules.places import Places
from forum.members.models import Member, Organisation
from forum.reference.models import Sector

HELD = (Place.TAKEN, Place.OFFERED)
STANDS = Invitation.removed_at.is_(None)
IN_LINE = (Invitation.place == Place.WAITING) & Invitation.offered_until.is_(None) & STANDS
LAPSED = (Invitation.place == Place.WAITING) & Invitation.offered_until.is_not(None) & STANDS
IN_ORDER = (Invitation.waiting_since, Invitation.id)


class Tally(NamedTuple):
    """How a meeting's places stand, in numbers of people."""

    capacity: int | None
    taken: int
    offered: int
    waiting: int
    lapsed: int  # were offered a place and let the offer lapse

    @property
    def is_limited(self) -> bool:
        return self.capacity is not None

    @property
    def accepted(self) -> int:
        return self.taken + self.offered

    @property
    def free(self) -> int:
        return max(0, (self.capacity or 0) - self.accepted)


def tally(meeting: Meeting) -> Tally:
    """Who has a place and who waits, counted. One statement, and none where places are not limited."""
    if meeting.capacity is None:
        return Tally(None, 0, 0, 0, 0)

    def number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    wanted = sa.select(
        number(Invitation.place == Place.TAKEN),
        number(Invitation.place == Place.OFFERED),
        number(IN_LINE),
        number(LAPSED),
    ).where(Invitation.meeting_id == meeting.id, STANDS)
    return Tally(meeting.capacity, *db.session.execute(wanted).one())


def accepted(meeting: Meeting) -> int:
    """How many have said yes to a place there was, or were offered one. One statement."""
    mode = place_rules.mode_with_places(meeting)
    wanted = sa.select(sa.func.count()).where(
        Invitation.meeting_id == meeting.id,
        STANDS,
        sa.or_(
            Invitation.place.in_(HELD),
            sa.and_(Invitation.answer == Answer.YES, Invitation.mode == mode, Invitation.place.is_(None)),
        ),
    )
    return db.session.scalar(wanted) or 0


class Reserve(NamedTuple):
    """Places kept for a sector, and how many people of that sector hold a place."""

    sector_id: int
    title: str
    places: int
    held: int


def reserves(meeting: Meeting) -> list[Reserve]:
    """What is kept for each sector, in the list's order; 0 for most. One statement."""
    held = (
        sa.select(sa.func.count(Invitation.id))
        .join(Member, Member.id == Invitation.member_id)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Invitation.meeting_id == meeting.id, Invitation.place.in_(HELD), STANDS)
        .where(Organisation.sector_id == Sector.id)
        .correlate(Sector)
        .scalar_subquery()
    )
    kept = sa.and_(SectorPlaces.sector_id == Sector.id, SectorPlaces.meeting_id == meeting.id)
    wanted = (
        sa.select(Sector.id, Sector.title, sa.func.coalesce(SectorPlaces.places, 0), held)
        .outerjoin(SectorPlaces, kept)
        .order_by(Sector.position, Sector.id)
    )
    return [Reserve._make(row) for row in db.session.execute(wanted)]


class InLine(NamedTuple):
    """Somebody who waits for a place."""

    invitation_id: int
    member_id: int
    sector_id: int | None


def places(meeting: Meeting) -> Places:
    """How the places stand, by sector. Two statements."""
    kept = sa.select(SectorPlaces.sector_id, SectorPlaces.places).where(SectorPlaces.meeting_id == meeting.id)
    held = (
        sa.select(Organisation.sector_id, sa.func.count(Invitation.id))
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Invitation.meeting_id == meeting.id, Invitation.place.in_(HELD), STANDS)
        .group_by(Organisation.sector_id)
    )
    reserved = dict(db.session.execute(kept).all())
    return Places(meeting.capacity or 0, reserved, dict(db.session.execute(held).all()))


def line(meeting: Meeting) -> list[InLine]:
    """Who waits, the first in line first. One statement."""
    wanted = (
        sa.select(Invitation.id, Invitation.member_id, Organisation.sector_id)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Invitation.meeting_id == meeting.id, IN_LINE)
        .order_by(*IN_ORDER)
    )
    return [InLine._make(row) for row in db.session.execute(wanted)]


def last_in_line(meeting: Meeting) -> datetime | None:
    """Since when the last in line waits."""
    waiting = Invitation.meeting_id == meeting.id, Invitation.place == Place.WAITING
    return db.session.scalar(sa.select(sa.func.max(Invitation.waiting_since)).where(*waiting))


def sector_of(member_id: int) -> int | None:
    wanted = sa.select(Organisation.sector_id).join(Member, Member.organisation_id == Organisation.id)
    return db.session.scalar(wanted.where(Member.id == member_id))


class Own(NamedTuple):
    """Where somebody stands with the places, as they may read it: nothing of anybody else."""

    place: Place | None = None
    position: int = 0  # on the waiting list, from 1; 0: not in line
    offered_until: datetime | None = None
    has_let_lapse: bool = False


def own(invitation: Invitation) -> Own:
    """This person's own standing. One statement while they wait, else none."""
    is_in_line = place_rules.is_in_line(invitation)
    until = invitation.offered_until if invitation.place is Place.OFFERED else None
    return Own(
        invitation.place,
        _position(invitation) if is_in_line else 0,
        until,
        place_rules.has_let_lapse(invitation) or (until is not None and until <= clock.now()),
    )


def _position(invitation: Invitation) -> int:
    before = sa.or_(
        Invitation.waiting_since < invitation.waiting_since,
        sa.and_(Invitation.waiting_since == invitation.waiting_since, Invitation.id <= invitation.id),
    )
    wanted = sa.select(sa.func.count()).where(Invitation.meeting_id == invitation.meeting_id, IN_LINE, before)
    return db.session.scalar(wanted) or 1


class PlaceRow(NamedTuple):
    """Somebody who has a place, was offered one or waits, for the secretariat."""

    member_id: int
    name: str
    organisation: str
    sector: str
    email: str | None
    place: Place
    waiting_since: datetime | None
    offered_until: datetime | None
    answered_at: datetime | None


SHOWN: dict[str, sa.ColumnElement[bool]] = {
    "waiting": IN_LINE,
    "offered": (Invitation.place == Place.OFFERED) & STANDS,
    "lapsed": LAPSED,
    "taken": (Invitation.place == Place.TAKEN) & STANDS,
}


def people(meeting: Meeting, which: str, key: str | None = None) -> Page[PlaceRow]:
    """The people of one of SHOWN; those who wait in the order of the line, others by name. One statement."""
    wanted: Any = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            sa.func.coalesce(Sector.title, ""),
            Member.email,
            Invitation.place,
            Invitation.waiting_since,
            Invitation.offered_until,
            Invitation.answered_at,
        )
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .outerjoin(Sector, Sector.id == Organisation.sector_id)
        .where(Invitation.meeting_id == meeting.id, SHOWN[which])
    )
    order: list[Any] = [*IN_ORDER] if which == "waiting" else [Member.name, Member.id]
    return page(wanted, order, key, size=50).of(PlaceRow._make)


def to_settle() -> list[Meeting]:
    """Open meetings before their start where an offer has lapsed, somebody waits, or a yes has yet to get its place."""
    now = clock.now()
    is_online = Meeting.mode == Mode.ONLINE
    needs_place = sa.or_(is_online & (Invitation.mode == Mode.ONLINE), ~is_online & (Invitation.mode == Mode.IN_PERSON))
    unplaced = sa.and_(Invitation.place.is_(None), Invitation.answer == Answer.YES, needs_place)
    due = sa.exists().where(
        Invitation.meeting_id == Meeting.id,
        STANDS,
        sa.or_(IN_LINE, unplaced, sa.and_(Invitation.place == Place.OFFERED, Invitation.offered_until <= now)),
    )
    wanted = sa.select(Meeting).where(
        Meeting.stage == Stage.OPEN, Meeting.capacity.is_not(None), Meeting.starts_at > now, due
    )
    return list(db.session.scalars(wanted.order_by(Meeting.id)))


def unplaced(meeting: Meeting) -> list[InLine]:
    """Who has said yes and has no place nor waits for one: the answer came before places were limited. One statement."""
    wanted = (
        sa.select(Invitation.id, Invitation.member_id, Organisation.sector_id)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Invitation.meeting_id == meeting.id, STANDS, Invitation.place.is_(None))
        .where(Invitation.answer == Answer.YES, Invitation.mode == place_rules.mode_with_places(meeting))
        .order_by(Invitation.answered_at, Invitation.id)
    )
    return [InLine._make(row) for row in db.session.execute(wanted)]


class Addressee(NamedTuple):
    """Whom a letter about a place is for."""

    invitation_id: int
    member_id: int
    name: str
    email: str
    link_version: int


def addressees(invitation_ids: list[int]) -> list[Addressee]:
    """Those of them who can be written to. One statement."""
    wanted = (
        sa.select(Invitation.id, Member.id, Member.name, Member.email, Invitation.link_version)
        .join(Member, Member.id == Invitation.member_id)
        .where(Invitation.id.in_(invitation_ids), Member.email.is_not(None))
    )
    return [Addressee._make(row) for row in db.session.execute(wanted)]
