"""The forms of the meetings pages."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from forum.base import clock
from forum.meetings import rules
from forum.meetings.commands.scheduling import MODES, Details
from forum.meetings.exports.documents import KINDS as KINDS  # pages take both from here
from forum.meetings.exports.documents import PURPOSES as PURPOSES
from forum.meetings.models import Meeting, MeetingKind
from forum.reference.models import Marking, Theme
from forum.web import fields
from forum.web.fields import Choice, choices

HOURS = (Choice("first", "The first, in British Summer Time"), Choice("second", "The second, an hour later"))
FURTHER = ("host_id", "reply_by_on", "capacity", "items_until_on", "papers_due_on")


class MeetingForm(fields.Form):
    title = fields.TextField("Title", required="Enter a title")
    kind = fields.SelectField("Kind of meeting", choices=choices(KINDS.items()), default=MeetingKind.FORUM)
    day = fields.DateField("Date", required="Enter the date", hint="For example, 15 11 2016", called="The date")
    starts = fields.TimeField("Starts", required="Enter when it starts", hint="For example, 10:30am or 2pm")
    ends = fields.TimeField(
        "Ends", required="Enter when it ends", hint="For example, 1pm. A time before the start is on the next day"
    )
    hour = fields.RadioField(
        "The clocks go back on this day. Which of the two hours do you mean?",
        choices=HOURS,
        mark_optional=False,
    )
    mode = fields.RadioField(
        "How people take part", choices=choices(MODES.items()), required="Select how people take part"
    )
    place = fields.TextField(
        "Place",
        max_length=300,
        hint="Needed when people can come in person. Enter “To be confirmed” if you do not know",
    )
    joining_link = fields.TextField(
        "Joining link", max_length=500, hint="Shown to those invited only, and put into their calendars"
    )
    description = fields.LongTextField("What the meeting is about", max_length=5_000)
    themes = fields.CheckboxesField("Themes", small=True)
    marking = fields.RadioField(
        "Marking",
        choices=[
            Choice(Marking.OFFICIAL, "OFFICIAL"),
            Choice(
                Marking.SENSITIVE, "OFFICIAL-SENSITIVE", "Invitations then leave out the description and the agenda"
            ),
        ],
        required="Select a marking",
        default=Marking.OFFICIAL,
    )
    is_chatham_house = fields.CheckboxField("The meeting is held under the Chatham House Rule", mark_optional=False)
    host_id = fields.SelectField("Host", blank="Nobody yet")
    asks_replies = fields.RadioField(
        "Are people asked to answer the invitation?",
        choices=[Choice("yes", "Yes, ask for an answer"), Choice("no", "No, only tell them")],
        hint="If you select neither, a Forum or working group asks and other meetings do not",
        mark_optional=False,
    )
    reply_by_on = fields.DateField("Answer by", called="The date to answer by")
    capacity = fields.NumberField(
        "Places",
        minimum=1,
        maximum=rules.MOST_PLACES,
        hint="In the room, or online if there is no room. Leave it empty if there is no limit",
    )
    items_until_on = fields.DateField(
        "Members can propose agenda items until", hint="The end of that day", called="The last day to propose items"
    )
    papers_due_on = fields.DateField(
        "Papers are due on", hint="Papers that come later are marked late", called="The date papers are due"
    )
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def offer(
        self, themes: list[tuple[int, str]], hosts: list[tuple[int, str]], kept: list[Theme] | None = None
    ) -> None:
        """The themes to choose from: those in use, and those the meeting has already; and who can be the host."""
        shown = dict(themes) | {theme.id: theme.title for theme in kept or []}
        self.themes.choices = choices(shown.items())
        self.themes.mark_optional = bool(shown)
        self.host_id.choices = choices(hosts)
        self.host_id.mark_optional = False

    def is_used(self, *names: str) -> bool:
        """Whether one of these says something, or has something wrong with it: then it is not folded away."""
        return any(self[name].errors or self[name].data for name in names)

    def details(self) -> Details:
        return {
            "title": self.title.data,
            "kind": self.kind.data,
            "theme_ids": self.themes.data or [],
            "day": self.day.data,
            "starts": self.starts.data,
            "ends": self.ends.data,
            "is_second_hour": {"first": False, "second": True}.get(self.hour.data),
            "mode": self.mode.data,
            "place": self.place.data,
            "joining_link": self.joining_link.data,
            "description": self.description.data,
            "marking": self.marking.data,
            "is_chatham_house": bool(self.is_chatham_house.data),
            "asks_replies": {"yes": True, "no": False}.get(self.asks_replies.data),
            **{name: self[name].data for name in FURTHER},  # type: ignore[typeddict-item]
        }


class TellForm(fields.Form):
    """The second step of a change: whether those invited are told. Shown with everything typed in the first."""

    tell = fields.RadioField(
        "Do you want to send an update?",
        choices=[Choice("yes", "Send an update"), Choice("no", "Do not send an update")],
        required="Select whether to send an update",
        size="m",
    )


def new_key() -> str:
    """What tells one sending of a form from another."""
    return secrets.token_urlsafe(24)


def as_typed(meeting: Meeting) -> dict[str, Any]:
    """A meeting as its form shows it."""
    starts, ends = clock.london(meeting.starts_at), clock.london(meeting.ends_at)
    same = ("title", "kind", "mode", "place", "joining_link", "description", "marking", "is_chatham_house", "version")
    further = ("host_id", "reply_by_on", "capacity", "papers_due_on")
    return {name: getattr(meeting, name) for name in (*same, *further)} | {
        "asks_replies": "yes" if meeting.asks_replies else "no",
        "items_until_on": clock.london(meeting.items_until).date() if meeting.items_until else None,
        "themes": [theme.id for theme in meeting.themes],
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "hour": _which_hour(starts) or _which_hour(ends),
    }


def _which_hour(shown: datetime) -> str | None:
    """Which of the two hours of October this is; None on every other."""
    if len(clock.moments_of(shown.date(), shown.time().replace(fold=0))) < 2:
        return None
    return "second" if shown.fold else "first"


class ReasonForm(fields.Form):
    reason = fields.LongTextField("Reason", required="Enter a reason", max_length=1_000, rows=3)


class MoveForm(fields.Form):
    by = fields.SelectField("Where to", choices=[Choice(-1, "Up"), Choice(1, "Down")], required="Select up or down")
    seen_at = fields.HiddenField(whole_number=True)


class MeetingsFilter(fields.FilterForm):
    theme = fields.SelectField("Theme", blank="All themes")
    kind = fields.SelectField("Kind", blank="All kinds", choices=choices(KINDS.items()))
    show = fields.HiddenField()


class InvitedFilter(fields.FilterForm):
    answer = fields.SelectField(
        "Answer",
        blank="All answers",
        choices=choices(
            [
                ("yes", "Yes"),
                ("in-person", "Yes, in person"),
                ("online", "Yes, online"),
                ("maybe", "Maybe"),
                ("no", "No"),
                ("none", "No answer"),
            ]
        ),
    )
    letter = fields.SelectField(
        "Letter",
        blank="All letters",
        choices=choices([("sent", "Sent"), ("waiting", "On its way"), ("failed", "Not delivered")]),
    )
    text = fields.TextField("Name", max_length=100)
