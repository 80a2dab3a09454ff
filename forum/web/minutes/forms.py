"""The forms of writing minutes."""

from __future__ import annotations

from forum.web import fields


class ItemForm(fields.Form):
    source = fields.LongTextField("What was said", rows=8, max_length=20_000)
    version = fields.HiddenField(whole_number=True)


class ReasonForm(fields.Form):
    reason = fields.LongTextField(
        "Why are you taking the minutes back?",
        required="Enter why you are taking the minutes back",
        max_length=1_000,
        rows=3,
    )
