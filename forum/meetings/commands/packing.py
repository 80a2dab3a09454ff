"""Packs: all papers of a meeting in one PDF with one numbering.

A pack is ordered on the page and made by the worker: `claim`, `make` and `finish`, of which `make` alone takes long and
asks the database nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, files, history, letters, pdf
from forum.base.db import ask_to_wake, db
from forum.base.pdf import Part, Refused
from forum.meetings import queries
from forum.meetings.exports import documents
from forum.meetings.exports.documents import ForItem, LeftOut, Packed
from forum.meetings.models import Meeting, PaperPack
from forum.meetings.queries import ItemRow
from forum.meetings.queries import packs as reading
from forum.meetings.queries.packs import PackedRow
from forum.meetings.rules import papers as rules
from forum.members.models import Member
from forum.reference.models import Marking

_log = logging.getLogger(__name__)

LEASE = timedelta(minutes=30)  # longer than the making may take
LARGEST_PACK = 1024**3  # bytes
NOT_PDF = "it is not a PDF. Download it by itself"
NOT_BOUND = "its PDF cannot be bound with others. Download it by itself"


# --- ordering --------------------------------------------------------------------------------------------------------


def order(actor: Member, meeting: Meeting) -> list[PaperPack]:
    """Have the worker make new packs, unless some are being made already: then those."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    rows = reading.to_pack(meeting.id)
    rules.check_ordering(actor, meeting, sum(row.kind == files.PDF for row in rows))
    under_way = sa.select(PaperPack).where(PaperPack.meeting_id == meeting.id, PaperPack.finished_at.is_(None))
    if made := list(db.session.scalars(under_way)):
        return made
    packs = [
        _ordered(actor, meeting, marking) for marking in rules.packs_to_make(meeting, [row.marking for row in rows])
    ]
    ask_to_wake()
    return packs


def order_again(actor: Member, meeting: Meeting, pack: PaperPack) -> None:
    """Try once more to make a pack that failed."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    db.session.refresh(pack)
    if pack.failed_because:
        pack.failed_because, pack.finished_at, pack.claimed_until, pack.ordered_at = "", None, None, clock.now()
        history.note(actor, "ordered again", pack, about=meeting)
        ask_to_wake()


def _ordered(actor: Member, meeting: Meeting, marking: Marking) -> PaperPack:
    last = db.session.scalar(sa.select(sa.func.max(PaperPack.number)).where(PaperPack.meeting_id == meeting.id)) or 0
    pack = PaperPack(
        meeting_id=meeting.id,
        number=last + 1,
        marking=marking,
        contents={},
        ordered_at=clock.now(),
        ordered_by_id=actor.id,
        failed_because="",
    )
    db.session.add(pack)
    db.session.flush()
    history.note(actor, "ordered", pack, about=meeting)
    return pack


# --- making ----------------------------------------------------------------------------------------------------------


class Listed(NamedTuple):
    """A paper as the pack's agenda names it."""

    name: str
    title: str
    marking: Marking


class Order(NamedTuple):
    """Everything a pack is made of, read at one moment."""

    pack_id: int
    number: int
    marking: Marking
    made_at: datetime
    meeting: Meeting
    items: Sequence[ItemRow]
    by_item: Mapping[int, Sequence[ForItem]]
    papers: Sequence[PackedRow]
    withheld: int
    before: Mapping[int, Sequence[str]] | None  # of the pack before: digests of the pages of each paper
    creator: str


class Made(NamedTuple):
    """A pack that was made, or why it was not."""

    data: bytes = b""
    pages: int = 0
    contents: Mapping[str, Any] = {}
    failed_because: str = ""


def claim() -> Order | None:
    """The next pack to make, with all that it takes; None when there is none. No other worker gets it meanwhile."""
    pack = reading.due_pack()
    if pack is None:
        return None
    pack.claimed_until = clock.now() + LEASE
    meeting = db.session.get_one(Meeting, pack.meeting_id, populate_existing=True)
    rows = reading.to_pack(meeting.id)
    papers = [row for row in rows if rules.highest([row.marking, pack.marking]) is pack.marking]
    earlier = reading.before(pack)
    order = Order(
        pack.id,
        pack.number,
        pack.marking,
        clock.now(),
        meeting,
        queries.agenda(meeting),
        _by_item(papers),
        papers,
        len(rows) - len(papers),
        reading.digests(earlier) if earlier else None,
        letters.sender().name,
    )
    db.session.flush()
    db.session.expunge(meeting)  # to be read when no transaction is open
    return order


def _by_item(papers: Sequence[PackedRow]) -> dict[int, list[ForItem]]:
    found: dict[int, list[ForItem]] = {}
    for row in papers:
        if row.agenda_item_id is not None:
            found.setdefault(row.agenda_item_id, []).append(Listed(f"Paper {row.number}", row.title, row.marking))
    return found


