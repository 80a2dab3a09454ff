"""Whom an operator acts as: the address given with `--as`."""

from __future__ import annotations

from forum.base.errors import NotFound
from forum.members import queries
from forum.members.models import Member


def active_member(email: str) -> Member:
    """The member with this address. Raises NotFound when there is none, or they are not active."""
    member = queries.by_email(email)
    if member is None or not member.is_active:
        raise NotFound(f"There is no active member with the address {email}. Give the address of one with --as.")
    return member
