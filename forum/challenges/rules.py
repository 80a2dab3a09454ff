"""Who may do what with challenges, and when; and what counts as somebody's words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from forum.base import richtext
from forum.base.errors import NotAllowed, Rejected
from forum.challenges.models import Challenge, Status
from forum.feedback.models import Feedback, Reply
from forum.meetings.models import Meeting
from forum.members.models import Member
from forum.reference.models import Marking, Priority, Theme

LONGEST_QUOTE = 2_000  # characters
CUT = "[…]"

PREVALENCE = {
    1: "One organisation or area",
    2: "A few areas",
    3: "Several areas, or most of one region",
    4: "Most areas",
    5: "Everywhere in the programme",
}
IMPACT = {
    1: "Slight: work goes on as before",
    2: "Noticeable: work takes longer",
    3: "Serious: some people are not helped",
    4: "Severe: many people are not helped, or harm is likely",
    5: "Critical: people come to serious harm",
}

# A sentence ends at its full stop, with the quotation mark or bracket behind it, and another begins.
_BETWEEN_SENTENCES = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"”’')]))\s+(?=[\"“‘'(]?[^\W_a-z])")


# --- who may ---------------------------------------------------------------------------------------------------------


def may_keep(actor: Member) -> bool:
    """Raise challenges and choose the words that stand for them."""
    return actor.runs_the_forum


def may_answer(actor: Member) -> bool:
    """Own, rate and answer challenges, and take the log away as a file."""
    return actor.is_official


def check_keeper(actor: Member) -> None:
    if not may_keep(actor):
        raise NotAllowed("Only the secretariat raises challenges and adds feedback to them.")


def check_answerer(actor: Member) -> None:
    if not may_answer(actor):
        raise NotAllowed("Only officials and the secretariat answer challenges.")


# --- words -----------------------------------------------------------------------------------------------------------


def text_of(post: Feedback | Reply) -> str:
    """What a post says, as plain text: a line a block, headings of the form left out."""
    markup = [post.html, post.html_affected, post.html_would_help] if isinstance(post, Feedback) else [post.html]
    return "\n".join(richtext.to_text(part) for part in markup if part)


def fold(text: str) -> str:
    """Words as they are compared: white space of any kind is one space, bullets are none."""
    return " ".join(richtext.clean(text).replace("•", " ").split())


def sentences(text: str) -> list[str]:
    """The sentences of a text, folded; a new line begins a new one."""
    lines = (fold(line) for line in text.split("\n"))
    return [sentence for line in lines for sentence in _BETWEEN_SENTENCES.split(line) if sentence]


def says(text: str, words: str) -> bool:
    """Whether these are words of this text, in its order; […] may stand for what is left out between them."""
    place, text = 0, fold(text)
    for piece in filter(None, map(fold, words.split(CUT))):
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def words_key(words: str, reply_id: int | None) -> str:
    """What makes a quotation the same as another of its thread: the folded words, and which post says them."""
    return hashlib.sha256(f"{reply_id or ''}\n{fold(words)}".encode()).hexdigest()


def check_citation(challenge: Challenge, post: Feedback | Reply, words: str) -> None:
    """Whether these words of this post may stand as evidence for that challenge."""
    if challenge.is_closed:
        raise Rejected("This challenge is closed. Reopen it before adding feedback.", field="challenge")
    if post.is_withdrawn:
        raise Rejected("This contribution has been withdrawn, so its words cannot be used.", field="words")
    if post.held_at is not None:
        raise Rejected("This contribution waits for the secretariat. Show it before using its words.", field="words")
    if not fold(words.replace(CUT, "")):
        raise Rejected("Enter the words to use from the contribution.", field="words")
    if len(words) > LONGEST_QUOTE:
        raise Rejected(
            f"The words must be {LONGEST_QUOTE:,} characters or fewer. Leave out some of them.", field="words"
        )
    if not says(text_of(post), words):
        raise Rejected(
            f"These are not the words of the contribution. Use them as they stand there, with {CUT} for what you leave out.",
            field="words",
        )


# --- the challenge itself --------------------------------------------------------------------------------------------


def highest(markings: Iterable[Marking]) -> Marking:
    """What is made from several carries the highest marking inside."""
    return Marking.SENSITIVE if Marking.SENSITIVE in markings else Marking.OFFICIAL


def check_rating(prevalence: int, impact: int) -> None:
    if prevalence not in PREVALENCE:
        raise Rejected("Prevalence must be a number from 1 to 5.", field="prevalence")
    if impact not in IMPACT:
        raise Rejected("Impact must be a number from 1 to 5.", field="impact")


def check_title(title: str) -> None:
    if not title:
        raise Rejected("Enter a title.", field="title")
    if len(title) > 200:
        raise Rejected("The title must be 200 characters or fewer.", field="title")


def check_priority(priority: Priority | None, asked: int | None) -> None:
    if asked is not None and priority is None:
        raise Rejected("Select a priority from the list.", field="priority")


def check_themes(themes: Collection[Theme], kept: Collection[Theme], asked: Collection[int], on: date) -> None:
    """Every theme must exist, and hold on this date unless the challenge has it already."""
    if {theme.id for theme in themes} != set(asked):
        raise Rejected("Select themes from the list: one of those you selected is not in it.", field="themes")
    for theme in themes:
        if not theme.is_current(on) and theme not in kept:
            raise Rejected(f"“{theme.title}” is no longer used as a theme. Select another.", field="themes")


def check_owner(owner: Member | None) -> None:
    if owner is None or not owner.is_active or not owner.is_official:
        raise Rejected("The owner must be an official or someone in the secretariat. Select another.", field="owner")


def check_marking(marking: Marking, sources: Iterable[Marking]) -> None:
    if marking is not highest([marking, *sources]):
        raise Rejected(
            "This challenge quotes OFFICIAL-SENSITIVE feedback, so it must be marked OFFICIAL-SENSITIVE.",
            field="marking",
        )


def check_reason(reason: str, field: str = "reason") -> None:
    if not reason:
        raise Rejected("Enter a reason. The people who raised this will read it.", field=field)


def check_status(challenge: Challenge, status: Status) -> None:
    """Any step forward or back is open, but none that says the same again or makes an old challenge new."""
    if status is challenge.status:
        raise Rejected(f"The status is {status.label.lower()} already. Select another.", field="status")
    if status is Status.NEW:
        raise Rejected("A challenge is new only once. Select another status.", field="status")


def title_on(challenge: Challenge, meeting: Meeting, marking: Marking) -> str:
    """What a meeting's agenda calls a challenge of this marking: agendas go out by mail, titles marked higher do not."""
    if marking is Marking.SENSITIVE and not meeting.is_sensitive:
        return f"Challenge {challenge.reference}"
    return challenge.title


