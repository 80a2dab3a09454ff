"""The forms of the admin's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forum.web import fields


class EntryForm(fields.Form):
    """An entry of any list; a list that has not some of these fields is shown without them (`fit`)."""

    title = fields.TextField("Title", required="Enter a title")
    short_title = fields.TextField("Short title", hint="Used in lists and tables")
    summary = fields.LongTextField("Summary", max_length=1_000, rows=3)
    description = fields.LongTextField("Description", max_length=1_000, rows=3, hint="Shown where people choose")
    title_cy = fields.TextField("Title in Welsh")
    alias = fields.TextField("Also known as", hint="Another name by which people look for this area")
    local_authority = fields.TextField("Local authority")
    gss_code = fields.TextField("Government statistical code", classes="govuk-input--width-10")
    wave = fields.TextField("Wave of the programme")
    note = fields.LongTextField("Note", max_length=1_000, rows=3)
    is_checked_first = fields.CheckboxField(
        "Check posts first", hint="What members post about it waits until the secretariat has looked at it"
    )
    position = fields.NumberField("Place in the list", required="Enter a place in the list", minimum=1, maximum=10_000)
    valid_from = fields.DateField("First day it can be chosen", hint="Leave empty if it always could")
    valid_to = fields.DateField("Last day it can be chosen", hint="Fill this in to retire it. What uses it keeps it")

    OF_EVERY_LIST = frozenset({"title", "position", "valid_from", "valid_to", "csrf_token"})

    def fit(self, room: Mapping[str, int | None]) -> None:
        """Leave out the fields this list has not, and let the others take no more than it has room for."""
        for field in list(self):
            if field.short_name not in self.OF_EVERY_LIST | room.keys():
                del self[field.short_name]
            elif longest := room.get(field.short_name):
                field.max_length = longest

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class PageForm(fields.Form):
    title = fields.TextField("Title", required="Enter a title")
    source = fields.LongTextField(
        "Text",
        required="Enter the text of the page",
        rows=20,
        hint="Markdown. {site} and {department} stand for the settings of those names",
    )
    version = fields.HiddenField(whole_number=True)

    def details(self) -> dict[str, Any]:
        return {"title": self.title.data, "source": self.source.data, "version": self.version.data}


class HistoryFilter(fields.FilterForm):
    kind = fields.SelectField("Kind of thing", blank="Everything")
    number = fields.NumberField("Its number", minimum=1)
