"""What a summary may tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

from forum.base.errors import Rejected
from forum.feedback.models import Attribution
from forum.summaries import rules
from forum.summaries.rules import FEWER, NOT_SHOWN, Crowd, Speaker, published

CROWD = Crowd(
    Counter({"Police force": 12, "Housing": 4}), Counter({("Police force", "London"): 5, ("Police force", "Wales"): 4})
)


def speaker(
    attribution: Attribution, sector: str = "Police force", region: str = "London", is_member: bool = True
) -> Speaker:
    return Speaker(attribution, "Siân Rowan", "Essex Police area", sector, region, is_member)


def tables(cells: int, total: int) -> Iterator[tuple[int, ...]]:
    """Every table of so many cells with this total."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in tables(cells - 1, total - first))


@pytest.mark.parametrize(("cells", "largest"), [(1, 40), (2, 40), (3, 30), (4, 24)])
def test_no_small_count_can_be_worked_out_of_a_published_table(cells, largest):
    """Somebody who knows the total and our rule tries every original: each hidden count could be at least two numbers."""
    for total in range(largest + 1):
        originals = defaultdict(list)
        for table in tables(cells, total):
            shown = published(table)
            if shown is not None:
                assert not any(0 < count < 5 for count in shown if isinstance(count, int)), table
                originals[tuple(shown)].append(table)
        for shown, possible in originals.items():
            for place, count in enumerate(shown):
                if isinstance(count, str):
                    assert len({table[place] for table in possible}) > 1, (shown, possible)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([5, 12, 0], [5, 12, 0]),
        ([9, 2, 3], [9, FEWER, FEWER]),
        ([9, 2, 6], [9, NOT_SHOWN, NOT_SHOWN]),
        ([9, 1, 1, 9], [NOT_SHOWN] * 4),
        ([3], None),
        ([1, 1, 1], None),
    ],
)
def test_hiding_a_small_count_hides_enough(counts, shown):
    assert published(counts) == shown


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (speaker(Attribution.NAMED), "Siân Rowan, Essex Police area"),
        (speaker(Attribution.ORGANISATION), "Police force, London"),
        (speaker(Attribution.ORGANISATION, region="Wales"), "Police force"),
        (speaker(Attribution.ORGANISATION, "Housing", "Wales"), "Housing"),
        (speaker(Attribution.UNATTRIBUTED), "A Forum member"),
        (speaker(Attribution.UNATTRIBUTED, is_member=False), "A contributor"),
    ],
)
def test_a_quote_tells_no_more_than_its_author_allowed(who, told):
    assert rules.told(who, CROWD) == told


def test_outside_the_forum_nobody_is_named_and_only_published_sectors_are_given():
    shown = ["Police force"]
    assert rules.told_outside(speaker(Attribution.NAMED), shown) == "Police force"
    assert rules.told_outside(speaker(Attribution.NAMED, "Housing"), shown) == "A Forum member"
    assert rules.told_outside(speaker(Attribution.UNATTRIBUTED), shown) == "A Forum member"


@pytest.mark.parametrize(
    ("who", "placed"),
    [
        (speaker(Attribution.ORGANISATION), ("Police force", "South East", "Kent Police")),
        (speaker(Attribution.UNATTRIBUTED), ("Police force", "London", "")),
        (speaker(Attribution.UNATTRIBUTED, region="Wales"), ("Police force", "", "")),
        (speaker(Attribution.UNATTRIBUTED, "Housing", "Wales"), ("", "", "")),
    ],
)
def test_an_unattributed_contribution_is_placed_only_among_five(who, placed):
    assert rules.placed(who, "South East", "Kent Police", CROWD) == placed


@pytest.mark.parametrize(
    ("part", "word"), [(51, "most"), (50, "many"), (30, "many"), (29, "some"), (10, "some"), (9, "a few"), (0, "a few")]
)
def test_count_words_have_one_meaning(part, word):
    assert rules.share(part, 100) == word


def test_impossible_choices_are_refused_at_their_field():
    for check, field in (
        (lambda: rules.check_period(date(2016, 11, 2), date(2016, 11, 1)), "to_on"),
        (lambda: rules.check_period(date(1, 1, 1), None), "from_on"),
        (lambda: rules.check_period(None, date(9999, 12, 31)), "to_on"),
        (lambda: rules.check_circulation(True, True), "takes_sensitive"),
        (lambda: rules.check_quotes(5), "quotes"),
    ):
        with pytest.raises(Rejected) as refusal:
            check()
        assert refusal.value.field == field
    rules.check_period(date(2016, 11, 1), date(2016, 11, 1))


def test_the_seal_does_not_depend_on_the_order_in_which_a_database_gives_the_keys():
    assert rules.seal({"a": 1, "b": ["é"]}) == rules.seal({"b": ["é"], "a": 1})
    assert rules.seal({"a": 1}) != rules.seal({"a": 2})
