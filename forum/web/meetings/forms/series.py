"""The forms of series of meetings, and of a meeting made like another."""

from __future__ import annotations

from typing import Any

from forum.meetings.models import MeetingKind, MeetingSeries, Purpose, SeriesItem
from forum.meetings.queries.tellings import MODES
from forum.meetings.rules import series as rules
from forum.reference.models import Marking
from forum.web import fields
from forum.web.fields import Choice, choices
from forum.web.meetings.forms import HOURS, KINDS, PURPOSES

SAME = ("title", "kind", "week", "weekday", "every_months", "mode", "place", "marking")


class SeriesForm(fields.Form):
    title = fields.TextField("Title", required="Enter a title", hint="Every meeting starts out with it")
    kind = fields.SelectField("Kind of meeting", choices=choices(KINDS.items()), default=MeetingKind.FORUM)
    week = fields.SelectField("Week of the month", choices=choices(rules.WEEKS.items()), default=1)
    weekday = fields.SelectField("Day of the week", choices=choices(enumerate(rules.WEEKDAYS)), default=1)
    every_months = fields.NumberField(
        "Every how many months",
        required="Enter how many months there are from one meeting to the next",
        called="Months",
        minimum=1,
        maximum=12,
        hint="For example, 3",
        classes="govuk-input--width-2",
    )
    starts = fields.TimeField("Starts", required="Enter when it starts", hint="For example, 10:30am or 2pm")
    ends = fields.TimeField(
        "Ends", required="Enter when it ends", hint="For example, 1pm. A time before the start is on the next day"
    )
    mode = fields.RadioField(
        "How people take part", choices=choices(MODES.items()), required="Select how people take part"
    )
    place = fields.TextField(
        "Place",
        max_length=300,
        hint="Needed when people can come in person. Enter “To be confirmed” if you do not know",
    )
    marking = fields.RadioField(
        "Marking",
        choices=[Choice(Marking.OFFICIAL, "OFFICIAL"), Choice(Marking.SENSITIVE, "OFFICIAL-SENSITIVE")],
        required="Select a marking",
        default=Marking.OFFICIAL,
    )
    is_chatham_house = fields.CheckboxField("The meetings are held under the Chatham House Rule", mark_optional=False)
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def details(self) -> dict[str, Any]:
        shared = {name: self[name].data for name in (*SAME, "starts", "ends")}
        return shared | {"is_chatham_house": bool(self.is_chatham_house.data)}


def as_typed(series: MeetingSeries) -> dict[str, Any]:
    starts, ends = rules.times(series)
    same = {name: getattr(series, name) for name in (*SAME, "is_chatham_house", "version")}
    return same | {"starts": starts, "ends": ends}


class SeriesItemForm(fields.Form):
    title = fields.TextField("Item", required="Enter what the item is about", called="The item")
    lead = fields.TextField("Who leads it")
    minutes = fields.NumberField(
        "Minutes", required="Enter how many minutes it takes", minimum=1, maximum=720, classes="govuk-input--width-3"
    )
    purpose = fields.SelectField("Purpose", choices=choices(PURPOSES.items()), default=Purpose.INFORMATION)

    def details(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("title", "lead", "minutes", "purpose")}


def item_as_typed(item: SeriesItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("title", "lead", "minutes", "purpose")}


class UntilForm(fields.Form):
    """`seen`: the days that the page showed, to be sent back with the word to go ahead."""

    since = fields.DateField("From", called="The first date")
    until = fields.DateField(
        "Until", required="Enter until when", hint="For example, 31 12 2017", called="The last date"
    )
    seen = fields.HiddenField(max_length=1_000)


class DuplicateForm(fields.Form):
    title = fields.TextField("Title", required="Enter a title")
    day = fields.DateField("Date", required="Enter the date", hint="For example, 15 11 2016", called="The date")
    starts = fields.TimeField("Starts", required="Enter when it starts")
    ends = fields.TimeField("Ends", required="Enter when it ends", hint="A time before the start is on the next day")
    hour = fields.RadioField(
        "The clocks go back on this day. Which of the two hours do you mean?",
        choices=HOURS,
        mark_optional=False,
    )
    form_key = fields.HiddenField(max_length=64)

    def details(self) -> dict[str, Any]:
        second = {"first": False, "second": True}.get(self.hour.data)
        return {name: self[name].data for name in ("title", "day", "starts", "ends")} | {"is_second_hour": second}
