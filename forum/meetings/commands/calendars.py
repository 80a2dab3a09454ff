"""Addresses that calendars subscribe to, and events of others that are taken over from files."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.calendar_files import OutsideDates
from forum.base.db import db
from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.models import CalendarFeed, OutsideEvent
from forum.meetings.queries import calendars as queries
from forum.members.models import Member

MOST_FEEDS = 10  # a person; more is a mistake, or a leak


def subscribe(actor: Member, *, theme_id: int | None = None, shows_declined: bool = True) -> str:
    """A new address for this person's own calendar; its token, which is nowhere kept and so never shown again."""
    if len(queries.feeds_of(actor)) >= MOST_FEEDS:
        raise Rejected(
            f"You have {MOST_FEEDS} calendar addresses. End one that you do not use before you make another."
        )
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        member_id=actor.id,
        theme_id=theme_id,
        token_hash=queries.hashed(token),
        shows_declined=shows_declined,
        made_at=clock.now(),
    )
    db.session.add(feed)
    db.session.flush()
    history.note(actor, "made a calendar address", feed)
    return token


def end_feed(actor: Member, feed: CalendarFeed) -> None:
    """From now on nothing can be read at this address."""
    feed.ended_at = clock.now()
    history.note(actor, "ended a calendar address", feed)


def renew_feed(actor: Member, feed: CalendarFeed) -> str:
    """The same calendar at a new address; the old one ends. The new token."""
    end_feed(actor, feed)
    db.session.flush()
    return subscribe(actor, theme_id=feed.theme_id, shows_declined=feed.shows_declined)


# --- events of others ------------------------------------------------------------------------------------------------


class Imported(NamedTuple):
    """How many events were new, and how many known ones were brought up to date."""

    added: int
    updated: int


def import_events(actor: Member, events: Iterable[OutsideDates]) -> Imported:
    """Take over these events of others; one that is known already (by UID and start) gets its newest details."""
    rules.check_scheduler(actor)
    wanted = {(event.uid, event.starts_at): event for event in events}
    known = {(event.uid, event.starts_at): event for event in queries.known_events(wanted.keys())}
    for which, event in wanted.items():
        kept = known.get(which) or OutsideEvent(uid=event.uid, starts_at=event.starts_at)
        kept.title, kept.ends_at, kept.is_all_day = event.title, event.ends_at, event.is_all_day
        kept.place, kept.url = event.place, event.url
        kept.imported_at, kept.imported_by_id = clock.now(), actor.id
        db.session.add(kept)
    history.note(actor, "imported events of others", actor, count=len(wanted))
    return Imported(len(wanted) - len(known), len(known))


def remove_event(actor: Member, event: OutsideEvent) -> None:
    """Take an event of others off the list again."""
    rules.check_scheduler(actor)
    history.note(actor, "removed an event of others", actor, title=event.title)
    db.session.execute(sa.delete(OutsideEvent).where(OutsideEvent.id == event.id))
