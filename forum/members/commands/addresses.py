"""Writing again to an address that letters came back from."""

from __future__ import annotations

from forum.base import history, letters
from forum.base.errors import Rejected
from forum.members import rules
from forum.members.models import Member


def lift(actor: Member, member: Member) -> None:
    """Send letters to this member's address again. Raises Rejected when they are not stopped."""
    rules.check_keeper(actor)
    if not member.email or not letters.lift(member.email):
        raise Rejected(f"Letters to {member.name} are not stopped.")
    history.note(actor, "lets letters go again to", member)
