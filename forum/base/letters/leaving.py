"""Lists: letters that come without being asked for each time, and how somebody leaves them with one press (RFC 8058)."""

from __future__ import annotations

from typing import TypedDict

from forum.base import links

MEETINGS = "meetings"  # reminders, papers, proposals; never invitations, updates and cancellations
FEEDBACK = "feedback"  # new posts, digests, answers; one press leaves all of it


class OfList(TypedDict):
    """Two fields of a letter that belongs to a list."""

    list_name: str
    unsubscribe_path: str


def leaving(list_name: str, member_id: int) -> OfList:
    """What a letter of this list to this member is written with: `write(..., **leaving(MEETINGS, member.id))`."""
    token = links.sign(_purpose(list_name), member_id)
    return {"list_name": list_name, "unsubscribe_path": f"/unsubscribe/{token}"}


def who_leaves(list_name: str, token: str) -> int | None:
    """The number of the member whose letter of this list carried the token; None when it is none of ours."""
    parts = links.read(_purpose(list_name), token, 1)
    return parts[0] if parts else None


def _purpose(list_name: str) -> str:
    return f"leave:{list_name}"
