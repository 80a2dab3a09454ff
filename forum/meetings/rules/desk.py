"""The stages of a meeting from first idea to minutes: what is done, what comes next, what is late.

When each is due is how secretariats do it: the calling notice about four weeks before, agenda and papers five working
days before, draft minutes five working days after.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

from forum.base.words import plural
from forum.meetings.rules.holidays import working_days

CALLING_NOTICE = timedelta(days=28)  # before the meeting
REMINDING = timedelta(days=7)  # before the meeting
PAPERS_OUT = 5  # working days before the meeting
TICKED = 1  # working days after the meeting
MINUTES_DRAFTED = 5  # working days after the meeting
MINUTES_OUT = 10
OPENING = "Check the details and open the meeting"


class Standing(Enum):
    DONE = "done"
    IN_PROGRESS = "in progress"
    NOT_STARTED = "not started"
    NOT_NEEDED = "not needed"


class Facts(NamedTuple):
    """What is known of a meeting, counted. Dates are those of London."""

    day: date
    is_draft: bool
    is_over: bool
    has_begun: bool  # the day of the meeting has come
    asks_replies: bool
    is_placed: bool  # where it is, is known
    reply_by_on: date | None
    papers_due_on: date | None
    items: int
    overrun: int  # minutes by which the agenda is too long
    proposals: int  # waiting for a decision
    papers: int
    papers_to_come: int  # asked for, and not there yet
    packs: int
    audiences: int  # lines of who is to be invited
    invited: int
    uninvited: int
    unanswered: int
    untold: int  # not told of the newest change
    update_due: str  # when an update that was ordered goes out, in words; "" while none waits
    answers: str  # in words
    letters: str  # in words; "" while none was written
    letters_failed: int
    is_sending: bool
    reminders: int
    reminders_settled: int
    marked: int  # people on the attendance list
    present: int
    minutes: str  # "", "draft", "published"


class Step(NamedTuple):
    """One stage: `path` is where it is done, below the meeting's page; `due`: by when, unless it needs no date."""

    name: str
    path: str
    standing: Standing
    words: str
    due: date | None
    to_do: str  # what to do next, as the desk says it

    @property
    def is_opening(self) -> bool:
        return self.to_do == OPENING

    def is_late(self, today: date) -> bool:
        return self.is_to_do and self.due is not None and self.due < today

    @property
    def is_to_do(self) -> bool:
        return self.standing in {Standing.IN_PROGRESS, Standing.NOT_STARTED}


def steps(facts: Facts) -> list[Step]:
    """The nine stages in order."""
    return [
        _details(facts),
        _agenda(facts),
        _papers(facts),
        _invitees(facts),
        _sending(facts),
        _replies(facts),
        _reminders(facts),
        _day(facts),
        _minutes(facts),
    ]


def next_step(found: list[Step], today: date) -> Step | None:
    """What to do next: what is late first, then what is due first; of what has no date, the first."""
    to_do = [step for step in found if step.is_to_do and step.to_do]
    return min(to_do, key=lambda step: (not step.is_late(today), step.due or date.max), default=None)


def _standing(is_done: bool, is_begun: bool) -> Standing:
    return Standing.DONE if is_done else Standing.IN_PROGRESS if is_begun else Standing.NOT_STARTED


def _joined(words: Iterator[str]) -> str:
    return ", ".join(part for part in words if part)


def _details(facts: Facts) -> Step:
    if facts.is_draft:
        words = "Draft" if facts.is_placed else "Draft, place to be confirmed"
        return Step(
            "Details",
            "/edit",
            Standing.IN_PROGRESS,
            words,
            facts.day - CALLING_NOTICE,
            OPENING,
        )
    words = "" if facts.is_placed else "Place to be confirmed"
    is_settled = facts.is_placed or facts.is_over
    return Step(
        "Details",
        "/edit",
        _standing(is_settled, True),
        words,
        working_days(facts.day, -PAPERS_OUT),
        "Enter where the meeting is",
    )


def _agenda(facts: Facts) -> Step:
    def words() -> Iterator[str]:
        yield plural(facts.items, "item") if facts.items else ""
        yield f"{plural(facts.overrun, 'minute')} too long" if facts.items and facts.overrun > 0 else ""
        yield f"{plural(facts.proposals, 'proposal')} to decide on" if facts.proposals else ""

    to_do = "Decide on what members propose for the agenda" if facts.proposals else "Finish the agenda"
    if not facts.items:
        to_do = "Make up the agenda"
    is_done = bool(facts.items) and facts.overrun <= 0 and not facts.proposals
    due = working_days(facts.day, -PAPERS_OUT)
    return Step(
        "Agenda", "/agenda", _standing(is_done or facts.is_over, bool(facts.items)), _joined(words()), due, to_do
    )


