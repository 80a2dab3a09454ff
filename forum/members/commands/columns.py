"""Which column of somebody's table holds what: a guess from the names of the columns, for a person to put right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from forum.base.tables import Table
from forum.members.models import Role


class Field(NamedTuple):
    """Something we keep, what the page calls it, and the column names by which it is known, the surest first."""

    name: str
    label: str
    known_as: tuple[str, ...]


FIELDS = (
    Field("name", "Name", ("name", "full name", "display name", "member name", "contact name", "member", "contact")),
    Field("given_name", "Given name", ("given name", "first name", "forename", "forenames", "firstname")),
    Field("family_name", "Family name", ("family name", "last name", "surname", "lastname")),
    Field(
        "email",
        "Email address",
        (
            "email",
            "email address",
            "primary email",
            "primary email address",
            "email 1 value",
            "email 1 address",
            "work email",
            "work email address",
            "business email",
            "contact email",
            "foi email",
            "mail",
            "e mail 1",
            "email 1",
            "email addresses",
            "user principal name",
        ),
    ),
    Field(
        "organisation",
        "Organisation",
        (
            "organisation",
            "organisation name",
            "organisation 1 name",
            "public authority",
            "official name",
            "authority",
            "authority name",
            "company",
            "company name",
            "employer",
            "agency",
            "body",
            "sefydliad",
        ),
    ),
    Field(
        "job_title",
        "Job title",
        ("job title", "title of post", "organisation 1 title", "position", "post", "job", "job role", "occupation"),
    ),
    Field("sector", "Sector", ("sector", "organisation type", "type of organisation", "category")),
    Field("force", "Police force area", ("force", "police force", "police force area", "force area", "police area")),
    Field("region", "Region", ("region", "english region", "region or nation")),
    Field("role", "Role in the Forum", ("role", "forum role", "role in the forum")),
    Field("standing", "Standing", ("standing", "status", "membership status")),
    Field("joined_on", "Date joined", ("joined", "joined on", "date joined", "member since")),
    Field("left_on", "Date left", ("left", "left on", "date left")),
    Field("notify", "How often they are written to", ("notify", "notifications", "digest", "email frequency")),
    Field("language", "Language", ("language", "preferred language")),
    Field("contact_note", "Note about contacting them", ("contact note", "note", "notes", "comments")),
)
LABELS = {field.name: field.label for field in FIELDS}
Mapping = dict[str, str]


def guess(table: Table) -> Mapping:
    """Field name → column name, for the fields of which the table seems to have a column."""
    spoken = {column: _spoken(column) for column in table.columns}
    found: Mapping = {}
    for field in FIELDS:
        free = [column for column in table.columns if column not in found.values()]
        match = next((c for known in field.known_as for c in free if spoken[c] == known), None)
        if match is not None:
            found[field.name] = match
    _prefer_filled_address(table, found)
    _tell_role_from_job(table, found)
    return found


def _spoken(column: str) -> str:
    """A column's name in plain words: "E-mail 1 - Value" → "email 1 value", "Organization" → "organisation"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    words = " ".join(re.sub(r"[\W_]+", " ", spaced).casefold().split())
    return re.sub(r"\be mail\b", "email", words).replace("organiz", "organis")


def _prefer_filled_address(table: Table, found: Mapping) -> None:
    """Without a column of a known name, or with an empty one, addresses are where most of the cells hold one."""
    if any(row[found["email"]] for row in table.rows[:200]) if "email" in found else False:
        return
    counted = {c: sum("@" in row[c] for row in table.rows[:200]) for c in table.columns if c not in found.values()}
    best = max(counted, key=lambda column: counted[column], default=None)
    if best is not None and counted[best] * 2 > min(len(table.rows), 200):
        found["email"] = best


def _tell_role_from_job(table: Table, found: Mapping) -> None:
    """Many lists call the job "role". It is a role in the Forum only when it holds words for one."""
    column = found.get("role")
    if column and "job_title" not in found and not _holds_roles(row[column] for row in table.rows[:200]):
        found["job_title"] = found.pop("role")


def _holds_roles(cells: Iterable[str]) -> bool:
    words = {role.value for role in Role}
    return any(cell.casefold() in words for cell in cells)
