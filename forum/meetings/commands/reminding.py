"""Reminders about a meeting: set, changed, removed, and written when they are due."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from typing import TypedDict, Unpack

import sqlalchemy as sa
from markupsafe import Markup, escape

from forum.base import clock, history, letters, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind, Letter
from forum.meetings import queries
from forum.meetings.models import Meeting, Reminder, Segment, Stage
from forum.meetings.queries import reminders
from forum.meetings.queries.reminders import PersonRow
from forum.meetings.rules import check_scheduler
from forum.meetings.rules import reminders as rules
from forum.members.models import Member

A_PART = 200  # letters written in one transaction
# Stand for what differs between the letters of one reminder. Characters for private use: nobody types them.
NAME, REPLY_LINK, LEAVE_LINK = "\ue000", "\ue001", "\ue002"


class Details(TypedDict):
    """What a reminder is set from: `days_before` the meeting, or a `day` and a time `at` on it as London shows them."""

    segment: Segment
    days_before: int | None
    day: date | None
    at: time | None
    words: str


def remind(actor: Member, meeting: Meeting, *, form_key: str | None = None, **details: Unpack[Details]) -> Reminder:
    """A new reminder. The same form sent again gives the one it made the first time. Raises Rejected."""
    _begin(actor, meeting)
    made = reminders.by_form_key(form_key)
    if made is not None:
        return made
    reminder = Reminder(meeting=meeting, made_at=clock.now(), made_by_id=actor.id, form_key=form_key or None)
    _set(reminder, meeting, details)
    db.session.add(reminder)
    db.session.flush()
    history.note(actor, "set a reminder", reminder, about=meeting)
    return reminder


def remind_as_usual(actor: Member, meeting: Meeting) -> int:
    """The usual reminders, but for those the meeting has already or whose moment has passed; how many were set."""
    _begin(actor, meeting)
    there = {(found.segment, found.days_before) for found in reminders.of_meeting(meeting)}
    now, number = clock.now(), 0
    for segment, days in rules.USUAL:
        if (segment, days) not in there and reminders.due_at(meeting, days, None) > now:
            remind(actor, meeting, segment=segment, days_before=days, day=None, at=None, words="")
            number += 1
    return number


def change(actor: Member, meeting: Meeting, reminder: Reminder, version: int, **details: Unpack[Details]) -> None:
    """Give a reminder that has not gone out these details.

    Raises Rejected at "version" when somebody else changed it meanwhile.
    """
    _begin(actor, meeting)
    db.session.refresh(reminder, _COLUMNS, with_for_update=True)
    rules.check_not_settled(reminder)
    if reminder.version != version:
        raise Rejected(
            "Somebody changed this reminder while you were changing it. Check it, then save again.", "version"
        )
    _set(reminder, meeting, details)
    reminder.version += 1
    history.note(actor, "changed a reminder", reminder, about=meeting)


def remove(actor: Member, meeting: Meeting, reminder: Reminder) -> None:
    """Take back a reminder that has not gone out. Doing so twice changes nothing more."""
    _begin(actor, meeting, is_ending=True)
    db.session.refresh(reminder, _COLUMNS, with_for_update=True)
    if reminder.removed_at is not None:
        return
    rules.check_not_settled(reminder)
    reminder.removed_at = clock.now()
    history.note(actor, "removed a reminder", reminder, about=meeting)


_COLUMNS = [column.key for column in sa.inspect(Reminder).column_attrs]


def _begin(actor: Member, meeting: Meeting, *, is_ending: bool = False) -> None:
    check_scheduler(actor)
    queries.take(meeting)
    if not is_ending:
        rules.check_reminding(meeting, clock.now())


def _set(reminder: Reminder, meeting: Meeting, details: Details) -> None:
    rules.check_words(details["words"])
    richtext.to_html(details["words"])  # a table too wide is refused now, and not when it is due
    days = details["days_before"]
    reminder.segment, reminder.words = details["segment"], details["words"]
    reminder.days_before, reminder.at = days, None if days is not None else _moment(details["day"], details["at"])
    due_at = reminders.due_at(meeting, days, reminder.at)
    rules.check_moment(due_at, meeting, clock.now(), "day" if days is None else "days_before")


def _moment(day: date | None, at: time | None) -> datetime:
    if day is None or at is None:
        raise Rejected("Enter how many days before, or a day and a time", "day" if day is None else "at")
    moments = clock.moments_of(day, at)
    if not moments:
        raise Rejected("The clocks go forward that night, and this time is left out. Choose another time", "at")
    return moments[0]


# --- what the worker does ----------------------------------------------------------------------------------------------


def send_due() -> bool:
    """Write up to 200 letters of the reminder that is due last; whether there may be more to do.

    Of several that are due at once for one person (the worker was down for a day) the newest alone is written: it goes
    first, and an earlier one passes over whoever has a letter of a later one.
    """
    now = clock.now()
    reminder = reminders.next_due(now)
    if reminder is None:
        return False
    db.session.refresh(reminder, _COLUMNS, with_for_update=True)
    if reminder.settled_at is None:
        _send_part(reminder, now)
    return True


def _send_part(reminder: Reminder, now: datetime) -> None:
    meeting, due_at = reminder.meeting, reminders.when(reminder)
    reason = rules.why_left_out(due_at, meeting.starts_at, now)
    if reason is not None:
        _settle(reminder, _LEFT_OUT[reason].format(clock.show_moment(due_at)))
        return
    unsent = reminders.were_not_sent([reminder.id, *reminders.later_ones(reminder)])
    people = reminders.people(meeting, reminder.segment, unsent, limit=A_PART)
    write = Wording(meeting, reminder.segment, reminder.words, reminder.id, [person.id for person in people])
    letters.write_many(write.to(person) for person in people)
    reminder.letters += len(people)
    if len(people) < A_PART:
        _settle(reminder)


def _settle(reminder: Reminder, because: str = "") -> None:
    reminder.settled_at, reminder.left_out_because = clock.now(), because
    verb = "left out a reminder" if because else "sent a reminder"
    history.note(None, verb, reminder, because, about=reminder.meeting, letters=reminder.letters)


_LEFT_OUT = {
    "begun": "It was due on {}. The worker was not running on that day, and by now the meeting has begun.",
    "late": "It was due on {}. The worker was not running on that day, or the meeting was opened or moved only later, "
    "so it came more than 36 hours late.",
}


class Wording:
    """The letters of one reminder. `number` is the reminder's; `member_ids` are those of whom they are to."""

    def __init__(self, meeting: Meeting, segment: Segment, words: str, number: int, member_ids: list[int]) -> None:
        self.meeting, self.segment, self.words, self.number = meeting, segment, words, number
        self.duties = {} if meeting.is_sensitive else reminders.duties(meeting, segment, member_ids)
        self.render = cache(self._render)

    def to(self, person: PersonRow) -> letters.Fields:
        """The letter made out to this person."""
        of_list = letters.leaving(letters.MEETINGS, person.id)
        links = {LEAVE_LINK: letters.link(of_list["unsubscribe_path"])}
        if person.link_version is not None:
            token = queries.reply_token(self.meeting.id, person.id, person.link_version)
            links[REPLY_LINK] = letters.link(f"/reply/{token}")
        text, html = self.render(person.link_version is not None, tuple(self.duties.get(person.id, ())))
        for mark, words in {NAME: person.name, **links}.items():
            text, html = text.replace(mark, words), html.replace(mark, escape(words))
        return {
            "key": reminders.key(self.number, person.id),
            "kind": Kind.REMINDER,
            "member_id": person.id,
            "to_name": person.name,
            "to_address": person.email,
            "subject": f"Reminder: {self.meeting.title}, {clock.show_date(self.meeting.starts_at)}",
            "text": text,
            "html": html,
            "about": queries.about(self.meeting),
            "not_after": self.meeting.starts_at,
            "rank": 1,
            "list_name": of_list["list_name"],
            "unsubscribe_path": of_list["unsubscribe_path"],
        }

    def _render(self, is_invited: bool, duties: tuple[str, ...]) -> tuple[str, str]:
        return letters.render(
            "reminder",
            meeting=self.meeting,
            meeting_url=letters.link(f"/meetings/{self.meeting.id}"),
            segment=self.segment.value,
            words=self.words,
            words_html=Markup(richtext.to_html(self.words, top=2)),  # noqa: S704  # safe: that is what it makes
            duties=duties,
            name=NAME,
            reply_url=REPLY_LINK if is_invited and self.meeting.asks_replies else "",
            joining_link=self.meeting.online_link if is_invited else "",
            leave_url=LEAVE_LINK,
        )


