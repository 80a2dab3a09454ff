"""Reading who is expected at a meeting, who was there, and how many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.history import HistoryLine
from forum.base.paging import Page, page
from forum.meetings import rules
from forum.meetings.models import Answer, Attendance, Invitation, InvitationReply, Meeting, Mode, Place, Presence, Stage
from forum.meetings.rules import attendance as marking
from forum.members.models import Member, Organisation, Standing

AT_ONCE = 200  # people on one page of the list: most meetings fit, so that a phone finds everybody on it
WRONG = "entered a wrong code"  # the history's word, by which wrong codes are counted


class TickRow(NamedTuple):
    """Somebody on the list: invited, there, or both. `stand_in` is what their reply says of who comes instead,
    `came_instead` who did; `substitute_for` in whose place this person came or is invited.
    """

    member_id: int | None
    name: str
    organisation: str
    answer: Answer | None
    answer_mode: Mode | None
    is_invited: bool
    attendance_id: int | None
    presence: Presence | None
    mode: Mode | None
    is_walk_in: bool
    is_observer: bool
    substitute_for: str | None
    came_instead: str | None
    stand_in: str | None

    @property
    def key(self) -> str:
        """What the row is called in its page and in what is posted."""
        return f"m{self.member_id}" if self.member_id else f"a{self.attendance_id}"

    @property
    def mark(self) -> str:
        """ "In person"; "" when nothing is marked."""
        return marking.in_words(self.presence, self.mode)

    @property
    def said(self) -> str:
        """ "Said yes, online"; what is expected of them."""
        if not self.is_invited:
            return "Not invited"
        if self.answer is None:
            return "No answer"
        return f"Said {rules.answer_in_words(self.answer, self.answer_mode).lower()}"

    @property
    def has_badge(self) -> bool:
        """Is there or is expected in the room, or somebody comes instead; who may come gets one at the desk."""
        return not self.is_online and bool(self.mark or self.stand_in or self.answer is Answer.YES)

    @property
    def is_online(self) -> bool:
        return (self.mode or self.answer_mode) is Mode.ONLINE


class Counts(NamedTuple):
    """How a meeting was attended, in numbers of people. `present` holds substitutes, walk-ins and observers too;
    `no_shows` said yes, were not there, sent no apologies and nobody in their place.
    """

    in_person: int
    online: int
    substitutes: int
    walk_ins: int
    observers: int
    apologies: int
    absent: int
    organisations: int
    expected: int
    no_shows: int
    no_answer: int
    said_no: int  # said no, and are not marked with apologies or as there

    @property
    def present(self) -> int:
        return self.in_person + self.online


def is_coming() -> sa.ColumnElement[bool]:
    """Whose invitation says yes, and who has a place where places are limited: who waits for one is not expected."""
    return sa.and_(Invitation.answer == Answer.YES, Invitation.place.is_(None) | (Invitation.place == Place.TAKEN))


def people(meeting: Meeting, *, text: str = "", key: str | None = None) -> Page[TickRow]:
    """The people invited, by organisation and name; 200 a page. `text`: a part of a name or organisation. One statement."""
    organisation = sa.func.coalesce(Organisation.name, "")
    wanted = _invited(meeting).where(Invitation.removed_at.is_(None))
    if text:
        wanted = wanted.where(
            Member.name.icontains(text, autoescape=True) | organisation.icontains(text, autoescape=True)
        )
    return page(wanted, [organisation, Member.name, Member.id], key, AT_ONCE, AT_ONCE).of(TickRow._make)


def expected(meeting: Meeting) -> list[TickRow]:
    """Who is to be on the sign-in sheet, by name: said yes or maybe, or named somebody to come instead. One statement.

    Nobody who waits for a place, or has sent apologies meanwhile.
    """
    wanted = _invited(meeting).where(
        Invitation.removed_at.is_(None),
        is_coming() | (Invitation.answer == Answer.MAYBE) | (_stand_in() != ""),
        Attendance.presence.is_(None) | (Attendance.presence == Presence.PRESENT),
    )
    return [TickRow._make(row) for row in db.session.execute(wanted.order_by(Member.name, Member.id))]


def others(meeting: Meeting, text: str = "") -> list[TickRow]:
    """Who is on the list without an invitation that stands: walk-ins, substitutes, observers; by name. One statement."""
    wanted = _recorded(meeting).where(~_is_invited(meeting))
    if text:
        wanted = wanted.where(
            Attendance.name.icontains(text, autoescape=True) | Attendance.organisation.icontains(text, autoescape=True)
        )
    return [TickRow._make(row) for row in db.session.execute(wanted.order_by(Attendance.name, Attendance.id))]


def everybody(meeting: Meeting) -> list[TickRow]:
    """Everybody who was invited or is on the list, for the file of it. Two statements."""
    wanted = _invited(meeting).where(Invitation.removed_at.is_(None))
    ordered = wanted.order_by(sa.func.coalesce(Organisation.name, ""), Member.name, Member.id)
    return [TickRow._make(row) for row in db.session.execute(ordered)] + others(meeting)


def row(meeting: Meeting, key: str) -> TickRow | None:
    """One person's row by its `key`; None when there is no such person on the list any more. One statement."""
    number = int(key[1:])
    if key.startswith("a"):
        found = db.session.execute(_recorded(meeting).where(Attendance.id == number)).first()
        return TickRow._make(found) if found else None
    invited = _invited(meeting).where(Member.id == number, Invitation.removed_at.is_(None))
    found = db.session.execute(invited).first()
    if found is None:
        found = db.session.execute(_recorded(meeting).where(Attendance.member_id == number)).first()
    return TickRow._make(found) if found else None


