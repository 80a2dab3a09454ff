"""Who makes summaries, of what, and what a published one may tell.

Small counts identify people: a table that leaves the Forum shows none below five, nor lets one be worked out.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Attribution
from forum.feedback.rules import attributed
from forum.members.models import Member

SMALLEST = 5  # people who must share what is told of one of them; the smallest count that is published
MOST_QUOTES = 4  # a theme
FEWER, NOT_SHOWN = "fewer than 5", "not shown"
YEARS = range(1900, 2101)

CROSS_CUTTING = 0  # instead of a priority's id

# Count words and the percentage of contributions from which they are used; "most" needs more than its own.
COUNT_WORDS = (("most", 50), ("many", 30), ("some", 10), ("a few", 0))


class Scope(NamedTuple):
    """Which contributions a summary is of: ids of theme and priority (None: all), first and last day in London."""

    theme_id: int | None = None
    priority_id: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    takes_sensitive: bool = False


# --- who, and of what ------------------------------------------------------------------------------------------------


def may_make(actor: Member) -> bool:
    return actor.is_official


def check_maker(actor: Member) -> None:
    if not may_make(actor):
        raise NotAllowed("Only officials and the secretariat make summaries.")


def check_title(title: str) -> None:
    if len(title) > 200:
        raise Rejected("The title must be 200 characters or fewer.", field="title")


def check_period(from_on: date | None, to_on: date | None) -> None:
    for day, field in ((from_on, "from_on"), (to_on, "to_on")):
        if day is not None and day.year not in YEARS:
            raise Rejected(f"The year must be between {YEARS[0]} and {YEARS[-1]}.", field=field)
    if from_on and to_on and to_on < from_on:
        raise Rejected("The last day must be the same as or after the first day.", field="to_on")


def check_circulation(is_for_publication: bool, takes_sensitive: bool) -> None:
    if is_for_publication and takes_sensitive:
        raise Rejected(
            "A summary for publication cannot take OFFICIAL-SENSITIVE contributions. Leave them out, or make it for the "
            "programme.",
            field="takes_sensitive",
        )


def check_quotes(quotes: int) -> None:
    if not 0 <= quotes <= MOST_QUOTES:
        raise Rejected(f"Quotes on each theme must be between 0 and {MOST_QUOTES}.", field="quotes")


def check_not_empty(contributions: int) -> None:
    if not contributions:
        raise Rejected("No contributions fall in this. Choose another theme or priority, or a longer period.")


# --- words -----------------------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> str:
    """The word for so many of so many: most (over half), many (30% to half), some (10% to 30%), a few."""
    return next(
        word
        for word, percent in COUNT_WORDS
        if part * 100 > percent * whole or (part * 100 == percent * whole and word != "most")
    )


def seal(content: Mapping[str, Any]) -> str:
    """The SHA-256 of what a summary says."""
    return hashlib.sha256(written(content).encode()).hexdigest()


def written(content: Mapping[str, Any]) -> str:
    """What a summary says, as JSON that is the same however it was stored."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)


# --- who said it -----------------------------------------------------------------------------------------------------


class Crowd(NamedTuple):
    """How many members share a sector, and a sector and region."""

    sectors: Counter[str]
    pairs: Counter[tuple[str, str]]

    def hides(self, sector: str, region: str) -> bool:
        """Whether nobody can be told by their sector and region alone."""
        return self.pairs[sector, region] >= SMALLEST


class Speaker(NamedTuple):
    """Who said something. Empty words are not known; sector and region are the organisation's."""

    attribution: Attribution
    name: str
    organisation: str
    sector: str
    region: str
    is_member: bool


def told(speaker: Speaker, crowd: Crowd) -> str:
    """Who said it, in a summary: never more than they allowed, nor than five people share.

    Named: name and organisation. Organisation only: its sector, and its region where at least five members share both.
    """
    shared = speaker.region if crowd.hides(speaker.sector, speaker.region) else ""
    by = speaker.organisation
    if speaker.attribution is Attribution.ORGANISATION:
        by = ", ".join(filter(None, (speaker.sector, shared)))
    return attributed(speaker.attribution, speaker.name, by, is_member=speaker.is_member)


def told_outside(speaker: Speaker, sectors: Collection[str]) -> str:
    """Who said it, outside the Forum: nobody is named there, and only sectors whose counts are published are given.

    Quotes by sector could otherwise be counted, and would tell what the table hides.
    """
    by = speaker.sector if speaker.sector in sectors else ""
    hidden = Attribution.UNATTRIBUTED if speaker.attribution is Attribution.UNATTRIBUTED else Attribution.ORGANISATION
    return attributed(hidden, "", by, is_member=speaker.is_member)


def placed(speaker: Speaker, region: str, area: str, crowd: Crowd) -> tuple[str, str, str]:
    """Sector, region and area of a contribution, as a list of contributions may tell them.

    An unattributed one tells what at least five members share: sector and region, or the sector alone, or nothing.
    """
    if speaker.attribution is not Attribution.UNATTRIBUTED:
        return speaker.sector, region, area
    if crowd.hides(speaker.sector, speaker.region):
        return speaker.sector, speaker.region, ""
    return (speaker.sector if crowd.sectors[speaker.sector] >= SMALLEST else ""), "", ""


# --- small counts ----------------------------------------------------------------------------------------------------


def published(counts: Sequence[int]) -> list[int | str] | None:
    """The counts of a table as they may be published beside their total; None when the table must be left out.

    The rows must stand in an order that does not depend on their counts.

    Nobody may work a small count out, even knowing this rule. Counts below five are hidden ("fewer than 5"). Where
    their sum gives them away, the next larger count is hidden with them, with all its equals, and all of them read "not
    shown": any hidden count could then be any other, and they are not all the same. All zeros stand: they tell of nobody.
    """
    small = [count for count in counts if 0 < count < SMALLEST]
    if not small:
        return list(counts)
    if len(small) > 1 and len(small) < sum(small) < len(small) * (SMALLEST - 1):
        return [FEWER if 0 < count < SMALLEST else count for count in counts]
    larger = [count for count in counts if count >= SMALLEST]
    if not larger:
        return None
    return [NOT_SHOWN if 0 < count <= min(larger) else count for count in counts]
