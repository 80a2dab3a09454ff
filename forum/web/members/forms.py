"""The forms of the members pages."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from forum.base.tables import Table
from forum.members.commands.columns import FIELDS, Mapping, guess
from forum.members.models import Member, Notify, Role, Standing
from forum.web import fields
from forum.web.fields import Choice

ROLES = [
    Choice(Role.MEMBER, "Member"),
    Choice(Role.SECRETARIAT, "Secretariat", "Keeps the membership, meetings and minutes, and sends invitations"),
    Choice(Role.OFFICIAL, "Official", "Owns challenges, responds to them and exports summaries"),
    Choice(Role.ADMIN, "Administrator", "Keeps settings, lists and roles"),
]
STANDINGS = [
    Choice(Standing.ACTIVE, "Active"),
    Choice(Standing.INVITED, "Not joined yet"),
    Choice(Standing.LEFT, "Left"),
]
NOTIFY = [
    Choice(Notify.IMMEDIATE, "At once"),
    Choice(Notify.DAILY, "Once a day, if there is anything"),
    Choice(Notify.WEEKLY, "Once a week, if there is anything"),
    Choice(Notify.NONE, "Never", "Invitations to meetings still come"),
]
LANGUAGES = [Choice("en", "English"), Choice("cy", "Welsh")]


class DirectoryFilter(fields.FilterForm):
    text = fields.TextField("Name, organisation or job")
    sector = fields.SelectField("Sector", blank="All sectors")
    force = fields.SelectField("Police force area", blank="All areas")
    region = fields.SelectField("Region", blank="All regions")
    theme = fields.SelectField("Theme of interest", blank="All themes")
    role = fields.SelectField("Role in the Forum", blank="All roles", choices=ROLES)
    standing = fields.SelectField("Standing", blank="All", choices=STANDINGS)


class MemberForm(fields.Form):
    """What the secretariat keeps of a member. Only an administrator sees `role`."""

    name = fields.TextField("Name", required="Enter a name", autocomplete="off")
    email = fields.EmailField(
        "Email address",
        autocomplete="off",
        hint="Leave empty for somebody who is written to by post",
    )
    organisation = fields.SelectField("Organisation", blank="No organisation")
    job_title = fields.TextField("Job title", autocomplete="off")
    role = fields.RadioField("Role in the Forum", choices=ROLES, default=Role.MEMBER, required="Select a role")
    themes = fields.CheckboxesField("Themes of interest", small=True)
    notify = fields.RadioField(
        "How often to write to them about feedback", choices=NOTIFY, default=Notify.DAILY, required="Select how often"
    )
    language = fields.RadioField("Language", choices=LANGUAGES, default="en", inline=True, required="Select a language")
    contact_note = fields.LongTextField(
        "Note about contacting them", max_length=2_000, rows=3, hint="Only the secretariat sees this"
    )
    version = fields.HiddenField(whole_number=True)

    def details(self) -> dict[str, Any]:
        given = {name: value for name, value in self.data.items() if name not in {"csrf_token", "version", "letter"}}
        return given | {"organisation_id": given.pop("organisation"), "email": given.pop("email") or ""}


class NewMemberForm(MemberForm):
    letter = fields.CheckboxField("Send a joining letter now", default=True)


class LeaveForm(fields.Form):
    left_on = fields.DateField("When did they leave?", required="Enter the date they left", called="The date they left")
    reason = fields.LongTextField("Why", max_length=500, rows=2, counted=False, hint="Kept in the history")


class UploadForm(fields.Form):
    file = fields.FileField(
        "Upload a table", required="Select a file", called="The file", kinds=("csv", "ods", "xlsx", "tsv", "txt")
    )


class ConfirmForm(fields.Form):
    """Agreeing to a plan: which one (`digest`), and what else to do."""

    letters = fields.CheckboxField("Send joining letters to the new people now")
    digest = fields.HiddenField()


def mapping_of(table: Table, args: MultiDict[str, str]) -> Mapping:
    """Which column holds what, as chosen on the page (by the number of the column); a guess until something is chosen."""
    if "columns" not in args:
        return guess(table)
    numbered = {str(place): column for place, column in enumerate(table.columns, 1)}
    return {field.name: numbered[args[field.name]] for field in FIELDS if args.get(field.name) in numbered}


def shown_columns(table: Table) -> list[tuple[int, str]]:
    """Every column by number, with the first thing in it, so that it can be told from its neighbours."""
    return [(place, _shown(table, column)) for place, column in enumerate(table.columns, 1)]


def known_of(member: Member) -> dict[str, Any]:
    """What a MemberForm shows of somebody before anything is typed."""
    return {
        "name": member.name,
        "email": member.email,
        "organisation": member.organisation_id,
        "job_title": member.job_title,
        "role": member.role,
        "themes": [theme.id for theme in member.themes],
        "notify": member.notify,
        "language": member.language,
        "contact_note": member.contact_note,
        "version": member.version,
    }


def _shown(table: Table, column: str) -> str:
    """A column with the first thing in it, so that it can be told from its neighbours."""
    first = next((" ".join(row[column].split()) for row in table.rows if row[column]), "")
    example = f" (for example “{first[:40]}”)" if first else " (empty)"
    return f"{column[:60]}{example}"
