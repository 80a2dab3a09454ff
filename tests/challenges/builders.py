"""Threads, replies and challenges with usual details."""

from __future__ import annotations

from typing import Any

from forum.base.db import transaction
from forum.challenges import commands
from forum.challenges.models import Challenge
from forum.feedback import commands as feedback
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.members.models import Member
from forum.reference.models import Marking
from tests import builders

SAID = "We wait nine weeks for a first appointment. Nobody tells the family why."


def thread(author: Member, happening: str = SAID, **more: Any) -> Feedback:
    details: dict[str, Any] = {
        "kind": FeedbackKind.CHALLENGE,
        "title": "Referrals come back unopened",
        "attribution": Attribution.NAMED,
        "priority_id": builders.priority().id,
        "theme_ids": [builders.theme().id],
        "marking": Marking.OFFICIAL,
    }
    with transaction():
        return feedback.post(author, happening=happening, **(details | more))


def reply(author: Member, to: Feedback, body: str, attribution: Attribution = Attribution.NAMED) -> Reply:
    with transaction():
        return feedback.reply(author, to.id, body, attribution=attribution)


def challenge(secretary: Member, *passages: tuple[Any, ...], **more: Any) -> Challenge:
    """A challenge raised by the secretary; a passage is (feedback, words) or (feedback, words, reply)."""
    details: dict[str, Any] = {
        "title": "Long waits for mental health support",
        "description": "Young people wait for months.",
        "prevalence": 4,
        "impact": 5,
        "priority_id": builders.priority().id,
        "theme_ids": [builders.theme().id],
    }
    with transaction():
        made = commands.open(secretary, **(details | more))
        for passage in passages:
            commands.cite(secretary, made, *passage)
    return made
