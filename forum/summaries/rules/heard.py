"""Who is heard less than the Forum at large, as far as figures can tell.

A sector or area is measured by its members: what they would post at the rate of the whole Forum, against what they posted.
It is called quiet when it posted less than half of that, and so little would come about by chance less than once in ten
times; for three members most differences are chance. Fewer than three members are said, and not rated: a figure would be
about one or two people.

What carries no name counts in the total alone. Any row it stood in, asked for day after day, would tell in which sector and
area its author sits, and both together tell who that is. An organisation that is told by its sector and region is in no
area for the same reason. So a row is measured by those of its members whose posts can be in it, and against such posts.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import NamedTuple

FEWEST = 3  # members that are rated
CHANCE = 0.1


class Standing(enum.Enum):
    """How a figure of a sector or area compares; the words as they are shown."""

    NOBODY = "No members"
    FEW = "Too few members to rate"
    QUIET = "Quiet"
    AS_THE_FORUM = "As the Forum"
    NOTHING = "Nothing to compare"


class Figure(NamedTuple):
    """How much there was, and how much there would be at the rate of the whole Forum."""

    number: int
    expected: float
    standing: Standing

    @property
    def is_quiet(self) -> bool:
        return self.standing is Standing.QUIET


class Row(NamedTuple):
    """A sector or an area. `asked` are places at meetings its people were invited to, `came.number` those they took."""

    id: int | None
    slug: str
    title: str
    members: int
    posts: Figure
    support: Figure
    asked: int
    came: Figure

    @property
    def quiet(self) -> int:
        """In how many ways it is heard too little."""
        return self.posts.is_quiet + self.support.is_quiet + self.came.is_quiet

    @property
    def is_rated(self) -> bool:
        return self.members >= FEWEST

    @property
    def in_words(self) -> str:
        """The row in one word or a few."""
        if not self.members:
            return Standing.NOBODY.value
        if not self.is_rated:
            return Standing.FEW.value
        ways = [
            words
            for words, figure in (
                ("few posts", self.posts),
                ("little support", self.support),
                ("little attendance", self.came),
            )
            if figure.is_quiet
        ]
        return ", ".join(ways).capitalize() or Standing.AS_THE_FORUM.value


class Counted(NamedTuple):
    """What was counted of a sector or area before it is compared. `speaking` are members whose posts can stand in its row."""

    id: int | None
    slug: str
    title: str
    members: int = 0
    speaking: int = 0
    posts: int = 0
    support: int = 0
    asked: int = 0
    came: int = 0


def compared(rows: Sequence[Counted]) -> list[Row]:
    """Each of these against all of them together, the quietest first, then by name."""
    whole = {name: sum(getattr(row, name) for row in rows if row.members) for name in Counted._fields[3:]}

    def figure(members: int, count: int, part: int, name: str, base: str) -> Figure:
        expected = part * whole[name] / whole[base] if whole[base] else 0.0
        return Figure(count, expected, standing(members, count, expected))

    made = [
        Row(
            *row[:4],
            posts=figure(row.speaking, row.posts, row.speaking, "posts", "speaking"),
            support=figure(row.members, row.support, row.members, "support", "members"),
            asked=row.asked,
            came=figure(row.members, row.came, row.asked, "came", "asked"),
        )
        for row in rows
    ]
    return sorted(made, key=lambda row: (-row.quiet, not row.is_rated, not row.members, row.title))


def standing(members: int, count: int, expected: float) -> Standing:
    if not members:
        return Standing.NOBODY
    if members < FEWEST:
        return Standing.FEW
    if not expected:
        return Standing.NOTHING
    return Standing.QUIET if 2 * count < expected and so_few(count, expected) <= CHANCE else Standing.AS_THE_FORUM


def so_few(count: int, expected: float) -> float:
    """How likely so few or fewer are, where so many are expected (Poisson)."""
    if expected > 500:  # the terms would vanish; less than half of so many is no chance
        return 0.0
    return sum(math.exp(-expected + n * math.log(expected) - math.lgamma(n + 1)) for n in range(count + 1))
