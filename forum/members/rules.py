"""Who may do what with members, and when."""

from __future__ import annotations

from forum.base.errors import Rejected
from forum.members.models import Member

ATTEMPTS_BY_EMAIL = 10
ATTEMPTS_BY_ORIGIN = 100


def check_attempts(by_email: int, by_origin: int) -> None:
    """Slow down guessing. A whole office may share one network address, so that limit is the higher one."""
    if by_email >= ATTEMPTS_BY_EMAIL or by_origin >= ATTEMPTS_BY_ORIGIN:
        raise Rejected("There were too many attempts to sign in. Wait 15 minutes, or choose a new password.")


def may_see_addresses(actor: Member) -> bool:
    """E-mail addresses are for whoever runs the Forum."""
    return actor.runs_the_forum


def may_keep_members(actor: Member) -> bool:
    """Add, import and change members and organisations."""
    return actor.runs_the_forum
