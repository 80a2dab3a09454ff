"""Same here: who may say so, how it is counted, and what of it may be told.

An organisation counts once however many of its people say so; somebody without an organisation counts as themself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from forum.base.errors import NotAllowed, Rejected
from forum.base.words import plural
from forum.feedback.models import Attribution, HowOften
from forum.feedback.rules import NOBODY
from forum.members.models import Member

T = TypeVar("T")

LONGEST_EVIDENCE = 5_000  # characters
TOGETHER = 3  # sectors and areas are brought up to date for so many organisations at once

HOW_OFTEN = {
    HowOften.DAILY: "Every day or nearly",
    HowOften.WEEKLY: "Every week",
    HowOften.MONTHLY: "Every month",
    HowOften.SOMETIMES: "A few times a year",
    HowOften.ONCE: "Once",
}
NOT_SAID = "Not said"
NO_ORGANISATION = "No organisation"


class Backing(NamedTuple):
    """How widely something is said: by how many organisations, and in how many police force areas."""

    organisations: int = 0
    areas: int = 0

    @property
    def in_words(self) -> str:
        """ "12 organisations see this too, in 7 police force areas"; empty for none."""
        if not self.organisations:
            return ""
        verb = "sees" if self.organisations == 1 else "see"
        said = f"{plural(self.organisations, 'organisation')} {verb} this too"
        return f"{said}, in {plural(self.areas, 'police force area')}" if self.areas else said


# --- who may ---------------------------------------------------------------------------------------------------------


def may_support(actor: Member, feedback: _Thread) -> bool:
    return _why_not(actor, feedback) is None


def check_support(actor: Member, feedback: _Thread) -> None:
    if refusal := _why_not(actor, feedback):
        raise refusal


def _why_not(actor: Member, feedback: _Thread) -> NotAllowed | Rejected | None:
    if not actor.is_active:
        return NotAllowed("Only active members of the Forum say “same here”.")
    if actor.is_official:
        return NotAllowed("“Same here” counts the organisations of members. Reply for the department instead.")
    if feedback.withdrawn_at is not None:
        return Rejected("This thread was withdrawn, so there is nothing left to say “same here” to.")
    if feedback.author_id == actor.id:
        return Rejected("You posted this thread yourself. Edit it if there is more to say.")
    if feedback.held_at is not None:
        return Rejected("This thread still waits for the secretariat. Say “same here” when it is shown.")
    if feedback.closed_at is not None:
        return Rejected("This thread is closed. Start a new thread if it is still so with you.")
    return None


def check_evidence(evidence: str, before: str, is_hidden: bool) -> None:
    if len(evidence) > LONGEST_EVIDENCE:
        raise Rejected(f"The evidence must be {LONGEST_EVIDENCE:,} characters or fewer.", field="evidence")
    if is_hidden and evidence != before:
        raise Rejected(
            "The secretariat hid your evidence, so it cannot be changed. Reply to the email that told you, and say why it "
            "should be shown.",
            field="evidence",
        )


# --- what is told ----------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """One "same here". `unit` tells apart what counts once; `force` is slug and title of a police force area."""

    unit: int
    sector: str
    force: tuple[str, str] | None
    how_often: HowOften | None


class Spread(NamedTuple):
    """Of how many organisations the tables tell, and how these divide. An organisation that works in several areas counts
    in each of them. `areas`: slug, title and number."""

    counted: int
    sectors: list[tuple[str, int]]
    areas: list[tuple[str, str, int]]
    without_area: int
    how_often: list[tuple[str, int]]


def spread(said: Iterable[Said]) -> Spread:
    """How those who said so (the earliest first) divide.

    Only whole lots of three organisations are told of: with fewer, a sector beside an area would tell which organisation
    it is, and so would two visits to the page, before and after one more said so.
    """
    units: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        units[one.unit].append(one)
    shown = list(units.values())[: len(units) // TOGETHER * TOGETHER]
    areas = Counter(force for unit in shown for force in {one.force for one in unit if one.force})
    often = Counter(_most_often(unit) for unit in shown)
    return Spread(
        counted=len(shown),
        sectors=_ordered(Counter(unit[0].sector for unit in shown)),
        areas=[(slug, title, number) for (slug, title), number in _ordered(areas)],
        without_area=sum(all(one.force is None for one in unit) for unit in shown),
        how_often=[(words, often[kind]) for kind, words in [*HOW_OFTEN.items(), (None, NOT_SAID)] if often[kind]],
    )


def _most_often(unit: Iterable[Said]) -> HowOften | None:
    """What the people of one organisation see most often."""
    named = {one.how_often for one in unit}
    return next((kind for kind in HOW_OFTEN if kind in named), None)


def _ordered(counts: Counter[T]) -> list[tuple[T, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))


def told(shown_as: str, thread: Attribution) -> str:
    """Whose evidence it is, as everybody reads it: the organisation as it stands where people are not named.

    Beside a thread that names nobody no organisation is told of, and no sector: in a small sector the one that is missing
    would be its author's.
    """
    return NOBODY if thread is Attribution.UNATTRIBUTED else shown_as or NOBODY


def tells_sectors(thread: Attribution) -> bool:
    return thread is not Attribution.UNATTRIBUTED


def tells_areas(thread: Attribution, in_group: bool) -> bool:
    """In a group of few people even an area tells who is left."""
    return thread is not Attribution.UNATTRIBUTED or not in_group


class _Thread(Protocol):
    @property
    def author_id(self) -> int | None: ...
    @property
    def withdrawn_at(self) -> object: ...
    @property
    def held_at(self) -> object: ...
    @property
    def closed_at(self) -> object: ...