def check_not_there(challenge: Challenge, meeting: Meeting, number: str) -> None:
    """`number`: that of the item about this challenge on the meeting's agenda; empty when there is none."""
    if number:
        raise Rejected(
            f"{challenge.reference} is on the agenda of {meeting.reference} already, as item {number}.", field="meeting"
        )


def check_is_about(is_linked: bool) -> None:
    if not is_linked:
        raise Rejected("This item is no longer about the challenge, so nothing was changed.")


def is_overdue(due_on: date | None, is_closed: bool, is_answered: bool, today: date) -> bool:
    """Whether a response was due before today and has not been given."""
    return due_on is not None and due_on < today and not is_closed and not is_answered


class Quarter(NamedTuple):
    """A quarter of a calendar year; `number` runs from 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def read(cls, slug: str) -> Quarter | None:
        """The quarter that "2016-4" says; None for anything else."""
        match = re.fullmatch(r"(20\d\d)-([1-4])", slug, re.ASCII)
        return cls(int(match[1]), int(match[2])) if match else None

    @property
    def slug(self) -> str:
        return f"{self.year}-{self.number}"

    @property
    def starts_on(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def label(self) -> str:
        """October to December 2016."""
        last = self.next.starts_on - timedelta(days=1)
        return f"{self.starts_on:%B} to {last:%B %Y}"
