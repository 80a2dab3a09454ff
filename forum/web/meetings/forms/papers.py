"""The forms of papers."""

from __future__ import annotations

from typing import Any

from forum.base import files
from forum.meetings.models import Paper
from forum.meetings.queries import ItemRow
from forum.meetings.rules import papers as rules
from forum.reference.models import Marking
from forum.web import fields
from forum.web.fields import Choice, choices

HINT = f"A PDF, ODT, ODS, ODP, CSV, PNG or JPEG file of at most {files.show_size(rules.LARGEST)}"
DETAILS = ("title", "author", "marking", "agenda_item_id", "owner_id")


class PaperForm(fields.Form):
    """What a paper is; it need not be there yet when somebody is asked for it."""

    title = fields.TextField("Title", required="Enter the title of the paper")
    author = fields.TextField(
        "Author",
        hint="As readers should see it, such as a name and an organisation. Leave it empty only when you ask somebody for the paper",
        mark_optional=False,
    )
    agenda_item_id = fields.SelectField("For which item of the agenda", blank="No item")
    owner_id = fields.SelectField(
        "Who is asked for it", blank="Nobody", hint="They can upload it themselves, and are reminded until it is here"
    )
    marking = fields.RadioField(
        "Marking",
        choices=[
            Choice(Marking.OFFICIAL, "OFFICIAL", "Whoever can see the meeting can read it"),
            Choice(Marking.SENSITIVE, "OFFICIAL-SENSITIVE", "For those invited, officials and the secretariat only"),
        ],
        required="Select a marking",
        default=Marking.OFFICIAL,
    )
    version = fields.HiddenField(whole_number=True)
    form_key = fields.HiddenField(max_length=64)

    def offer(self, items: list[ItemRow], people: list[tuple[int, str]]) -> None:
        self.agenda_item_id.choices = [Choice(item.id, f"{item.number}. {item.title}") for item in items]
        self.owner_id.choices = choices(people)

    def details(self) -> dict[str, Any]:
        return {name: self[name].data for name in DETAILS}


class NewPaperForm(PaperForm):
    file = fields.FileField(
        "File", kinds=rules.ENDINGS, called="The file", hint=f"{HINT}. Leave it out to ask somebody for it"
    )


def as_typed(paper: Paper) -> dict[str, Any]:
    return {name: getattr(paper, name) for name in (*DETAILS, "version")}


class VersionForm(fields.Form):
    file = fields.FileField("File", required="Select a file", kinds=rules.ENDINGS, called="The file", hint=HINT)
    note = fields.LongTextField("What has changed", max_length=500, rows=2, counted=False)
