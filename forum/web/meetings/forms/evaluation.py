"""Forms of evaluations and of attendance over time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from flask_wtf import FlaskForm

from forum.meetings.rules import evaluations as rules
from forum.web import fields
from forum.web.fields import choices


class EvaluationForm(fields.Form):
    usefulness = fields.RadioField(
        "How useful was the meeting for you?",
        choices=choices(rules.GRADES.items()),
        required="Select how useful the meeting was",
        small=True,
    )
    heard = fields.RadioField(
        "Did you feel heard?",
        choices=choices(rules.GRADES.items()),
        required="Select whether you felt heard",
        small=True,
    )
    words = fields.LongTextField(
        "What would make the next one better?",
        hint="Shown without your name. Do not write anything that tells who you are",
        max_length=rules.LONGEST,
        rows=4,
    )

    def details(self) -> dict[str, Any]:
        return {"usefulness": self.usefulness.data, "heard": self.heard.data, "words": self.words.data}


class LinkEvaluationForm(EvaluationForm):
    """The same, sent from the page of a link in a letter."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False  # the link's signed token is what authorises, and a form on another site cannot know it


class DayField(fields.TextField):
    """A day of a filter, in the browser's own calendar: YYYY-MM-DD. What is no day is passed over."""

    type_ = "date"

    def find_fault(self) -> str:
        try:
            year = date.fromisoformat(self.data).year
        except ValueError:
            return "Enter a date"
        return "" if year in fields.YEARS else "Enter a date"


class PeriodFilter(fields.FilterForm):
    """Between two days, both included."""

    QUICK: ClassVar = (("Last 3 months", timedelta(days=91)), ("Last 12 months", timedelta(days=365)))
    to = DayField("Last day")

    def details(self) -> dict[str, Any]:
        """The days that are asked for; None where they are not."""
        chosen = self.chosen()
        days = {"from_on": chosen.get("from"), "to_on": chosen.get("to")}
        return {name: date.fromisoformat(said) if said else None for name, said in days.items()}


class OverTimeFilter(PeriodFilter):
    show = fields.SelectField("Which organisations", blank="All", choices=choices([("never", "Those that never came")]))


setattr(PeriodFilter, "from", DayField("First day"))  # a word of Python's own, so it cannot be written in the class
