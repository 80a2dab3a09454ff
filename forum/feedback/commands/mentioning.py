"""Calling members, organisations and sectors into a thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from forum.base.db import db
from forum.feedback.models import Mention
from forum.feedback.queries import mentioning
from forum.feedback.rules import mentioning as rules
from forum.feedback.rules.mentioning import Target
from forum.members.models import Member


def mark(parts: Mapping[str, str]) -> tuple[dict[str, str], list[Target]]:
    """The parts of a post (safe HTML) with their mentions as links, and who is called. One statement when there is an
    "@", else none."""
    if not any("@" in markup for markup in parts.values()):
        return dict(parts), []
    return rules.mark(parts, mentioning.names())


def check(actor: Member, called: list[Target], number: int | None, told: str | None) -> list[Target]:
    """Who of these is told of a post in this thread (None: of a new one for all). Raises ReachesMany. One statement when
    somebody is called, else none."""
    return rules.check_reach(mentioning.reach(actor, called, number), told)


def keep(number: int, reply_number: int | None, called: list[Target], at: datetime) -> None:
    """Store who is called by a post."""
    db.session.add_all(
        Mention(feedback_id=number, reply_id=reply_number, kind=one.kind, target_id=one.id, at=at) for one in called
    )


def change(
    actor: Member, number: int, reply_number: int | None, called: list[Target], told: str | None, at: datetime
) -> bool:
    """Store who is called by a post that was edited; whether somebody is who was not before. Only about these the author
    is asked."""
    before = {(one.kind, one.target_id): one for one in mentioning.of_post(number, reply_number)}
    new = check(actor, [one for one in called if (one.kind, one.id) not in before], number, told)
    kept = {(one.kind, one.id) for one in called}
    for key, mention in before.items():
        if key not in kept:
            db.session.delete(mention)
    keep(number, reply_number, new, at)
    return bool(new)
