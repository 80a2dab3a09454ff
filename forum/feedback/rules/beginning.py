"""The short way in: what somebody typed into one box becomes the beginning of a post."""

from __future__ import annotations

import re

from forum.base.errors import Rejected
from forum.feedback.models import Attribution

LONGEST_TITLE = 100  # characters of a title that is proposed


def title_of(words: str) -> str:
    """The first sentence, shortened at a word when it is long; its author may change it."""
    line = next((line for line in words.strip().split("\n") if line.strip()), "")
    first = " ".join(re.split(r"(?<=[.!?])\s", line.strip(), maxsplit=1)[0].split())
    if len(first) <= LONGEST_TITLE:
        return first.rstrip(".")
    return (
        first[:LONGEST_TITLE].rpartition(" ")[0].rstrip(",;:") + "…"
        if " " in first[:LONGEST_TITLE]
        else first[:99] + "…"
    )


def check_area(attribution: Attribution, force_id: int | None, own_id: int | None, said: bool) -> None:
    """An unattributed post about the author's own area may tell who they are, so it is asked once more."""
    if attribution is Attribution.UNATTRIBUTED and force_id is not None and force_id == own_id and not said:
        raise Rejected(
            "This area may tell who you are. Take it away, or post again to show it all the same.", field="force_id"
        )