def sample(meeting: Meeting, reminder: Reminder, person: PersonRow) -> letters.Fields:
    """The letter as this person would get it now, but for the links that are theirs alone. Nothing is written."""
    letter = Wording(meeting, reminder.segment, reminder.words, reminder.id, [person.id]).to(person)
    return letter | {"text": letters.without_keys(letter["text"]), "html": letters.without_keys(letter["html"])}


# --- asked by the worker before a letter leaves ------------------------------------------------------------------------

_NO_LONGER = {
    Segment.NO_ANSWER: "This person has answered meanwhile.",
    Segment.ITEM_LEADS: "This person no longer leads an item.",
    Segment.PAPER_OWNERS: "The paper has come meanwhile, or is asked of this person no more.",
}


def _is_still_wanted(letter: Letter) -> str | None:
    """Why this reminder should not go out any more. No statement for a reminder of another kind."""
    what, _, numbers = letter.key.partition(":")
    if what != "reminder" or letter.member_id is None:
        return None
    wanted = sa.select(Reminder.segment, Meeting.id, Meeting.stage, Meeting.starts_at).join(Reminder.meeting)
    found = db.session.execute(wanted.where(Reminder.id == int(numbers.partition(":")[0]))).one_or_none()
    if found is None or found.stage is not Stage.OPEN:
        return "The meeting was cancelled."
    if found.starts_at != letter.not_after:
        return "The meeting was moved after this reminder was written."
    if reminders.is_for(found.id, found.segment, letter.member_id):
        return None
    return _NO_LONGER.get(found.segment, "This person has changed their answer, or is no longer invited.")


letters.check(Kind.REMINDER, _is_still_wanted)
