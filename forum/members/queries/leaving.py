"""Who leaves a list by the link in one of its letters."""

from __future__ import annotations

from forum.base import letters
from forum.base.db import db
from forum.members.models import Member


def who_leaves(token: str) -> Member | None:
    """The member whose letter about meetings carried this link; None when it is none of ours. One statement."""
    number = letters.who_leaves(letters.MEETINGS, token)
    return None if number is None else db.session.get(Member, number)
