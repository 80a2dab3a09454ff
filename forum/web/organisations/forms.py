"""The forms of the organisations pages."""

from __future__ import annotations

from typing import Any

from forum.members.models import Organisation
from forum.web import fields


class OrganisationFilter(fields.FilterForm):
    text = fields.TextField("Name")
    sector = fields.SelectField("Sector", blank="All sectors")
    force = fields.SelectField("Police force area", blank="All areas")
    region = fields.SelectField("Region", blank="All regions")


class OrganisationForm(fields.Form):
    name = fields.TextField("Name", required="Enter the name of the organisation")
    sector = fields.SelectField("Sector", blank="Not known")
    force = fields.SelectField("Police force area", blank="None, or more than one")
    region = fields.SelectField("Region", blank="None", hint="Follows from the police force area when there is one")
    contact_email = fields.EmailField("Email address for the organisation", autocomplete="off")

    def details(self) -> dict[str, Any]:
        return {
            "name": self.name.data,
            "sector_id": self.sector.data,
            "force_id": self.force.data,
            "region_id": self.region.data,
            "contact_email": self.contact_email.data or "",
        }


def known_of(organisation: Organisation) -> dict[str, Any]:
    """What the form shows before anything is typed."""
    return {
        "name": organisation.name,
        "sector": organisation.sector_id,
        "force": organisation.force_id,
        "region": organisation.region_id,
        "contact_email": organisation.contact_email,
    }
