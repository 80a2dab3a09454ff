"""The form that says who a meeting is for."""

from __future__ import annotations

from typing import Any

from forum.meetings.models import AudienceKind
from forum.reference.models import PoliceForce, Region, Sector, Theme
from forum.reference.queries import choices_of
from forum.web import fields
from forum.web.fields import Choice, choices

LISTS = {"themes": AudienceKind.THEME, "sectors": AudienceKind.SECTOR, "regions": AudienceKind.REGION}
LISTS |= {"forces": AudienceKind.FORCE, "groups": AudienceKind.GROUP}


class AudienceForm(fields.Form):
    """Whom to add to those a meeting is for."""

    everyone = fields.CheckboxField("Everyone in the Forum", mark_optional=False)
    groups = fields.CheckboxesField("Groups", small=True, mark_optional=False)
    themes = fields.CheckboxesField("Interested in a theme", small=True, mark_optional=False)
    sectors = fields.CheckboxesField("Sectors", small=True, mark_optional=False)
    regions = fields.CheckboxesField("Regions", small=True, mark_optional=False)
    forces = fields.CheckboxesField("Police force areas", small=True, mark_optional=False)
    people = fields.CheckboxesField("People", small=True, mark_optional=False)
    role = fields.RadioField(
        "Do they need to come?",
        choices=[
            Choice("required", "Yes, they are needed"),
            Choice("optional", "No, they are welcome", "Their calendars show the meeting as optional"),
        ],
        default="required",
        required="Select whether they need to come",
        inline=False,
    )

    def offer(self, groups: list[tuple[int, str]], people: list[tuple[int, str]]) -> None:
        lists = choices_of(Theme, Sector, Region, PoliceForce)
        for field, found in zip((self.themes, self.sectors, self.regions, self.forces), lists, strict=True):
            field.choices = choices(found)
        self.groups.choices, self.people.choices = choices(groups), choices(people)

    def details(self) -> dict[str, Any]:
        targets = {kind: self[name].data or [] for name, kind in LISTS.items()}
        return {
            "is_everyone": bool(self.everyone.data),
            "targets": targets | {AudienceKind.MEMBER: self.people.data or []},
            "is_optional": self.role.data == "optional",
        }
