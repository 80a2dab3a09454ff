"""Forms of the attendance list and of checking in."""

from __future__ import annotations

from typing import Any

from forum.meetings.models import Mode
from forum.meetings.rules import attendance as rules
from forum.meetings.rules.attendance import Mark
from forum.web import fields
from forum.web.fields import Choice


class FindForm(fields.FilterForm):
    """A part of a name or organisation."""

    q = fields.TextField("Find a person or an organisation", max_length=100)
    key = fields.HiddenField()


class AddForm(fields.Form):
    """Somebody who is not a member, or (by one of the buttons beside the names found) a member who was not on the list."""

    name = fields.TextField("Name", required="Enter the person’s name", called="The name")
    organisation = fields.TextField("Organisation", mark_optional=False)
    how = fields.RadioField("How do they take part?", required="Select how they take part", inline=True)
    is_observer = fields.CheckboxField("Observer", hint="Is there to listen, such as a guest of the department")
    form_key = fields.HiddenField(max_length=64)

    def offer(self, mode: Mode) -> None:
        ways = rules.present_marks(mode)
        self.how.choices = [Choice(way.sent, way.words) for way in ways]
        if len(ways) == 1:
            self.how.data = ways[0].sent

    def mark(self) -> Mark:
        return next(mark for mark in rules.MARKS if mark.sent == self.how.data)

    def details(self) -> dict[str, Any]:
        return {
            "name": self.name.data,
            "organisation": self.organisation.data,
            "is_observer": self.is_observer.data,
            "form_key": self.form_key.data,
        }


class MemberForm(fields.Form):
    """A member found by name, marked as there by one button."""

    member = fields.HiddenField(whole_number=True)
    how = fields.HiddenField(max_length=20)
    is_observer = fields.HiddenField(max_length=3)


class CheckInForm(fields.Form):
    code = fields.TextField(
        "Code",
        required="Enter the code",
        max_length=40,
        hint="Six letters, shown in the room. Small letters and spaces do not matter",
        classes="govuk-input--width-10 forum-code-input",
        autocomplete="off",
    )
    mode = fields.RadioField(
        "How are you taking part?",
        choices=[Choice(Mode.IN_PERSON, "In person"), Choice(Mode.ONLINE, "Online")],
        required="Select how you are taking part",
        inline=True,
    )
