"""Reading which sectors and areas post, support and come, for officials and the secretariat."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.paging import Page, page
from forum.feedback.models import Attribution, Feedback, Reply, Support
from forum.feedback.queries import stands
from forum.feedback.rules.supporting import TOGETHER
from forum.meetings.models import Attendance, Invitation, Meeting, Presence, Stage
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import PoliceForce, Sector
from forum.summaries import rules
from forum.summaries.rules.heard import Counted, Row, compared


class Period(NamedTuple):
    """First and last day in London; None: as far as there is anything."""

    from_on: date | None = None
    to_on: date | None = None

    def holds(self, moment: Any) -> list[sa.ColumnElement[bool]]:
        found = [moment >= clock.midnight(self.from_on)] if self.from_on else []
        return found + ([moment < clock.midnight(self.to_on + timedelta(days=1))] if self.to_on else [])


class Heard(NamedTuple):
    """`unnamed`: posts that tell no sector, which are in no row. `untold`: those that name no area, because their
    organisation is told by its sector and region."""

    sectors: list[Row]
    forces: list[Row]
    members: int
    posts: int
    unnamed: int
    untold: int
    support: int
    asked: int
    came: int


class ContactRow(NamedTuple):
    """An organisation to write to. `contact_email` is empty for those who may not see addresses, and where there is none."""

    id: int
    name: str
    contact_email: str
    members: int


Place = tuple[int | None, int | None]  # of an organisation: sector, police force area
Where = Counter[Place]
_PLACE = (Organisation.sector_id, Organisation.force_id)


def heard(actor: Member, period: Period) -> Heard:
    """Every sector and area with its figures. Ten statements, whatever there is. Raises NotFound, or Rejected for a period
    that cannot be."""
    _check(actor)
    rules.check_period(period.from_on, period.to_on)
    members, tells_sector, tells_force = _members(period)
    posts = _posts(period)
    support, asked, came = _support(period), _asked(period), _came(period)
    parts = (members, asked, came)

    def rows(kind: type[Sector] | type[PoliceForce], place: int) -> list[Row]:
        counted = [_summed(one, place) for one in parts]
        told = (tells_sector, posts.by_sector, support.by_sector)
        if place:
            told = (tells_force, posts.by_force, support.by_force)
        speaking = _summed(told[0], place)
        entries = db.session.execute(sa.select(kind.id, kind.slug, kind.title).order_by(kind.position)).all()
        made = (
            Counted(
                number,
                slug,
                title,
                counted[0][number],
                speaking[number],
                told[1][number],
                told[2][number],
                *(one[number] for one in counted[1:]),
            )
            for number, slug, title in entries
        )
        return compared(list(made))

    return Heard(
        rows(Sector, 0), rows(PoliceForce, 1), members.total(), posts.total, posts.unnamed, posts.untold,
        support.total, asked.total(), came.total(),
    )  # fmt: skip


def contacts(actor: Member, sector_id: int | None, force_id: int | None, key: str | None = None) -> Page[ContactRow]:
    """The organisations of this sector or area that have members, by name, 50 a page. One statement."""
    return page(_contacts(actor, sector_id, force_id), [Organisation.name.asc(), Organisation.id.asc()], key, 50).of(
        ContactRow._make
    )


def all_contacts(actor: Member, sector_id: int | None, force_id: int | None) -> list[ContactRow]:
    """The same list whole, for a file. One statement."""
    wanted = _contacts(actor, sector_id, force_id).order_by(Organisation.name, Organisation.id)
    return [ContactRow(*row) for row in db.session.execute(wanted)]


def place(sector_id: int | None, force_id: int | None) -> str:
    """The title of this sector or area. Raises NotFound unless exactly one is asked for and there is such a one."""
    if (sector_id is None) == (force_id is None):
        raise NotFound
    found = db.session.get(Sector, sector_id) if sector_id is not None else db.session.get(PoliceForce, force_id)
    if found is None:
        raise NotFound
    return str(found.title)


# --- parts -----------------------------------------------------------------------------------------------------------


def _check(actor: Member) -> None:
    if not rules.may_make(actor):
        raise NotFound


def _is_member() -> sa.ColumnElement[bool]:
    """Of whom the Forum wants to hear: not those who run it or answer for the department."""
    return sa.and_(Member.role == Role.MEMBER, Member.standing == Standing.ACTIVE)


def _contacts(actor: Member, sector_id: int | None, force_id: int | None) -> sa.Select[*tuple[Any, ...]]:
    _check(actor)
    address = Organisation.contact_email if actor.runs_the_forum else sa.literal("")
    number = sa.func.count(Member.id)
    where = Organisation.sector_id == sector_id if sector_id is not None else Organisation.force_id == force_id
    wanted = sa.select(Organisation.id, Organisation.name, address, number)
    wanted = wanted.join(Member, sa.and_(Member.organisation_id == Organisation.id, _is_member()))
    return wanted.where(where).group_by(Organisation.id)


def _count(wanted: sa.Select[*tuple[Any, ...]]) -> Where:
    """This select's rows by where their organisation sits."""
    found = db.session.execute(wanted.add_columns(*_PLACE).group_by(*_PLACE))
    return Counter({(sector, force): number for number, sector, force in found})


