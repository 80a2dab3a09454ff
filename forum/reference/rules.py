"""Who keeps the lists, and what they must look like."""

from __future__ import annotations

from datetime import date

from forum.base.errors import NotAllowed, Rejected


def check_keeper(is_admin: bool) -> None:
    if not is_admin:
        raise NotAllowed("Only an administrator changes the lists and the standing pages.")


def check_validity(valid_from: date | None, valid_to: date | None) -> None:
    if valid_from and valid_to and valid_to < valid_from:
        raise Rejected("The last day must be the same as or after the first day.", field="valid_to")
