"""Who a meeting is for."""

from __future__ import annotations

from forum.base.errors import Rejected
from forum.meetings.models import AudienceKind, MeetingKind

FOR_EVERYONE = frozenset({MeetingKind.FORUM})  # every other kind of meeting is for those somebody has chosen
WORDS = {
    AudienceKind.EVERYONE: "Everyone",
    AudienceKind.THEME: "Interested in",
    AudienceKind.SECTOR: "Sector",
    AudienceKind.REGION: "Region",
    AudienceKind.FORCE: "Police force area",
    AudienceKind.GROUP: "Group",
    AudienceKind.MEMBER: "By name",
}


def check_choice(is_everyone: bool, chosen: int) -> None:
    if not is_everyone and not chosen:
        raise Rejected("Select whom to add: everyone, or at least one theme, sector, area, group or person")