def _summed(counted: Where, place: int) -> Counter[int | None]:
    summed: Counter[int | None] = Counter()
    for sitting, number in counted.items():
        summed[sitting[place]] += number
    return summed


def _members(period: Period) -> tuple[Where, Where, Where]:
    """Members, those of them whose organisation is told by its sector at least, and those whose is told by its name."""
    joined = sa.or_(Member.joined_on.is_(None), Member.joined_on <= (period.to_on or clock.today()))
    told = Organisation.shown_as != "", Organisation.shown_as == Organisation.name
    wanted = sa.select(sa.func.count(), *(sa.func.count(sa.case((one, 1))) for one in told), *_PLACE)
    wanted = wanted.select_from(Member).outerjoin(Member.organisation).where(_is_member(), joined).group_by(*_PLACE)
    rows = db.session.execute(wanted).all()
    members, sector, force = (Where({(row[3], row[4]): row[place] for row in rows}) for place in range(3))
    return members, sector, force


class _Posts(NamedTuple):
    by_sector: Counter[int | None]
    by_force: Counter[int | None]
    total: int
    unnamed: int
    untold: int


def _posts(period: Period) -> _Posts:
    """Threads and replies of members and of those something was entered for, by what each may tell: its organisation's sector and
    area; the sector alone where the organisation is told by its sector and region, whatever the single post says."""
    parts = [_posted(Feedback, period), _posted(Reply, period)]
    told = sa.union_all(*parts).subquery()
    wanted = (
        sa.select(sa.func.sum(told.c.number), *_PLACE, told.c.names_it, told.c.names_sector)
        .select_from(told)
        .outerjoin(Organisation, Organisation.id == told.c.organisation_id)
        .group_by(*_PLACE, told.c.names_it, told.c.names_sector)
    )
    by_sector: Counter[int | None] = Counter()
    by_force: Counter[int | None] = Counter()
    total = 0
    for found, sector, force, names_it, names_sector in db.session.execute(wanted):
        number = int(found)  # PostgreSQL sums to decimals
        total += number
        if names_sector:
            by_sector[sector] += number
        if names_it:
            by_force[force] += number
    named = by_sector.total()
    return _Posts(by_sector, by_force, total, total - named, named - by_force.total())


