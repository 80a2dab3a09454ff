"""Answering an invitation: for oneself, by the link in a letter, or for somebody else."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm

from forum.meetings import rules
from forum.meetings.models import Mode
from forum.meetings.rules import Way, needs
from forum.meetings.rules import replying as reply_rules
from forum.meetings.rules.needs import Needs
from forum.web import fields
from forum.web.fields import Choice, choices

WHO_READS = "Only the secretariat and the host read this. It is deleted a week after the meeting."


class ReplyForm(fields.Form):
    """Every answer is a button of its own; what else may be said is folded away beneath.

    What people need is never shown again, not to them either: letters are forwarded, and with them the link.
    """

    answer = fields.RadioField("Your answer", required="Select an answer")
    access = fields.CheckboxesField("To take part I need", choices=choices(needs.ACCESS.items()), small=True)
    diet = fields.CheckboxesField("What I eat", choices=choices(needs.DIET.items()), small=True)
    words = fields.LongTextField("In your own words", called="What you need", max_length=1_000, rows=2, counted=False)
    stand_in_name = fields.TextField("Name", called="The name", max_length=100)
    stand_in_email = fields.EmailField("Email address", max_length=190, autocomplete="off")
    note = fields.LongTextField(
        "Note to the secretariat", hint="Only the secretariat reads it", max_length=1_000, rows=2, counted=False
    )

    def offer(self, mode: Mode) -> None:
        self.answer.choices = [Choice(way.sent, way.words) for way in rules.ways(mode)]

    def way(self) -> Way:
        return next(way for way in rules.WAYS if way.sent == self.answer.data)

    def details(self) -> dict[str, Any]:
        """The keyword arguments of `replying.answer`."""
        needed = (*(self.access.data or ()), *(self.diet.data or ()))
        return {
            "note": self.note.data,
            "wanted": Needs(needed, self.words.data) if needed or self.words.data else None,
            "stand_in": reply_rules.stand_in(self.stand_in_name.data, self.stand_in_email.data),
        }

    def has_typed(self, *names: str) -> bool:
        """Whether something was typed into one of these fields, or is wrong with it: then they stand open."""
        return any(self[name].typed or self[name].errors for name in names)


class LinkReplyForm(ReplyForm):
    """The same, sent from the page of a reply link."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False  # the link's signed token is what authorises, and a form on another site cannot know it
