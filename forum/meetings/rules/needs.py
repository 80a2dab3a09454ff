"""Access and dietary needs: which there are words for, who reads them, how long they are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from forum.base.errors import Rejected
from forum.meetings.models import Meeting
from forum.members.models import Member, Role

ACCESS = {
    "interpreter": "British Sign Language interpreter",
    "captions": "Live captions",
    "hearing-loop": "Hearing loop",
    "large-print": "Large print",
    "step-free": "Step-free access",
    "parking": "Parking close to the entrance",
    "assistant": "A seat for somebody who supports me",
    "quiet-space": "A quiet place for breaks",
}
DIET = {
    "vegetarian": "Vegetarian food",
    "vegan": "Vegan food",
    "halal": "Halal food",
    "kosher": "Kosher food",
    "gluten-free": "Gluten-free food",
    "dairy-free": "Dairy-free food",
    "nut-free": "Food without nuts",
}
NEEDS = ACCESS | DIET
KEPT_FOR = timedelta(days=7)  # after the meeting, or after it was cancelled
LONGEST = 1_000  # characters of somebody's own words


class Needs(NamedTuple):
    """What somebody needs: words of NEEDS, and their own."""

    needs: tuple[str, ...] = ()
    words: str = ""


def may_read(actor: Member, meeting: Meeting) -> bool:
    """The secretariat and the host, nobody else: not the admin either, who only stands in for the secretariat's work."""
    return actor.role is Role.SECRETARIAT or meeting.host_id == actor.id


def check_telling(meeting: Meeting, wanted: Needs, now: datetime) -> None:
    if meeting.ends_at <= now:
        raise Rejected("This meeting is over, so there is nothing to arrange for it any more.", "words")
    if unknown(wanted.needs):
        raise Rejected("What was selected is no longer available. Select again", "access")
    if len(wanted.words) > LONGEST:
        raise Rejected(f"What you need must be {LONGEST:,} characters or fewer", "words")


def unknown(needs: Collection[str]) -> set[str]:
    return set(needs) - NEEDS.keys()
