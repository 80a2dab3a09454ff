"""The forms of the meetings pages."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm

from forum.base import clock
from forum.meetings import rules
from forum.meetings.commands.scheduling import MODES, Details
from forum.meetings.models import AgendaItem, Meeting, MeetingKind, Mode, Purpose
from forum.meetings.rules import Way
from forum.reference.models import Marking, Theme
from forum.web import fields
from forum.web.fields import Choice, choices

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


class MeetingForm(fields.Form):
    title = fields.TextField("Title", required="Enter a title")
    kind = fields.SelectField("Kind of meeting", choices=choices(KINDS.items()), default=MeetingKind.FORUM)
    day = fields.DateField("Date", required="Enter the date", hint="For example, 15 11 2016", called="The date")
    starts = fields.TimeField("Starts", required="Enter when it starts", hint="For example, 10:30am or 2pm")
    ends = fields.TimeField("Ends", required="Enter when it ends", hint="For example, 1pm")
    hour = fields.RadioField(
        "The clocks go back on this day. Which of the two hours do you mean?",
        choices=[Choice("first", "The first, in British Summer Time"), Choice("second", "The second, an hour later")],
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
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def offer(self, themes: list[tuple[int, str]], kept: list[Theme] | None = None) -> None:
        """The themes to choose from: those in use, and those the meeting has already."""
        shown = dict(themes) | {theme.id: theme.title for theme in kept or []}
        self.themes.choices = choices(shown.items())
        self.themes.mark_optional = bool(shown)

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
    return {name: getattr(meeting, name) for name in same} | {
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


class ItemForm(fields.Form):
    title = fields.TextField("Item", required="Enter what the item is about", called="The item")
    lead = fields.TextField("Who leads it")
    minutes = fields.NumberField(
        "Minutes", required="Enter how many minutes it takes", minimum=1, maximum=720, classes="govuk-input--width-3"
    )
    purpose = fields.SelectField("Purpose", choices=choices(PURPOSES.items()), default=Purpose.INFORMATION)
    paper = fields.TextField("Paper", max_length=100, hint="For example, Paper 2")
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def details(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("title", "lead", "minutes", "purpose", "paper")}


def item_as_typed(item: AgendaItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("title", "lead", "minutes", "purpose", "paper", "version")}


class MoveForm(fields.Form):
    by = fields.SelectField("Where to", choices=[Choice(-1, "Up"), Choice(1, "Down")], required="Select up or down")
    seen_at = fields.HiddenField(whole_number=True)


class ReplyForm(fields.Form):
    """Answering an invitation: every answer is a button of its own."""

    answer = fields.RadioField("Your answer", required="Select an answer")
    note = fields.LongTextField(
        "Note to the secretariat",
        hint="Such as access or dietary needs. Only the secretariat reads it",
        max_length=1_000,
        rows=2,
        counted=False,
    )

    def offer(self, mode: Mode) -> None:
        self.answer.choices = [Choice(way.sent, way.words) for way in rules.ways(mode)]

    def way(self) -> Way:
        return next(way for way in rules.WAYS if way.sent == self.answer.data)


class LinkReplyForm(ReplyForm):
    """The same, sent from the page of a reply link."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False  # the link's signed token is what authorises, and a form on another site cannot know it


class MeetingsFilter(fields.FilterForm):
    theme = fields.SelectField("Theme", blank="All themes")
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
