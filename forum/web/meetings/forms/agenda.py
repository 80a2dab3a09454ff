"""The forms of an agenda."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forum.meetings.models import AgendaItem, Meeting, Purpose
from forum.meetings.queries import ItemRow
from forum.web import fields
from forum.web.fields import Choice, choices
from forum.web.meetings.forms import PURPOSES


def minutes_field(label: str = "Minutes") -> fields.NumberField:
    return fields.NumberField(
        label, required="Enter how many minutes it takes", minimum=1, maximum=720, classes="govuk-input--width-3"
    )


class ItemForm(fields.Form):
    title = fields.TextField("Item", required="Enter what the item is about", called="The item")
    minutes = minutes_field()
    lead_id = fields.SelectField("Member who leads it", blank="Nobody yet, or not a member")
    lead = fields.TextField(
        "How the agenda names them", hint="For example, Minister or West Midlands Police. Left empty: the member’s name"
    )
    purpose = fields.SelectField("Purpose", choices=choices(PURPOSES.items()), default=Purpose.INFORMATION)
    paper = fields.TextField("Paper", max_length=100, hint="For example, Paper 2")
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def offer(self, leads: Iterable[tuple[int, str]]) -> None:
        """Whom to choose from."""
        self.lead_id.choices = choices(leads)

    def show(self, item: AgendaItem) -> None:
        """Words that only repeat the member's name are not shown, so that they follow when another member leads."""
        names = {choice.value: choice.label for choice in self.lead_id.choices}
        if self.lead.typed is None and names.get(item.lead_id) == item.lead:
            self.lead.data = ""

    def details(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("title", "lead", "lead_id", "minutes", "purpose", "paper")}


class NewItemForm(ItemForm):
    parent_id = fields.SelectField("Part of", blank="An item of its own")

    def offer_parents(self, items: Iterable[ItemRow]) -> None:
        self.parent_id.choices = [Choice(row.id, f"{row.number}. {row.title}") for row in items if not row.is_part]

    def details(self) -> dict[str, Any]:
        return super().details() | {"parent_id": self.parent_id.data}


def item_as_typed(item: AgendaItem) -> dict[str, Any]:
    names = ("title", "lead", "lead_id", "minutes", "purpose", "paper", "version")
    return {name: getattr(item, name) for name in names}


class PartForm(fields.Form):
    seen_at = fields.HiddenField(whole_number=True)


class OrderForm(fields.Form):
    """The whole order at once: the one wanted, and the one the page showed."""

    order = fields.HiddenField(max_length=50_000)
    seen = fields.HiddenField(max_length=50_000)


class LateForm(fields.FilterForm):
    late = fields.NumberField("Minutes late", maximum=720, classes="govuk-input--width-3")

    def minutes(self) -> int:
        return int(self.chosen().get("late", 0))


class ChallengeForm(fields.Form):
    """Putting a challenge on the agenda of a meeting."""

    meeting = fields.SelectField("Meeting", blank="Select a meeting", required="Select a meeting")
    minutes = minutes_field()
    purpose = fields.SelectField("Purpose", choices=choices(PURPOSES.items()), default=Purpose.DISCUSSION)
    form_key = fields.HiddenField(max_length=64)


def meeting_choices(meetings: Iterable[Meeting], said: Any) -> list[Choice]:
    """Meetings to choose from; `said` puts the day into words."""
    return [
        Choice(one.id, f"{said(one.starts_at)}: {one.title} ({one.reference}{'' if one.is_open else ', draft'})")
        for one in meetings
    ]
