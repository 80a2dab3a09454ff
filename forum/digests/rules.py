"""When a digest is due, and how its threads are put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import NamedTuple

from forum.feedback.queries.mailing import PostNews
from forum.members.models import Notify

AT = time(7)  # by the clock in London
SETTLING = timedelta(minutes=2)  # a post that is being written at 7am is there, or will be in the next digest
FARTHEST = timedelta(days=31)  # back, when the worker was away for long
MOST_THREADS = 20
MOST_POSTS = 5  # of one thread
LONGEST = 600  # characters of a post
OTHERS = "Not about one theme"
_PERIODS = {Notify.DAILY: timedelta(days=1), Notify.WEEKLY: timedelta(days=7)}


def last_due(now: datetime, notify: Notify, weekday: int) -> datetime:
    """The latest moment at which a digest of this kind was due, `now` being as people in London read it; `weekday` (0:
    Monday) matters to a weekly one."""
    settled = now - SETTLING
    is_weekly = notify is Notify.WEEKLY
    day = settled.date() - timedelta(days=(settled.weekday() - weekday) % 7 if is_weekly else 0)
    due = datetime.combine(day, AT, now.tzinfo)
    return due if due <= settled else datetime.combine(day - timedelta(days=7 if is_weekly else 1), AT, now.tzinfo)


def begins(digested_until: datetime | None, due: datetime, notify: Notify) -> datetime:
    """The moment after which posts belong into the digest due then: a worker that was away sends one for all the time."""
    return max(digested_until or due - _PERIODS[notify], due - FARTHEST)


class ThreadNews(NamedTuple):
    """A thread in a digest: its new posts, the newest first, and how many more there are."""

    theme: str
    posts: list[PostNews]
    more: int

    @property
    def first(self) -> PostNews:
        return self.posts[0]


class Section(NamedTuple):
    theme: str
    threads: list[ThreadNews]


def grouped(threads: Iterable[ThreadNews]) -> list[Section]:
    """By theme, the theme with the newest post first; within it as they come, which is the newest first."""
    sections: dict[str, Section] = {}
    for thread in threads:
        sections.setdefault(thread.theme, Section(thread.theme, [])).threads.append(thread)
    return list(sections.values())


def shortened(words: str) -> str:
    """The words of a post, cut after a word at about 600 characters."""
    if len(words) <= LONGEST:
        return words
    cut = words[:LONGEST].rsplit(None, 1)[0] if " " in words[:LONGEST] else words[:LONGEST]
    return f"{cut} …"
