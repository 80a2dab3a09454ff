"""What goes with an answer: by what means the secretariat heard it, and who comes instead."""

from __future__ import annotations

from forum.base.errors import NotFound, Rejected
from forum.meetings.models import Answer, Invitation
from forum.meetings.rules import may_schedule
from forum.members.models import Member

SAID_BY = {"phone": "By phone", "email": "By email", "post": "By post", "in person": "In person"}


def stand_in(name: str, email: str = "") -> str:
    """Who comes instead, as one line: "Bryn Heron <bryn@example.example>"."""
    return f"{name} <{email}>" if name and email else name or email


def check_stand_in(answer: Answer, words: str) -> None:
    """Somebody comes instead of a person only when that person does not come."""
    if words and answer is not Answer.NO:
        raise Rejected(
            "You named somebody who comes instead of you. Select “No”, or take the name out", "stand_in_name"
        )


def check_said_by(said_by: str) -> None:
    if said_by and said_by not in SAID_BY:
        raise Rejected("Select how you were told", "said_by")


def check_speaker(actor: Member, invitation: Invitation) -> None:
    """A person speaks for themselves, the secretariat for anybody."""
    if invitation.member_id != actor.id and not may_schedule(actor):
        raise NotFound
