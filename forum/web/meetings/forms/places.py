"""How many places there are, and for whom some of them are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forum.meetings import rules
from forum.meetings.models import Meeting
from forum.meetings.queries.places import Reserve
from forum.meetings.rules.places import LONGEST_WAIT
from forum.web import fields

_KEPT = "sector_"


class PlacesForm(fields.Form):
    capacity = fields.NumberField(
        "Places", hint="Leave empty if as many as like can come", minimum=1, maximum=rules.MOST_PLACES
    )
    confirm_within_hours = fields.NumberField(
        "Hours to confirm an offered place",
        required="Enter how many hours somebody has to confirm a place",
        called="Hours to confirm",
        minimum=1,
        maximum=LONGEST_WAIT,
    )
    freeze_hours = fields.NumberField(
        "Stop offering places so many hours before the start",
        required="Enter how many hours before the start the offers end",
        called="Hours before the start",
        hint="From then on you give away by hand what is free",
        maximum=LONGEST_WAIT,
    )

    def details(self) -> dict[str, Any]:
        kept = {int(field.name.removeprefix(_KEPT)): field.data or 0 for field in self.kept_for_sectors()}
        names = ("capacity", "confirm_within_hours", "freeze_hours")
        return {name: self[name].data for name in names} | {"reserved": kept}

    def kept_for_sectors(self) -> list[fields.NumberField]:
        return [field for field in self if field.name.startswith(_KEPT)]

    def used_sectors(self) -> list[fields.NumberField]:
        """Those with places kept, or with something wrong: they are not folded away."""
        return [field for field in self.kept_for_sectors() if field.data or field.errors]


def places_form(meeting: Meeting, reserves: Sequence[Reserve]) -> PlacesForm:
    """The form, with a field for each sector, as the meeting has it."""
    sectors = {
        f"{_KEPT}{row.sector_id}": fields.NumberField(
            row.title, minimum=0, maximum=rules.MOST_PLACES, mark_optional=False, classes="govuk-input--width-3"
        )
        for row in reserves
    }
    shown = {f"{_KEPT}{row.sector_id}": row.places or None for row in reserves}
    names = ("capacity", "confirm_within_hours", "freeze_hours")
    made: PlacesForm = type("PlacesForm", (PlacesForm,), sectors)(
        data=shown | {name: getattr(meeting, name) for name in names}
    )
    return made
