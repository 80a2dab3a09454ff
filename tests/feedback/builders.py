"""Threads and replies with usual details, made by the commands themselves."""

from __future__ import annotations

from itertools import count
from typing import Any

from forum.base.db import transaction
from forum.feedback import commands
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.members.models import Member

_numbers = count(1)


def thread(poster: Member | None, title: str = "", /, **details: Any) -> Feedback:
    """A thread of theirs, attributed to their organisation."""
    usual: dict[str, Any] = {
        "kind": FeedbackKind.CHALLENGE,
        "title": title or f"Thread {next(_numbers)}",
        "happening": "Referrals come back unopened.",
        "attribution": Attribution.ORGANISATION,
    }
    with transaction():
        return commands.post(poster, **(usual | details))


def reply(poster: Member | None, feedback: Feedback, body: str = "We see the same.", /, **details: Any) -> Reply:
    with transaction():
        return commands.reply(poster, feedback.id, body, **({"attribution": Attribution.ORGANISATION} | details))