def _posted(post: type[Feedback] | type[Reply], period: Period) -> sa.Select[*tuple[Any, ...]]:
    """How many posts there are of each organisation, by what they tell of it."""
    is_told = post.attribution != Attribution.UNATTRIBUTED
    names_it = sa.and_(is_told, Organisation.shown_as == Organisation.name)
    names_sector = sa.and_(is_told, Organisation.shown_as != "")
    flags = [sa.case((flag, 1), else_=0) for flag in (names_it, names_sector)]
    wanted = sa.select(
        sa.func.count().label("number"), post.organisation_id.label("organisation_id"),
        flags[0].label("names_it"), flags[1].label("names_sector"),
    ).select_from(post)  # fmt: skip
    if post is Reply:
        wanted = wanted.join(Feedback, Feedback.id == Reply.feedback_id).where(~Reply.is_official, stands(Feedback))
    wanted = wanted.outerjoin(Organisation, Organisation.id == post.organisation_id)
    wanted = wanted.outerjoin(Member, Member.id == post.author_id)
    # Of what tells no sector all is counted: leaving out what officials wrote would tell that they wrote it.
    is_theirs = sa.or_(post.author_id.is_(None), Member.role == Role.MEMBER, flags[1] == 0)
    wanted = wanted.where(stands(post), Feedback.group_id.is_(None), is_theirs, *period.holds(post.posted_at))
    return wanted.group_by(post.organisation_id, *flags)


class _Support(NamedTuple):
    by_sector: Counter[int | None]
    by_force: Counter[int | None]
    total: int


def _support(period: Period) -> _Support:
    """Organisations that say "same here" to threads of this period, by sector and by the areas they say it of.

    Only what the threads' own pages tell is added up: whole lots of three organisations (rules/supporting.py), and a period
    of threads, as one of the moments at which somebody said so would tell who that was. Three statements."""
    unit = sa.func.coalesce(Support.organisation_id, -Support.member_id)
    first, number = sa.func.min(Support.supported_at), sa.func.min(Support.id)
    units = (
        sa.select(
            Support.feedback_id, unit.label("unit"),
            sa.func.row_number().over(partition_by=Support.feedback_id, order_by=(first, number)).label("place"),
            sa.func.count().over(partition_by=Support.feedback_id).label("whole"),
        )
        .join(Feedback, Feedback.id == Support.feedback_id)
        .where(stands(Feedback), Feedback.group_id.is_(None), *period.holds(Feedback.posted_at))
        .group_by(Support.feedback_id, unit)
        .subquery()
    )  # fmt: skip
    is_told = units.c.place <= units.c.whole - units.c.whole % TOGETHER
    total = db.session.scalar(sa.select(sa.func.count()).select_from(units)) or 0
    by_sector = sa.select(Organisation.sector_id, sa.func.count()).join(units, units.c.unit == Organisation.id)
    said = sa.select(Support.force_id, units.c.feedback_id, units.c.unit).distinct().where(is_told)
    said = said.join(units, sa.and_(units.c.feedback_id == Support.feedback_id, units.c.unit == unit))
    once = said.where(Support.force_id.is_not(None)).subquery()
    by_force = sa.select(once.c.force_id, sa.func.count()).group_by(once.c.force_id)
    by_sector = by_sector.where(is_told).group_by(Organisation.sector_id)
    found = [Counter({row[0]: row[1] for row in db.session.execute(one)}) for one in (by_sector, by_force)]
    return _Support(found[0], found[1], total)


def _held(period: Period) -> list[sa.ColumnElement[bool]]:
    """Meetings of which it is known who was there."""
    there = aliased(Attendance)
    recorded = Meeting.id.in_(sa.select(there.meeting_id).where(there.presence == Presence.PRESENT))
    return [
        Meeting.stage == Stage.OPEN,
        Meeting.ends_at <= clock.now(),
        recorded,
        *period.holds(Meeting.starts_at),
    ]


def _asked(period: Period) -> Where:
    wanted = (
        sa.select(sa.func.count())
        .select_from(Invitation)
        .join(Meeting, Meeting.id == Invitation.meeting_id)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Member.organisation)
        .where(Invitation.removed_at.is_(None), Member.role == Role.MEMBER, *_held(period))
    )
    return _count(wanted)


def _came(period: Period) -> Where:
    """People of the organisation who were there, substitutes too; walk-ins as well, who took a place all the same."""
    wanted = (
        sa.select(sa.func.count())
        .select_from(Attendance)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .outerjoin(Organisation, Organisation.id == Attendance.organisation_id)
        .outerjoin(Member, Member.id == Attendance.member_id)
        .where(Attendance.presence == Presence.PRESENT, sa.or_(Member.id.is_(None), Member.role == Role.MEMBER))
        .where(*_held(period))
    )
    return _count(wanted)