def _papers(facts: Facts) -> Step:
    def words() -> Iterator[str]:
        yield plural(facts.papers, "paper") if facts.papers else ""
        yield f"{facts.papers_to_come} still to come" if facts.papers_to_come else ""
        yield "pack made" if facts.packs else "no pack yet" if facts.papers else ""

    due = working_days(facts.day, -PAPERS_OUT)
    if facts.papers_due_on and (facts.papers_to_come or not facts.papers):
        due = facts.papers_due_on
    if not facts.papers:
        standing = Standing.NOT_STARTED if not facts.is_over and facts.papers_due_on else Standing.NOT_NEEDED
        return Step("Papers", "/papers", standing, "No papers", due, "Ask for the papers")
    is_done = facts.is_over or (not facts.papers_to_come and facts.packs > 0)
    to_do = "Collect the papers that are missing" if facts.papers_to_come else "Make the pack of papers"
    return Step("Papers", "/papers", _standing(is_done, True), _joined(words()), due, to_do)


def _invitees(facts: Facts) -> Step:
    def words() -> Iterator[str]:
        yield f"{facts.invited:,} invited" if facts.invited else ""
        still = "still " if facts.invited else ""
        yield f"{facts.uninvited:,} {still}to invite" if facts.uninvited and not facts.is_over else ""

    is_chosen = bool(facts.audiences or facts.invited or facts.uninvited)
    return Step(
        "Who is invited",
        "/invitees",
        _standing(is_chosen or facts.is_over, False),
        _joined(words()),
        facts.day - CALLING_NOTICE,
        "Choose who is invited",
    )


def _sending(facts: Facts) -> Step:
    def words() -> Iterator[str]:
        yield facts.letters
        yield f"{plural(facts.letters_failed, 'letter')} not delivered" if facts.letters_failed else ""
        untold = plural(facts.untold, "person has", "people have")
        if facts.update_due:
            yield f"an update goes out at {facts.update_due}"
        elif facts.untold and not facts.is_over:
            yield f"{untold} not been told of the newest change"

    is_done = bool(facts.invited) and not (facts.uninvited or facts.untold or facts.is_sending or facts.letters_failed)
    due = facts.day - CALLING_NOTICE
    path, to_do = "/invitations", "Look at the letters that were not delivered"
    if facts.is_draft:
        path, to_do = "", ""
    elif facts.uninvited or not facts.invited:
        path, to_do = "/invitations/new", f"Invite {plural(facts.uninvited, 'member')}" if facts.uninvited else ""
    elif facts.untold and not facts.update_due:
        to_do = "Tell people of the newest change, or leave it"
    elif facts.is_sending or facts.update_due:
        to_do, due = "", facts.day
    if facts.invited and path == "/invitations/new":
        due = facts.day  # somebody who joined since
    return Step(
        "Send the invitations",
        path,
        _standing(is_done or facts.is_over, bool(facts.invited)),
        _joined(words()),
        due,
        to_do,
    )


def _replies(facts: Facts) -> Step:
    due = facts.reply_by_on or working_days(facts.day, -PAPERS_OUT)
    if not facts.asks_replies:
        return Step("Answers", "", Standing.NOT_NEEDED, "This meeting asks for no answers", None, "")
    is_done = facts.invited > 0 and (facts.is_over or not facts.unanswered)
    path = "/invitations" if facts.invited else ""
    to_do = f"Ask the {plural(facts.unanswered, 'person', 'people')} who have not answered" if facts.unanswered else ""
    return Step("Answers", path, _standing(is_done, facts.invited > 0), facts.answers, due, to_do)


def _reminders(facts: Facts) -> Step:
    def words() -> Iterator[str]:
        yield plural(facts.reminders, "reminder") if facts.reminders else ""
        yield f"{facts.reminders_settled} done" if facts.reminders_settled else ""

    if facts.is_over and not facts.reminders:
        return Step("Reminders", "/reminders", Standing.NOT_NEEDED, "None were sent", None, "")
    standing = _standing(bool(facts.reminders), False)
    return Step("Reminders", "/reminders", standing, _joined(words()), facts.day - REMINDING, "Set reminders")


def _day(facts: Facts) -> Step:
    words = f"{facts.present:,} present" if facts.marked else ""
    path = "/attendance" if not facts.is_draft else ""
    to_do = "Mark who was there" if facts.is_over else "Mark who is there" if facts.has_begun else ""
    standing = _standing(facts.is_over and facts.marked > 0, facts.marked > 0)
    return Step("On the day", path, standing, words, working_days(facts.day, TICKED), to_do)


def _minutes(facts: Facts) -> Step:
    if facts.minutes == "published":
        return Step("Minutes", "/minutes", Standing.DONE, "Published", None, "")
    days, to_do = (MINUTES_OUT, "Publish the minutes") if facts.minutes else (MINUTES_DRAFTED, "Write the minutes")
    path = "" if facts.is_draft or not facts.items else "/minutes"
    return Step(
        "Minutes",
        path,
        _standing(False, bool(facts.minutes)),
        "Draft" if facts.minutes else "",
        working_days(facts.day, days),
        to_do if facts.has_begun and path else "",
    )
