"""Agendas, calling notices and the front of a pack of papers: as documents, to be written as ODT or PDF.

The same meeting gives the same document, and that the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, Protocol

from forum.base import clock
from forum.base.opendocument import (
    Block,
    Bullets,
    Document,
    Heading,
    Link,
    Paragraph,
    Strong,
    Table,
    Title,
    Words,
)
from forum.base.words import pages_in_words, plural
from forum.meetings.models import Meeting, MeetingKind, Mode, Purpose
from forum.meetings.rules import papers as rules
from forum.reference.models import Marking

KINDS = {
    MeetingKind.FORUM: "Forum",
    MeetingKind.WORKING_GROUP: "Working group",
    MeetingKind.ROUNDTABLE: "Roundtable",
    MeetingKind.CONFERENCE: "Conference",
    MeetingKind.MINISTERS: "Inter-Ministerial Group",
}
PURPOSES = {
    Purpose.INFORMATION: "For information",
    Purpose.DISCUSSION: "For discussion",
    Purpose.DECISION: "For decision",
}
CHATHAM_HOUSE = (
    "The meeting is held under the Chatham House Rule: you may use what is said, but not who said it or whom they "
    "speak for."
)


class Item(Protocol):
    """An item of an agenda, as `queries.agenda` gives them."""

    @property
    def id(self) -> int: ...
    @property
    def number(self) -> str: ...
    @property
    def is_part(self) -> bool: ...
    @property
    def title(self) -> str: ...
    @property
    def lead(self) -> str: ...
    @property
    def minutes(self) -> int: ...
    @property
    def purpose(self) -> Purpose: ...
    @property
    def paper(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class ForItem(Protocol):
    """A paper for an item, as `queries.papers.by_item` gives them."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def marking(self) -> Marking: ...


Papers = Mapping[int, Sequence[ForItem]]


class Packed(NamedTuple):
    """A paper in a pack. `changed` are pages of the pack; None: there was no pack before this one to compare with.

    `fewer`: by how many pages it is shorter than in that pack.
    """

    number: int
    version: int
    title: str
    author: str
    marking: Marking
    first_page: int
    pages: int
    changed: Sequence[int] | None
    is_new: bool
    fewer: int = 0


class LeftOut(NamedTuple):
    """A paper that is not in a pack, and why."""

    number: int
    title: str
    reason: str


def agenda(meeting: Meeting, items: Sequence[Item], papers: Papers, creator: str) -> Document:
    """The agenda of a meeting."""
    blocks: list[Block] = [Title(f"Agenda of {meeting.title}"), *_facts(meeting), *_agenda(items, papers, "")]
    return _document(meeting, papers, f"Agenda of {meeting.title}", blocks, creator)


def notice(
    meeting: Meeting, items: Sequence[Item], papers: Papers, creator: str, contact: str, url: str, now: datetime
) -> Document:
    """The notice that calls people to a meeting. `contact` is an address to write to, `url` that of the meeting's page."""
    blocks: list[Block] = [
        Title(f"Calling notice: {meeting.title}"),
        *_facts(meeting),
        Heading("What it is about"),
        *_described(meeting.description_as_text),
        Heading("How to take part"),
        Bullets(
            [*taking_part(meeting, now), [f"This notice is from {creator}, ", Link(contact, f"mailto:{contact}"), "."]]
        ),
        *_agenda(items, papers, "Draft agenda"),
        Paragraph(["Everything about this meeting: ", Link(url, url)]),
    ]
    return _document(meeting, papers, f"Calling notice: {meeting.title}", blocks, creator)


def _described(description: str) -> list[Block]:
    """The description's lines; those that stand together behind bullets are a list."""
    lines = description.splitlines() or ["See the agenda."]
    blocks: list[Block] = []
    for is_list, several in groupby(lines, lambda line: line.startswith("• ")):
        together = list(several)
        blocks += [Bullets([line[2:] for line in together])] if is_list else map(Paragraph, together)
    return blocks


def taking_part(meeting: Meeting, now: datetime) -> list[str]:
    """What those called are asked to do, and by when. The joining link is in their invitations and not in here."""
    said = []
    if meeting.asks_replies and meeting.reply_by_on:
        said.append(f"Reply to your invitation by {clock.show_date(meeting.reply_by_on)}.")
    elif meeting.asks_replies:
        said.append("Reply to your invitation.")
    if meeting.mode is not Mode.IN_PERSON:
        said.append("To join online, use the link in your invitation.")
    if meeting.items_until and meeting.items_until > now:
        said.append(
            f"Propose items for the agenda on the meeting’s page until {clock.show_moment(meeting.items_until)}."
        )
    if meeting.papers_due_on:
        said.append(f"Send papers to the secretariat by {clock.show_date(meeting.papers_due_on)}.")
    if meeting.is_chatham_house:
        said.append(CHATHAM_HOUSE)
    return said


