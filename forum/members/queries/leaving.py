"""Who leaves a list by the link in one of its letters."""

from __future__ import annotations

from forum.base import letters
from forum.base.db import db
from forum.members.models import Member


def who_leaves(token: str) -> tuple[str, Member] | None:
    """The list and the member whose letter carried this link; None when it is none of ours. One statement."""
    for list_name in (letters.MEETINGS, letters.FEEDBACK):
        number = letters.who_leaves(list_name, token)
        if number is not None:
            member = db.session.get(Member, number)
            return (list_name, member) if member else None
    return None
