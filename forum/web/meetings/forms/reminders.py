"""The form of a reminder."""

from __future__ import annotations

from typing import Any

from forum.base import clock
from forum.meetings.commands.reminding import Details
from forum.meetings.models import Reminder, Segment
from forum.meetings.rules import reminders as rules
from forum.web import fields
from forum.web.fields import Choice
from forum.web.furniture import plural

SEGMENTS = {
    Segment.NO_ANSWER: "Those who have not answered",
    Segment.YES: "Those who said yes",
    Segment.MAYBE: "Those who said maybe",
    Segment.EVERYONE: "Everyone invited, but for those who said no",
    Segment.ITEM_LEADS: "Those who lead an item",
    Segment.PAPER_OWNERS: "Those asked for a paper that has not come",
}


class ReminderForm(fields.Form):
    segment = fields.RadioField("Who is it for?", required="Select who it is for", size="m")
    timing = fields.RadioField(
        "When does it go out?",
        choices=[
            Choice("days", "Some days before the meeting, at 9am", reveals="days_before"),
            Choice("moment", "On a fixed day, at a fixed time", reveals="day at"),
        ],
        required="Select when it goes out",
        size="m",
    )
    days_before = fields.NumberField(
        "Days before",
        minimum=0,
        maximum=rules.EARLIEST,
        classes="govuk-input--width-3",
        hint="0 is the day of the meeting",
        mark_optional=False,
    )
    day = fields.DateField("Day", hint="For example, 15 11 2016", called="The day", mark_optional=False)
    at = fields.TimeField("Time", hint="For example, 10:30am or 2pm", called="The time", mark_optional=False)
    words = fields.LongTextField(
        "Your own words",
        max_length=rules.LONGEST,
        hint="Instead of the usual words. Date, place and links come with every reminder. Name nobody: everyone it is "
        "for reads the same words",
    )
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def offer(self, counts: dict[Segment, int]) -> None:
        """Whom it can be for, with how many that would be now."""
        self.segment.choices = [
            Choice(segment, words, f"{plural(counts[segment], 'person', 'people')} now")
            for segment, words in SEGMENTS.items()
        ]

    def validate(self, **rest: Any) -> bool:
        """What belongs to the timing that is chosen is needed; what belongs to the other plays no part."""
        super().validate(**rest)
        needed = {self.days_before: "how many days before", self.day: "the day", self.at: "the time"}
        of_timing = {"days": [self.days_before], "moment": [self.day, self.at]}.get(self.timing.data, [])
        for field, words in needed.items():
            if field not in of_timing:
                field.errors = []
            elif field.is_empty() and not field.errors:
                field.errors = [f"Enter {words}"]
        return not any(field.errors for field in self)

    def details(self) -> Details:
        counts_days = self.timing.data == "days"
        return {
            "segment": self.segment.data,
            "days_before": self.days_before.data if counts_days else None,
            "day": None if counts_days else self.day.data,
            "at": None if counts_days else self.at.data,
            "words": self.words.data,
        }


def as_typed(reminder: Reminder) -> dict[str, Any]:
    """A reminder as its form shows it."""
    at = None if reminder.at is None else clock.london(reminder.at)
    return {
        "segment": reminder.segment,
        "timing": "days" if at is None else "moment",
        "days_before": reminder.days_before,
        "day": at and at.date(),
        "at": at and at.time(),
        "words": reminder.words,
        "version": reminder.version,
    }


def in_words(reminder: Reminder) -> str:
    """ "7 days before, at 9am"; "On a fixed day"."""
    if reminder.days_before is None:
        return "On a fixed day"
    if reminder.days_before == 0:
        return "On the day, at 9am"
    return f"{plural(reminder.days_before, 'day')} before, at 9am"
