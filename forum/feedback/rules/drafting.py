"""What may be kept as a draft, and how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from forum.base.errors import Rejected

KEPT = timedelta(days=90)
LONGEST = 100_000  # characters of all fields together
_ABOUT = re.compile(r"feedback|reply:[1-9]\d{0,9}")


def check(about: str, fields: Mapping[str, list[str]]) -> None:
    if not _ABOUT.fullmatch(about):
        raise Rejected("This draft belongs to no form.")
    if sum(len(value) for values in fields.values() for value in values) > LONGEST:
        raise Rejected("This is too long to be kept as a draft. Post it in parts.")
