"""Reading calendars that are subscribed to, and events of others."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.paging import Page, page
from forum.meetings.models import Answer, CalendarFeed, Invitation, Meeting, OutsideEvent, Stage, meeting_theme
from forum.meetings.queries.meetings import readable_by
from forum.members.models import Member, Standing
from forum.reference.models import Theme

GOES_BACK = timedelta(days=365)  # a feed shows the meetings of the last year,
SHOWS_CANCELLED = timedelta(days=30)  # and for so long that one was cancelled


class FeedRow(NamedTuple):
    """An address somebody's calendar reads. `theme` is None where it has the person's own meetings."""

    id: int
    theme: str | None
    shows_declined: bool
    made_at: datetime


def feeds_of(member: Member) -> list[FeedRow]:
    """The feeds of this person that have not ended, the newest first. One statement."""
    wanted = (
        sa.select(CalendarFeed.id, Theme.title, CalendarFeed.shows_declined, CalendarFeed.made_at)
        .outerjoin(Theme, Theme.id == CalendarFeed.theme_id)
        .where(CalendarFeed.member_id == member.id, CalendarFeed.ended_at.is_(None))
        .order_by(CalendarFeed.id.desc())
    )
    return [FeedRow._make(row) for row in db.session.execute(wanted)]


def feed_of(member: Member, number: int) -> CalendarFeed:
    """This feed of this person's. Raises NotFound."""
    found = db.session.scalar(
        sa.select(CalendarFeed).where(
            CalendarFeed.id == number, CalendarFeed.member_id == member.id, CalendarFeed.ended_at.is_(None)
        )
    )
    if found is None:
        raise NotFound("This calendar address has ended already.")
    return found


def hashed(token: str) -> str:
    """What is stored of a feed's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Subscribed(NamedTuple):
    """A feed, whose it is, and the theme it has when it has one."""

    feed: CalendarFeed
    member: Member
    theme: str | None


def by_token(token: str) -> Subscribed | None:
    """The feed at this address, while it is in use and its person is an active member. One statement."""
    wanted = (
        sa.select(CalendarFeed, Member, Theme.title)
        .join(Member, Member.id == CalendarFeed.member_id)
        .outerjoin(Theme, Theme.id == CalendarFeed.theme_id)
        .where(CalendarFeed.token_hash == hashed(token), CalendarFeed.ended_at.is_(None))
        .where(Member.standing == Standing.ACTIVE)
    )
    row = db.session.execute(wanted).one_or_none()
    return Subscribed._make(row) if row else None


def subscribed(found: Subscribed) -> list[tuple[Meeting, Invitation | None]]:
    """The meetings of a feed with the person's invitation to each, by time. One statement.

    Their own: those they are invited to. Of a theme: those they may know of.
    """
    now, feed = clock.now(), found.feed
    mine = sa.and_(
        Invitation.meeting_id == Meeting.id, Invitation.member_id == found.member.id, Invitation.removed_at.is_(None)
    )
    is_current = sa.or_(
        Meeting.stage == Stage.OPEN,
        sa.and_(Meeting.stage == Stage.CANCELLED, Meeting.cancelled_at > now - SHOWS_CANCELLED),
    )
    wanted: Any = (
        sa.select(Meeting, Invitation)
        .outerjoin(Invitation, mine)
        .where(readable_by(found.member), is_current, Meeting.ends_at > now - GOES_BACK)
        .order_by(Meeting.starts_at, Meeting.id)
    )
    if feed.theme_id is None:
        wanted = wanted.where(Invitation.id.is_not(None))
    else:
        wanted = wanted.where(
            sa.exists().where(meeting_theme.c.meeting_id == Meeting.id, meeting_theme.c.theme_id == feed.theme_id)
        )
    if not feed.shows_declined:
        wanted = wanted.where(sa.or_(Invitation.answer.is_(None), Invitation.answer != Answer.NO))
    return [(row[0], row[1]) for row in db.session.execute(wanted)]


# --- events of others ------------------------------------------------------------------------------------------------


class OutsideRow(NamedTuple):
    """Something others hold."""

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    is_all_day: bool
    place: str
    url: str
    imported_at: datetime
    imported_by: str

    @property
    def last_moment(self) -> datetime:
        """A day ends at midnight, which belongs to the next day already."""
        return max(self.starts_at, self.ends_at - timedelta(seconds=1))


def _outside() -> Any:
    return sa.select(
        OutsideEvent.id,
        OutsideEvent.title,
        OutsideEvent.starts_at,
        OutsideEvent.ends_at,
        OutsideEvent.is_all_day,
        OutsideEvent.place,
        OutsideEvent.url,
        OutsideEvent.imported_at,
        Member.name,
    ).join(Member, Member.id == OutsideEvent.imported_by_id)


def outside(*, is_past: bool = False, key: str | None = None) -> Page[OutsideRow]:
    """Events of others that are still to come, the next first; or those that are over, the latest first."""
    ordered = [OutsideEvent.starts_at, OutsideEvent.id]
    wanted = _outside().where((OutsideEvent.ends_at < clock.now()) == is_past)
    found = page(wanted, [column.desc() for column in ordered] if is_past else ordered, key, size=50)
    return found.of(OutsideRow._make)


def event(number: int) -> OutsideEvent:
    """The event of others with this number. Raises NotFound."""
    found = db.session.get(OutsideEvent, number)
    if found is None:
        raise NotFound("This event has been removed already.")
    return found


def known_events(which: Collection[tuple[str, datetime]]) -> Sequence[OutsideEvent]:
    """Those of these events (UID and start) that were imported before. One statement."""
    uids = {uid for uid, _ in which}
    found = db.session.scalars(sa.select(OutsideEvent).where(OutsideEvent.uid.in_(uids)))
    return [event for event in found if (event.uid, event.starts_at) in which]
