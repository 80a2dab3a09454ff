"""What can go wrong, in words a person can act on."""

from __future__ import annotations


class ForumError(Exception):
    """A refusal meant for the person who asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ForumError):
    """There is no such thing, or this person may not know of it."""

    def __init__(self, message: str = "There is nothing here, or you do not have access to it.") -> None:
        super().__init__(message)


class NotAllowed(ForumError):
    """This person may know of the thing, but may not do this with it."""


class Rejected(ForumError):
    """What was asked cannot be done as it stands; `field` names the form field to put right."""

    place = ""  # the id of what the page shows beside the form to put it right, where that is no field

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