def _invited(meeting: Meeting) -> Any:
    stood_for, instead = aliased(Member), aliased(Attendance)
    came_instead = (
        sa.select(sa.func.min(instead.name))
        .where(instead.meeting_id == meeting.id, instead.substitute_for_id == Member.id)
        .where(instead.presence == Presence.PRESENT)
        .correlate(Member)
        .scalar_subquery()
    )
    return (
        sa.select(
            Member.id,
            sa.func.coalesce(Attendance.name, Member.name),
            sa.func.coalesce(Attendance.organisation, Organisation.name, ""),
            Invitation.answer,
            Invitation.mode,
            sa.true(),
            Attendance.id,
            Attendance.presence,
            Attendance.mode,
            sa.func.coalesce(Attendance.is_walk_in, sa.false()),
            sa.func.coalesce(Attendance.is_observer, sa.false()),
            stood_for.name,
            came_instead,
            _stand_in(),
        )
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Member.organisation)
        .outerjoin(Attendance, (Attendance.meeting_id == meeting.id) & (Attendance.member_id == Member.id))
        .outerjoin(
            stood_for, stood_for.id == sa.func.coalesce(Attendance.substitute_for_id, Invitation.stands_in_for_id)
        )
        .where(Invitation.meeting_id == meeting.id)
    )


def _stand_in() -> sa.ScalarSelect[str]:
    """Who the newest answer says comes instead; "" when nobody."""
    reply = aliased(InvitationReply)
    newest = sa.select(reply.stand_in).where(reply.invitation_id == Invitation.id)
    return newest.order_by(reply.id.desc()).limit(1).correlate(Invitation).scalar_subquery()


def _recorded(meeting: Meeting) -> Any:
    stood_for = aliased(Member)
    return (
        sa.select(
            Attendance.member_id,
            Attendance.name,
            Attendance.organisation,
            sa.literal(None, Invitation.answer.type),
            sa.literal(None, Invitation.mode.type),
            sa.false(),
            Attendance.id,
            Attendance.presence,
            Attendance.mode,
            Attendance.is_walk_in,
            Attendance.is_observer,
            stood_for.name,
            sa.null(),
            sa.null(),
        )
        .outerjoin(stood_for, stood_for.id == Attendance.substitute_for_id)
        .where(Attendance.meeting_id == meeting.id)
    )


def _is_invited(meeting: Meeting) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Invitation.meeting_id == meeting.id,
        Invitation.member_id == Attendance.member_id,
        Invitation.removed_at.is_(None),
    )


