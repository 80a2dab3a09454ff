"""Who hears of a post by email, and how soon."""

from __future__ import annotations

from collections.abc import Iterable

from forum.base.errors import Rejected
from forum.feedback.models import FollowLevel
from forum.members.models import Member, Notify

LEVELS = {
    FollowLevel.NONE: ("No emails", "Nothing about it, whatever else you follow"),
    FollowLevel.DIGEST: ("In your digest", "New posts are in the one email you get a day or a week"),
    FollowLevel.ALL: ("An email for each post", "Each new post comes with its text, within minutes"),
}
"""Each level as people choose it: its name, and what it means."""

RANKS = {FollowLevel.NONE: 0, FollowLevel.DIGEST: 1, FollowLevel.ALL: 2}


def level(own: FollowLevel | None, others: Iterable[FollowLevel] = ()) -> FollowLevel:
    """At which level somebody hears of a thread: the thread's own, when they chose one; else the highest of those its
    themes, its author's organisation and having written in it or said "same here" to it give them."""
    return own if own is not None else max(others, key=RANKS.__getitem__, default=FollowLevel.NONE)


def is_told_at_once(level: FollowLevel, notify: Notify) -> bool:
    """Whether a post of this level is a letter of its own. Who wants to be written to at once gets no digest."""
    if notify is Notify.NONE:
        return False
    return level is FollowLevel.ALL or (level is FollowLevel.DIGEST and notify is Notify.IMMEDIATE)


def what_comes(level: FollowLevel, notify: Notify) -> FollowLevel:
    """What somebody who chose how often to be written to gets of a thing followed at this level."""
    if notify is Notify.NONE:
        return FollowLevel.NONE
    return FollowLevel.ALL if is_told_at_once(level, notify) else level


def check_follower(actor: Member) -> None:
    if not actor.is_active:
        raise Rejected("Only active members of the Forum follow feedback.")
