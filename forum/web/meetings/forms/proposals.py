"""The forms of what members propose for agendas."""

from __future__ import annotations

from typing import Any

from forum.meetings.models import Purpose
from forum.meetings.rules.proposals import LONGEST_REASON
from forum.web import fields
from forum.web.fields import choices
from forum.web.meetings.forms import PURPOSES
from forum.web.meetings.forms.agenda import minutes_field


class ProposalForm(fields.Form):
    title = fields.TextField("What is the item about?", required="Enter what the item is about", called="The item")
    reason = fields.LongTextField(
        "Why should the meeting talk about it?",
        required="Enter why the meeting should talk about it",
        hint="The secretariat reads this. Leave out names of people you work with",
        max_length=LONGEST_REASON,
    )
    minutes = minutes_field("How many minutes does it need?")
    purpose = fields.RadioField(
        "What is it for?", choices=choices(PURPOSES.items()), required="Select what the item is for",
        default=Purpose.DISCUSSION,
    )  # fmt: skip
    form_key = fields.HiddenField(max_length=64)

    def details(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("title", "reason", "minutes", "purpose", "form_key")}


class CallForm(fields.Form):
    last_day = fields.DateField(
        "Last day to propose items",
        hint="Members can propose items until the end of this day. Leave it empty to ask for none",
        called="The last day",
        mark_optional=False,
    )


class DecisionForm(fields.Form):
    reason = fields.LongTextField("Reason", required="Enter a reason", max_length=LONGEST_REASON, rows=4)


class AcceptForm(fields.Form):
    meeting = fields.SelectField("Meeting", blank="Select a meeting", required="Select a meeting")
    reason = fields.LongTextField(
        "Note to the member who proposed it", max_length=LONGEST_REASON, rows=3, hint="It goes into the email to them"
    )
