"""Reading what those invited know of a meeting, what they would have to be told, and what is about to go out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.letters import Kind
from forum.meetings.models import Invitation, MailingOrder, Meeting, Mode, Telling
from forum.members.models import Member, Standing

MODES = {Mode.IN_PERSON: "In person", Mode.ONLINE: "Online", Mode.HYBRID: "In person and online"}
ASKING = frozenset({"Date", "Time", "How"})  # an answer was for that time, and for that way of taking part

Said = dict[str, str]  # what a letter says about a meeting, by name


class Difference(NamedTuple):
    """Something people are told about that has changed."""

    name: str
    before: str
    after: str


class Change(NamedTuple):
    """What people who know the same of a meeting would be told: how many they are, how many of them answered."""

    people: int
    answered: int
    differences: list[Difference]
    asks_again: bool


def in_words(meeting: Meeting) -> Said:
    """What an invitation says about the meeting, by name."""
    zone = f" ({clock.london(meeting.starts_at):%Z})" if _is_in_repeated_hour(meeting.starts_at) else ""
    return {
        "Title": meeting.title,
        "Date": clock.show_day(meeting.starts_at),
        "Time": clock.show_times(meeting.starts_at, meeting.ends_at) + zone,
        "How": MODES[meeting.mode],
        "Place": "" if meeting.mode is Mode.ONLINE else meeting.place,
        "Joining link": meeting.online_link,
        "Description": "" if meeting.is_sensitive else meeting.description_as_text,
    }


def _is_in_repeated_hour(moment: datetime) -> bool:
    hour = timedelta(hours=1)
    return any(clock.london(moment).time() == clock.london(moment + shift).time() for shift in (-hour, hour))


def between(before: Said, after: Said) -> list[Difference]:
    """What is not the same in the two, in the order of a letter."""
    names = [*after, *(name for name in before if name not in after)]
    told = (Difference(name, before.get(name, ""), after.get(name, "")) for name in names)
    return [difference for difference in told if difference.before != difference.after]


def asks_again(differences: list[Difference]) -> bool:
    """Whether an answer given before these changes was for something else."""
    return any(difference.name in ASKING for difference in differences)


def known(meeting: Meeting) -> dict[int, Said]:
    """What letters said, by the version of the meeting that they told of. One statement."""
    wanted = sa.select(Telling.version, Telling.after).where(Telling.meeting_id == meeting.id).order_by(Telling.id)
    return {row.version: row.after for row in db.session.execute(wanted)}


def is_untold(meeting: Meeting) -> sa.ColumnElement[bool]:
    """Of an invitation and its member: whether they can be told of the newest change and were not."""
    return sa.and_(
        Invitation.meeting_id == meeting.id,
        Invitation.removed_at.is_(None),
        Invitation.sent_version < meeting.version,
        Member.email.is_not(None),
        Member.standing == Standing.ACTIVE,
    )


def untold(meeting: Meeting) -> int:
    """How many people can be told of the newest change and were not. One statement."""
    people = sa.select(sa.func.count()).select_from(Invitation).join(Member, Member.id == Invitation.member_id)
    return db.session.scalar(people.where(is_untold(meeting))) or 0


def changes(meeting: Meeting) -> list[Change]:
    """What would be told to whom if an update went out now: one entry for those who know the same. Two statements."""
    said, now = known(meeting), in_words(meeting)
    counted = (
        sa.select(
            Invitation.sent_version,
            sa.func.min(Invitation.sent_sequence),
            sa.func.count(),
            sa.func.count(Invitation.answer),
        )
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .where(is_untold(meeting))
        .group_by(Invitation.sent_version)
        .order_by(Invitation.sent_version)
    )
    found = []
    for version, sequence, people, answered in db.session.execute(counted):
        differences = between(said[version], now) if version in said else []
        is_asked = asks_again(differences) if version in said else sequence < meeting.ical_sequence
        if differences or version not in said:
            found.append(Change(people, answered, differences, is_asked))
    return found


def open_orders(meeting: Meeting, kind: Kind | None = None) -> list[MailingOrder]:
    """The orders to write about this meeting that are not carried out yet, the oldest first. One statement."""
    wanted = sa.select(MailingOrder).where(MailingOrder.meeting_id == meeting.id, MailingOrder.finished_at.is_(None))
    if kind is not None:
        wanted = wanted.where(MailingOrder.kind == kind)
    return list(db.session.scalars(wanted.order_by(MailingOrder.id)))


def order(meeting: Meeting, number: int) -> MailingOrder:
    """This order to write about this meeting. Raises NotFound."""
    found = db.session.scalar(
        sa.select(MailingOrder).where(MailingOrder.meeting_id == meeting.id, MailingOrder.id == number)
    )
    if found is None:
        raise NotFound("There is no such mailing.")
    return found


class ToldRow(NamedTuple):
    """What those invited were told, once. `by`: whose doing it was, by name."""

    told_at: datetime
    by: str
    differences: list[Difference]


def told(meeting: Meeting) -> list[ToldRow]:
    """What those invited were told of changes, the newest first. One statement."""
    wanted: sa.Select[Any] = (
        sa.select(Telling.told_at, sa.func.coalesce(Member.name, ""), Telling.before, Telling.after)
        .outerjoin(Member, Member.id == Telling.told_by_id)
        .where(Telling.meeting_id == meeting.id)
        .order_by(Telling.id.desc())
    )
    rows = (ToldRow(row[0], row[1], between(row[2], row[3])) for row in db.session.execute(wanted) if row[2])
    return [row for row in rows if row.differences]
