"""How items of an agenda stand to each other, and what an agenda may look like."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from forum.base.errors import Rejected
from forum.meetings.models import AgendaItem, Meeting
from forum.members.models import Member


class Spot(NamedTuple):
    """Where an item stands: among the items, or among the sub-items of one."""

    id: int
    parent_id: int | None
    position: int  # from 1


def lasts(minutes: int, parts: Iterable[int]) -> int:
    """How long an item lasts: as long as its sub-items do together, unless it is longer itself."""
    return max(minutes, sum(parts))


def may_lead_through(actor: Member, meeting: Meeting) -> bool:
    """See how the meeting runs against its agenda: whoever runs the Forum, and the meeting's host."""
    return actor.runs_the_forum or meeting.host_id == actor.id


def check_lead(lead: Member | None, *, is_new: bool) -> None:
    if lead is None or (is_new and not lead.is_active):
        raise Rejected("Whoever leads an item must be an active member. Select somebody else", "lead_id")


def check_parent(parent: AgendaItem | None) -> None:
    if parent is None:
        raise Rejected("The item this was to be part of is no longer on the agenda. Select another", "parent_id")
    if parent.parent_id is not None:
        raise Rejected("A sub-item cannot have sub-items of its own. Select another item", "parent_id")


def check_becoming_part(parts: int) -> None:
    if parts:
        raise Rejected("An item with sub-items cannot become one itself. Make its sub-items items of their own first.")


def check_removing(parts: int) -> None:
    if parts:
        raise Rejected("This item has sub-items. Remove them, or make them items of their own, before you remove it.")


# --- the whole order -------------------------------------------------------------------------------------------------
# Said as one line: the numbers of the items in their order, "3 7 9:7 12"; 9 is a sub-item of 7.


def in_words(order: Iterable[tuple[int, int | None]]) -> str:
    """The order of these (item, parent) as one line."""
    return " ".join(f"{item}:{parent}" if parent else f"{item}" for item, parent in order)


def check_order_seen(seen: str, now: str) -> None:
    if seen != now:
        raise Rejected(
            "Somebody else changed the agenda while you were moving this item, so it was not moved. "
            "This is the agenda as it is now: move the item again.",
            "order",
        )


def read_order(order: str, known: Collection[int]) -> list[Spot]:
    """Where each of the `known` items goes. Raises Rejected unless the line names all of them once, a level deep."""
    spots: list[Spot] = []
    after: dict[int | None, int] = {}
    for word in order.split():
        item, _, parent = word.partition(":")
        spot = _spot(item, parent, after)
        spots.append(spot)
        after[spot.parent_id] = spot.position
    _check_whole(spots, known)
    return spots


def _spot(item: str, parent: str, after: dict[int | None, int]) -> Spot:
    if not all(word.isascii() and word.isdigit() and len(word) < 12 for word in (item, parent or "0")):
        raise Rejected("The order was not understood. Load the page again, then move the item.", "order")
    over = int(parent) if parent else None
    return Spot(int(item), over, after.get(over, 0) + 1)


def _check_whole(spots: Sequence[Spot], known: Collection[int]) -> None:
    named = [spot.id for spot in spots]
    tops = {spot.id for spot in spots if spot.parent_id is None}
    if sorted(named) != sorted(known) or any(spot.parent_id not in tops for spot in spots if spot.parent_id):
        raise Rejected("The order was not understood. Load the page again, then move the item.", "order")
