"""The filters of the thread list. Read and drawn without form macros: they are on the most visited page of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from markupsafe import Markup

from forum.feedback.models import FeedbackKind
from forum.feedback.queries import Choices, Filter
from forum.feedback.rules import CROSS_CUTTING, KINDS
from forum.reference.models import Marking

Pairs = tuple[tuple[str, str], ...]

MOST = "most"
SUPPORT: Pairs = (
    (MOST, "Most organisations first"),
    ("3", "3 organisations or more"),
    ("10", "10 organisations or more"),
)


class Select(NamedTuple):
    """One filter: its parameter, its label, what may be chosen (value as sent, words) and what is."""

    name: str
    label: str
    pairs: Pairs
    chosen: str

    @property
    def options(self) -> Markup:
        return _options(self.pairs, self.chosen)

    @property
    def words(self) -> str:
        return dict(self.pairs)[self.chosen]


def selects(offered: Choices, sent: Mapping[str, str]) -> list[Select]:
    """Every filter with what was sent; what nobody knows is passed over."""
    return [Select(name, label, pairs, _known(sent.get(name, ""), pairs)) for name, label, pairs in _offers(offered)]


def _known(value: str, pairs: Pairs) -> str:
    return value if value and value in dict(pairs) else ""


def narrowing(shown: list[Select], sent: Mapping[str, str]) -> Filter:
    """What the list is narrowed to."""
    chosen = {one.name: one.chosen for one in shown if one.chosen}

    def number(name: str) -> int | None:
        return int(chosen[name]) if name in chosen else None

    return Filter(
        theme_id=number("theme"),
        priority_id=number("priority"),
        kind=FeedbackKind(chosen["kind"]) if "kind" in chosen else None,
        sector_id=number("sector"),
        force_id=number("area"),
        marking=Marking(chosen["marking"]) if "marking" in chosen else None,
        only_unread=bool(sent.get("unread")),
        only_mine=bool(sent.get("mine")),
        only_assigned=sent.get("assigned") == "me",
        least_support=0 if chosen.get("support") == MOST else number("support") or 0,
        by_support=chosen.get("support") == MOST,
    )


@lru_cache(maxsize=8)
def _offers(offered: Choices) -> tuple[tuple[str, str, Pairs], ...]:
    def sent(pairs: tuple[tuple[int, str], ...]) -> Pairs:
        return tuple((str(number), title) for number, title in pairs)

    return (
        ("theme", "Theme", sent(offered.themes)),
        ("priority", "Priority", (*sent(offered.priorities), ("0", CROSS_CUTTING))),
        ("kind", "Kind", tuple((kind.value, words) for kind, words in KINDS.items())),
        ("sector", "Sector", sent(offered.sectors)),
        ("area", "Area", sent(offered.forces)),
        ("marking", "Marking", tuple((marking.value, marking.value) for marking in Marking)),
        ("support", "Same here", SUPPORT),
    )


@lru_cache(maxsize=256)
def _options(pairs: Pairs, chosen: str) -> Markup:
    def option(value: str, words: str) -> Markup:
        selected = Markup(" selected") if value == chosen else ""
        return Markup('<option value="{}"{}>{}</option>').format(value, selected, words)

    return Markup("").join(option(value, words) for value, words in (("", "Any"), *pairs))


def chips(shown: list[Select], address: Any) -> list[tuple[str, str]]:
    """What is chosen in words, each with the address of the list without it."""
    return [(f"{one.label}: {one.words}", address(**{one.name: None, "key": None})) for one in shown if one.chosen]
