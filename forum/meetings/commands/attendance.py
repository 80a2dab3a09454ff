"""Keeping the list of who was there. Two people may tick at once: every mark says what is so, and the last one stands."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock, history
from forum.base.db import db
from forum.meetings import queries as meetings
from forum.meetings.models import Answer, Attendance, AttendanceSource, Invitation, Meeting, Mode, Presence
from forum.meetings.queries import attendance as queries
from forum.meetings.rules import attendance as rules
from forum.meetings.rules.attendance import Mark
from forum.members.models import Member, Organisation


def mark(
    actor: Member,
    meeting: Meeting,
    member: Member,
    how: Mark,
    *,
    is_observer: bool = False,
    at: datetime | None = None,
) -> None:
    """Mark a member (with the organisation loaded) as there, with apologies, or absent; again, or otherwise, at will.

    Somebody who is there without an invitation is a walk-in. `at`: when, for what is recorded afterwards.
    """
    rules.check_marking(actor, meeting, how, clock.now())
    is_invited = meetings.invitation_of(member, meeting) is not None
    _put(actor, meeting, member, how, is_walk_in=not is_invited, is_observer=is_observer, at=at)
    history.note(actor, "marked", meeting, about=member, how=how.sent)


def stand_in(
    actor: Member, meeting: Meeting, member: Member, stands_in_for: Member, how: Mark, *, at: datetime | None = None
) -> None:
    """Mark a member as there in the place of another."""
    rules.check_marking(actor, meeting, how, clock.now())
    rules.check_stand_in(member, stands_in_for)
    _put(actor, meeting, member, how, substitute_for_id=stands_in_for.id, at=at)
    history.note(actor, "marked as a substitute", meeting, about=member, instead_of=stands_in_for.id)


def add_visitor(
    actor: Member,
    meeting: Meeting,
    name: str,
    organisation: str,
    how: Mark,
    *,
    stands_in_for: Member | None = None,
    is_observer: bool = False,
    form_key: str | None = None,
    at: datetime | None = None,
) -> None:
    """Mark somebody as there who is not a member. The same form sent again adds nobody; nor does the same stand-in.

    Whoever comes for a member is of the member's organisation when no other is given.
    """
    rules.check_marking(actor, meeting, how, clock.now())
    organisation = organisation or (stands_in_for.organisation_name if stands_in_for else "")
    rules.check_visitor(name, organisation)
    if stands_in_for is not None and _came_already(meeting, name, stands_in_for):
        return
    written = db.session.execute(
        _insert()
        .values(
            meeting_id=meeting.id,
            name=name[:200],
            organisation=organisation[:200],
            organisation_id=_organisation_id(organisation, stands_in_for),
            presence=how.presence,
            mode=how.mode,
            is_walk_in=stands_in_for is None,
            is_observer=is_observer,
            substitute_for_id=stands_in_for.id if stands_in_for else None,
            source=AttendanceSource.LIST,
            recorded_at=at or clock.now(),
            recorded_by_id=actor.id,
            form_key=form_key or None,
        )
        .on_conflict_do_nothing()
        .returning(Attendance.id)
    ).first()
    if written:
        history.note(actor, "added to the attendance", meeting, is_substitute=stands_in_for is not None)


def clear(actor: Member, meeting: Meeting, member: Member) -> None:
    """Take a member's mark back: nothing is known of them again."""
    _clear(actor, meeting, Attendance.member_id == member.id)


def remove_visitor(actor: Member, meeting: Meeting, number: int) -> None:
    """Take a line off the list: somebody who was added to it by mistake."""
    _clear(actor, meeting, Attendance.id == number)


def _clear(actor: Member, meeting: Meeting, which: sa.ColumnElement[bool]) -> None:
    rules.check_keeping(actor, meeting)
    gone = sa.delete(Attendance).where(Attendance.meeting_id == meeting.id, which).returning(Attendance.name)
    if db.session.execute(gone, execution_options={"synchronize_session": False}).first():
        history.note(actor, "took back a mark", meeting)


