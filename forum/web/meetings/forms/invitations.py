"""The forms about one person's invitation."""

from __future__ import annotations

from typing import Any

from forum.meetings.rules.replying import SAID_BY
from forum.web import fields
from forum.web.fields import choices
from forum.web.meetings.forms.replies import ReplyForm


class OnBehalfForm(ReplyForm):
    """What somebody answered, recorded for them by the secretariat."""

    said_by = fields.SelectField("How they said it", blank="Select", choices=choices(SAID_BY.items()))

    def details(self) -> dict[str, Any]:
        return super().details() | {"said_by": self.said_by.data or ""}


class StandInForm(fields.Form):
    stand_in = fields.RadioField(
        "Who comes instead?", required="Select who comes instead. Find them by name first", small=True
    )