def make(order: Order) -> Made:
    """Make the pack. A paper that cannot be bound in is left out, and the pack says so."""
    refused: set[int] = set()
    try:
        while True:
            try:
                return _bound(order, refused)
            except Refused as refusal:
                refused.add(int(refusal.key))
    except Exception as reason:  # whatever it was, whoever waits for the pack must hear of it
        _log.exception("Pack %s of MTG-%s was not made", order.number, order.meeting.id)
        why = (str(reason).strip().splitlines() or [type(reason).__name__])[-1][:300]
        again = "Try again, and tell the administrator if it fails again."
        return Made(failed_because=f"The pack could not be made ({why}). {again}")


def _bound(order: Order, refused: set[int]) -> Made:
    inside = [row for row in order.papers if row.kind == files.PDF and row.number not in refused]
    left_out = [
        LeftOut(row.number, row.title, NOT_PDF if row.kind != files.PDF else NOT_BOUND)
        for row in order.papers
        if row not in inside
    ]
    front, packed, total = _front(order, inside, left_out)
    parts = [_part(order, row, paper, total) for row, paper in zip(inside, packed, strict=True)]
    data = pdf.bind(front, order.marking.value, parts)
    return Made(data, total, _contents(order, packed, left_out))


def _front(order: Order, inside: Sequence[PackedRow], left_out: Sequence[LeftOut]) -> tuple[bytes, list[Packed], int]:
    """The front, the papers with their pages, and how many pages there are in all.

    How long the front is, is known when it is made; where the papers begin stands in it.
    """
    pages = 1
    while True:
        packed = _packed(order, inside, pages)
        total = pages + sum(paper.pages for paper in packed)
        document = documents.front(
            order.meeting,
            order.items,
            order.by_item,
            order.creator,
            number=order.number,
            marking=order.marking,
            made_at=order.made_at,
            packed=packed,
            left_out=left_out,
            withheld=order.withheld,
            gone=_gone(order),
        )
        made = pdf.write(document, total)
        if (counted := len(pdf.look(made, "The front"))) <= pages:
            return made, packed, total
        pages = counted


def _gone(order: Order) -> list[int]:
    """The papers of the pack before that are no longer among these."""
    return sorted(set(order.before or ()) - {row.number for row in order.papers})


def _packed(order: Order, inside: Sequence[PackedRow], front: int) -> list[Packed]:
    packed, first = [], front + 1
    for row in inside:
        pages = len(row.digests)
        earlier = None if order.before is None else order.before.get(row.number)
        changed = None if earlier is None else changed_pages(earlier, row.digests)
        packed.append(
            Packed(
                row.number,
                row.version,
                row.title,
                row.author,
                row.marking,
                first,
                pages,
                None if changed is None else [first + place for place in changed],
                order.before is not None and earlier is None,
                max(0, len(earlier or ()) - pages),
            )
        )
        first += pages
    return packed


def changed_pages(before: Sequence[str], now: Sequence[str]) -> list[int]:
    """Which pages, from 0, were not in the paper before: a page that only moved has not changed."""
    known = set(before)
    return [place for place, digest in enumerate(now) if digest not in known]


def _part(order: Order, row: PackedRow, paper: Packed, total: int) -> Part:
    about = f"Paper {row.number} version {row.version} · {order.marking.value}"
    stamps = [f"Page {page} of {total} · {about}" for page in range(paper.first_page, paper.first_page + paper.pages)]
    return Part(str(row.number), files.place(row.sha256), f"Paper {row.number}: {row.title}", stamps)


def _contents(order: Order, packed: Sequence[Packed], left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """What the pack holds, for its page and for the pack after it."""
    new = [page for paper in packed if paper.is_new for page in range(paper.first_page, paper.first_page + paper.pages)]
    return {
        "papers": [
            {
                "paper": paper.number,
                "version": paper.version,
                "title": paper.title,
                "first_page": paper.first_page,
                "pages": paper.pages,
            }
            for paper in packed
        ],
        "changed_pages": sorted([*new, *(page for paper in packed for page in paper.changed or ())]),
        "left_out": [{"paper": one.number, "title": one.title, "reason": one.reason} for one in left_out],
        "withheld": order.withheld,
        "gone": _gone(order),
    }


def finish(order: Order, made: Made) -> None:
    """Keep what was made, unless another worker was quicker."""
    pack = db.session.get(PaperPack, order.pack_id, with_for_update=True)
    if pack is None or pack.finished_at is not None:
        return
    pack.finished_at, pack.failed_because = clock.now(), made.failed_because
    if not made.failed_because:
        name = f"MTG-{pack.meeting_id} papers {pack.number}.pdf"
        pack.file_id = files.keep(made.data, name, (files.PDF,), LARGEST_PACK).id
        pack.pages, pack.contents = made.pages, dict(made.contents)
    history.note(None, "failed to make" if made.failed_because else "made", pack, made.failed_because)


def note_read(actor: Member, meeting: Meeting, pack: PaperPack) -> None:
    """Note that somebody took a copy of a pack with sensitive papers in it."""
    history.note(actor, "downloaded", pack, about=meeting)