def take_over_apologies(actor: Member, meeting: Meeting) -> int:
    """Mark everybody who answered no, and is not marked, with apologies; how many that were."""
    rules.check_keeping(actor, meeting)
    common = _common(actor, meeting, rules.APOLOGIES, None)
    said_no = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            Organisation.id,
            *(sa.literal(value, Attendance.__table__.c[name].type) for name, value in common.items()),
        )
        .join(Invitation, Invitation.member_id == Member.id)
        .outerjoin(Member.organisation)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None), Invitation.answer == Answer.NO)
        .order_by(Member.id)
    )
    columns = ["member_id", "name", "organisation", "organisation_id", *common]
    written = _insert().from_select(columns, said_no).on_conflict_do_nothing().returning(Attendance.id)
    count = len(db.session.execute(written).all())
    if count:
        history.note(actor, "took over the apologies", meeting, people=count)
    return count


# --- checking in ------------------------------------------------------------------------------------------------------


def make_code(actor: Member, meeting: Meeting) -> str:
    """Give the meeting a check-in code; another one ends the one before."""
    rules.check_keeping(actor, meeting)
    code = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
    while queries.by_code(code) is not None:  # one in a million
        code = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
    meeting.check_in_code = code
    history.note(actor, "made a check-in code", meeting)
    return code


def check_in(actor: Member, typed: str, mode: Mode) -> Meeting | None:
    """Mark oneself as there by the code shown in the room; None when the code is none, which is counted.

    Who is not invited is a walk-in. Raises Rejected after too many wrong codes, and before and after the meeting.
    """
    now = clock.now()
    rules.check_tries(queries.wrong_codes(actor, now - rules.WRONG_CODES_WITHIN))
    meeting = queries.by_code(rules.plain_code(typed))
    if meeting is None:
        history.note(actor, queries.WRONG, actor)
        return None
    rules.check_checking_in(actor, meeting, clock.show_moment(rules.check_in_opens(meeting)), now)
    ways = rules.present_marks(meeting.mode)
    how = next((way for way in ways if way.mode is mode), ways[0])
    is_invited = meetings.invitation_of(actor, meeting) is not None
    person = queries.member(actor.id)
    _put(actor, meeting, person, how, is_walk_in=not is_invited, source=AttendanceSource.CODE)
    history.note(actor, "checked in", meeting)
    return meeting


# --- writing ----------------------------------------------------------------------------------------------------------


def _put(
    actor: Member, meeting: Meeting, member: Member, how: Mark, *, at: datetime | None = None, **more: Any
) -> None:
    """The member's line as it is now, whether there was one or not. A substitute stays one when the mode changes."""
    values = _common(actor, meeting, how, at) | {
        "member_id": member.id,
        "name": member.name,
        "organisation": member.organisation_name,
        "organisation_id": member.organisation_id,
        **more,
    }
    changing = {
        "presence",
        "mode",
        "source",
        "recorded_at",
        "recorded_by_id",
        *(name for name, on in more.items() if on),
    }
    written = _insert().values(values)
    db.session.execute(
        written.on_conflict_do_update(
            index_elements=[Attendance.meeting_id, Attendance.member_id],
            set_={name: written.excluded[name] for name in changing},
        )
    )


def _common(actor: Member, meeting: Meeting, how: Mark, at: datetime | None) -> dict[str, Any]:
    return {
        "meeting_id": meeting.id,
        "presence": how.presence,
        "mode": how.mode,
        "is_walk_in": False,
        "is_observer": False,
        "substitute_for_id": None,
        "source": AttendanceSource.LIST,
        "recorded_at": at or clock.now(),
        "recorded_by_id": actor.id,
    }


def _insert() -> Any:
    """INSERT … ON CONFLICT, in the words of either database."""
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Attendance)
    return sqlite.insert(Attendance)


def _came_already(meeting: Meeting, name: str, stands_in_for: Member) -> bool:
    same = sa.exists().where(
        Attendance.meeting_id == meeting.id,
        Attendance.substitute_for_id == stands_in_for.id,
        sa.func.lower(Attendance.name) == name.lower(),
        Attendance.presence == Presence.PRESENT,
    )
    return bool(db.session.scalar(sa.select(same)))


def _organisation_id(name: str, stands_in_for: Member | None) -> int | None:
    """The organisation of this name, when it is one of the Forum's."""
    if stands_in_for is not None and name == stands_in_for.organisation_name:
        return stands_in_for.organisation_id
    same = sa.select(Organisation.id).where(sa.func.lower(Organisation.name) == name.lower())
    return db.session.scalar(same.order_by(Organisation.id).limit(1))