def counts(meeting: Meeting) -> Counts:
    """The list in figures. Two statements."""

    def number(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count(sa.case((sa.and_(*conditions), 1)))

    there = Attendance.presence == Presence.PRESENT
    listed = sa.select(
        number(there, Attendance.mode == Mode.IN_PERSON),
        number(there, Attendance.mode == Mode.ONLINE),
        number(there, Attendance.substitute_for_id.is_not(None)),
        number(there, Attendance.is_walk_in.is_(True)),
        number(there, Attendance.is_observer.is_(True)),
        number(Attendance.presence == Presence.APOLOGIES),
        number(Attendance.presence == Presence.ABSENT),
        sa.func.count(sa.distinct(sa.case((there, sa.func.nullif(Attendance.organisation, ""))))),
    ).where(Attendance.meeting_id == meeting.id)
    instead, answer = aliased(Attendance), Invitation.answer
    was_stood_in_for = sa.exists().where(
        instead.meeting_id == meeting.id,
        instead.substitute_for_id == Invitation.member_id,
        instead.presence == Presence.PRESENT,
    )
    is_away = Attendance.presence.is_(None) | (Attendance.presence == Presence.ABSENT)
    asked = (
        sa.select(
            number(is_coming()),
            number(is_coming(), is_away, ~was_stood_in_for),
            number(answer.is_(None)),
            number(answer == Answer.NO, Attendance.presence.is_(None)),
        )
        .select_from(Invitation)
        .outerjoin(
            Attendance,
            (Attendance.meeting_id == Invitation.meeting_id) & (Attendance.member_id == Invitation.member_id),
        )
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None))
    )
    return Counts(*db.session.execute(listed).one(), *db.session.execute(asked).one())


def organisations_present(meeting: Meeting) -> list[str]:
    """The names of the organisations that were there, by name. One statement."""
    wanted = sa.select(Attendance.organisation).where(
        Attendance.meeting_id == meeting.id, Attendance.presence == Presence.PRESENT, Attendance.organisation != ""
    )
    return list(db.session.scalars(wanted.distinct().order_by(Attendance.organisation)))


class FoundRow(NamedTuple):
    """A member found by a part of the name."""

    id: int
    name: str
    organisation: str
    is_invited: bool


def found(meeting: Meeting, text: str, size: int = 10) -> list[FoundRow]:
    """Active members with this in their name, those invited first. One statement; none for less than two letters."""
    if len(text) < 2:
        return []
    is_invited = sa.exists().where(
        Invitation.meeting_id == meeting.id, Invitation.member_id == Member.id, Invitation.removed_at.is_(None)
    )
    wanted = (
        sa.select(Member.id, Member.name, sa.func.coalesce(Organisation.name, ""), is_invited)
        .outerjoin(Member.organisation)
        .where(Member.standing != Standing.LEFT, Member.name.icontains(text, autoescape=True))
        .order_by(sa.case((is_invited, 0), else_=1), Member.name, Member.id)
    )
    return [FoundRow._make(row) for row in db.session.execute(wanted.limit(size))]


def member(number: int) -> Member:
    """The member with this number, who has not left, with the organisation. Raises NotFound."""
    wanted = sa.select(Member).where(Member.id == number, Member.standing != Standing.LEFT)
    there = db.session.scalar(wanted.options(joinedload(Member.organisation)))
    if there is None:
        raise NotFound("There is no member with this number.")
    return there


def entry(meeting: Meeting, number: int) -> Attendance | None:
    """The line of the list with this number."""
    return db.session.scalar(sa.select(Attendance).where(Attendance.id == number, Attendance.meeting_id == meeting.id))


def by_code(code: str) -> Meeting | None:
    """The open meeting with this check-in code."""
    if not code:
        return None
    return db.session.scalar(sa.select(Meeting).where(Meeting.check_in_code == code, Meeting.stage == Stage.OPEN))


def wrong_codes(person: Member, since: datetime) -> int:
    """How many wrong codes this person has entered since then. One statement."""
    wanted = sa.select(sa.func.count()).where(
        HistoryLine.thing_kind == "member",
        HistoryLine.thing_id == person.id,
        HistoryLine.verb == WRONG,
        HistoryLine.at >= since,
    )
    return db.session.scalar(wanted) or 0


def hosted_today(person: Member) -> list[Meeting]:
    """Open meetings that this person hosts today. One statement."""
    begins = clock.midnight(clock.today())
    wanted = sa.select(Meeting).where(
        Meeting.host_id == person.id,
        Meeting.stage == Stage.OPEN,
        Meeting.ends_at >= begins,
        Meeting.starts_at < begins + timedelta(days=1),
    )
    return list(db.session.scalars(wanted.order_by(Meeting.starts_at)))