def front(
    meeting: Meeting,
    items: Sequence[Item],
    papers: Papers,
    creator: str,
    *,
    number: int,
    marking: Marking,
    made_at: datetime,
    packed: Sequence[Packed],
    left_out: Sequence[LeftOut],
    withheld: int,
    gone: Sequence[int] = (),
) -> Document:
    """The first pages of a pack: what it is, its contents with links to "bound:NUMBER", and the agenda.

    `gone`: the numbers of papers that were in the pack before and are not in this one.
    """
    title = f"Papers of {meeting.title}"
    rows: list[list[Words | int]] = [[_entry(paper), str(paper.version), _pages(paper)] for paper in packed]
    blocks: list[Block] = [
        Title(title),
        *_facts(meeting, ("Pack", f"{number}, made {clock.show_moment(made_at)}")),
        Heading("Contents"),
        Table(("Paper", "Version", "Pages"), rows, (6, 1, 2.4)),
        *_not_inside(left_out, withheld, gone),
        *_agenda(items, papers, "Agenda"),
    ]
    return Document(title, creator, made_at, blocks, marking.value)


def _not_inside(left_out: Sequence[LeftOut], withheld: int, gone: Sequence[int]) -> list[Block]:
    blocks: list[Block] = []
    if left_out or withheld or gone:
        blocks.append(Heading("Not in this pack"))
    if left_out:
        blocks.append(Bullets([f"Paper {paper.number}, {paper.title}: {paper.reason}" for paper in left_out]))
    if withheld:
        blocks.append(Paragraph(f"{plural(withheld, 'paper')} left out because of a higher marking."))
    if gone:
        blocks.append(Paragraph(f"In the pack before, and no longer in this one: {papers_in_words(gone)}."))
    return blocks


def papers_in_words(numbers: Sequence[int]) -> str:
    """ "paper 3", "papers 3 and 12"."""
    *others, last = map(str, numbers)
    return f"papers {', '.join(others)} and {last}" if others else f"paper {last}"


def _entry(paper: Packed) -> Words:
    shown: list[str | Strong | Link] = [Link(f"Paper {paper.number}: {paper.title}", f"bound:{paper.number}")]
    if paper.author:
        shown.append(f"\n{paper.author}")
    if paper.marking is Marking.SENSITIVE:
        shown.append(f"\n{paper.marking.value}")
    return shown


def _pages(paper: Packed) -> str:
    """ "12 to 15", and what changed since the pack before."""
    last = paper.first_page + paper.pages - 1
    shown = str(paper.first_page) if paper.pages == 1 else f"{paper.first_page} to {last}"
    if paper.is_new:
        return f"{shown}\nnew"
    if paper.changed is None:
        return shown
    what = [f"changed: {pages_in_words(paper.changed)}"] if paper.changed else []
    what += [f"{plural(paper.fewer, 'page')} fewer"] if paper.fewer else []
    return "\n".join([shown, *(what or ["unchanged"])])


def _facts(meeting: Meeting, *more: tuple[str, str]) -> list[Block]:
    starts, ends = meeting.starts_at, meeting.ends_at
    facts = [
        ("Meeting", f"{KINDS[meeting.kind]}, {meeting.reference}"),
        ("When", f"{clock.show_day(starts)}, {clock.show_times(starts, ends)}"),
        ("Where", meeting.where),
        *more,
    ]
    return [Paragraph([Strong(f"{name}: "), words]) for name, words in facts if words]


def _agenda(items: Sequence[Item], papers: Papers, heading: str) -> list[Block]:
    above: list[Block] = [Heading(heading)] if heading else []
    if not items:
        return [*above, Paragraph("There is no agenda yet.")]
    rows: list[list[Words | int]] = [
        [clock.show_time(item.starts_at), _item(item, papers.get(item.id, ())), item.minutes] for item in items
    ]
    ends = max(item.ends_at for item in items)
    return [
        *above,
        Table(("Starts", "Item", "Minutes"), rows, (1.6, 6.7, 1.5)),
        Paragraph(f"The meeting closes at {clock.show_time(ends)}."),
    ]


def _item(item: Item, papers: Sequence[ForItem]) -> Words:
    about = ", ".join(filter(None, [PURPOSES[item.purpose], item.lead]))
    lines = [about, item.paper, *(f"{paper.name}: {paper.title}" for paper in papers)]
    return [
        Strong(f"{item.number}{'' if item.is_part else '.'} {item.title}"),
        *(f"\n{line}" for line in lines if line),
    ]


def _document(meeting: Meeting, papers: Papers, title: str, blocks: Sequence[Block], creator: str) -> Document:
    """Marked as highly as anything in it: the title of a sensitive paper is."""
    markings = [paper.marking for several in papers.values() for paper in several]
    marking = rules.highest([meeting.marking, *markings])
    return Document(title, creator, meeting.changed_at, blocks, marking.value)
