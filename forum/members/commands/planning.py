"""What an import would do, row by row, before anything is done."""

from __future__ import annotations

import enum
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.tables import Table
from forum.members import rules
from forum.members.commands.cells import READ, clean, mailbox
from forum.members.commands.columns import LABELS
from forum.members.models import Member, Notify, Organisation, Role, Standing
from forum.reference.models import Listed, PoliceForce, Region, Sector
from forum.reference.queries import entries

LONGEST = {"name": 200, "job_title": 200, "organisation": 200, "email": 254, "contact_note": 2_000}
MEMBER, ORGANISATION = "member", "organisation"


class Outcome(enum.Enum):
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Change(NamedTuple):
    """One field of somebody, as it is and as it would be, in words."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class PlannedRow:
    """What would become of one row. `number` is what a spreadsheet program calls it; `kind` is member or organisation.

    `values` are columns of the model; `organisation` is the key of a PlannedOrganisation, or "".
    """

    number: int
    outcome: Outcome
    kind: str
    title: str
    email: str = ""
    organisation: str = ""
    organisation_name: str = ""
    id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass
class PlannedOrganisation:
    """An organisation the table speaks of: known (`id`) or to be added. `filled` are columns to set."""

    id: int | None
    name: str
    places: dict[str, int | None]
    filled: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Every row of the table, and every organisation they speak of by key."""

    rows: list[PlannedRow]
    organisations: dict[str, PlannedOrganisation]

    @property
    def counts(self) -> dict[Outcome, int]:
        counted = Counter(row.outcome for row in self.rows)
        return {outcome: counted[outcome] for outcome in Outcome}

    @property
    def new_organisations(self) -> int:
        return sum(known.id is None for known in self.organisations.values())

    @property
    def filled_organisations(self) -> int:
        """Organisations we have, about which the table tells more."""
        return len({known.id for known in self.organisations.values() if known.id and known.filled})

    @property
    def does_anything(self) -> bool:
        changed = {Outcome.NEW, Outcome.UPDATED}
        return any(row.outcome in changed for row in self.rows) or self.filled_organisations > 0

    @property
    def digest(self) -> str:
        """The same for plans that would do the same."""
        told = [(r.number, r.outcome.value, r.kind, r.email, r.id, r.changes, r.remarks) for r in self.rows]
        filled = sorted((key, known.id, sorted(known.filled.items())) for key, known in self.organisations.items())
        return hashlib.sha256(json.dumps([told, filled], default=str).encode()).hexdigest()


def plan(actor: Member | None, table: Table, mapping: Mapping[str, str]) -> Plan:
    """What importing this table would do, with `mapping` from field to column names. Five statements, whatever its size.

    `actor` is None for the operator at the machine. A blank cell never takes away what is known.
    """
    rules.check_keeper(actor)
    planner = _Planner(actor)
    remarks = {remark.row: remark.message for remark in table.remarks}
    return Plan(
        [
            planner.row(number, {name: row[column] for name, column in mapping.items()}, remarks.get(number))
            for number, row in zip(table.numbers, table.rows, strict=True)
        ],
        planner.spoken_of,
    )


def organisation_key(name: str) -> str:
    return " ".join(name.casefold().split())


class _Planner:
    """Knows everybody and every list before the first row, so that no row asks the database."""

    def __init__(self, actor: Member | None) -> None:
        self.actor = actor
        forces = entries(PoliceForce)
        self.lists = {
            "sector_id": _index(entries(Sector)),
            "force_id": _index(forces),
            "region_id": _index(entries(Region)),
        }
        self.region_of_force = {force.id: force.region_id for force in forces}
        self.spoken_of: dict[str, PlannedOrganisation] = {}
        self.seen: dict[tuple[str, str], int] = {}
        self._read_organisations()
        self._read_members()

    def _read_organisations(self) -> None:
        columns = sa.select(Organisation.id, Organisation.slug, Organisation.name).add_columns(*_PLACES.values())
        self.known: dict[str, PlannedOrganisation] = {}
        self.organisation_names: dict[int, str] = {}
        for number, slug, name, *places in db.session.execute(columns):
            known = PlannedOrganisation(number, name, dict(zip(_PLACES, places, strict=True)))
            self.known.setdefault(slug, known)
            self.known[organisation_key(name)] = known
            self.organisation_names[number] = name

    def _read_members(self) -> None:
        rows = [row._mapping for row in db.session.execute(sa.select(*(getattr(Member, name) for name in _COLUMNS)))]
        self.by_email = {row["email"]: row for row in rows if row["email"]}
        self.by_post = {(row["name"], row["organisation_id"]): row for row in rows if not row["email"]}

    # --- one row ----------------------------------------------------------------------------------------------------

    def row(self, number: int, cells: dict[str, str], remark: str | None) -> PlannedRow:
        """What would become of this row."""
        remarks = [remark] if remark else []
        said = {name: clean(name, cell) for name, cell in cells.items()}
        name = said.get("name") or " ".join(filter(None, (said.get("given_name"), said.get("family_name"))))
        email = mailbox(said.get("email", ""))
        title = name or email or said.get("organisation", "")
        is_organisation = not name and not email
        planned = PlannedRow(number, Outcome.REJECTED, ORGANISATION if is_organisation else MEMBER, title, email=email)
        planned = replace(planned, organisation_name=said.get("organisation", ""))
        if fault := self._fault(said, name, email):
            return replace(planned, remarks=(*remarks, fault))
        if earlier := self._earlier(number, planned, said):
            return replace(planned, outcome=Outcome.DUPLICATE, remarks=(*remarks, earlier))
        key = self._organisation(said, remarks)
        if is_organisation:
            return self._organisation_row(planned, key, remarks)
        return self._member_row(replace(planned, organisation=key), name, said, remarks)

    def _fault(self, said: dict[str, str], name: str, email: str) -> str:
        """Why this row cannot be used at all, or ""."""
        organisation = said.get("organisation")
        if not (name or email or organisation):
            return "There is no name, no email address and no organisation in this row."
        if email and not rules.is_address(email):
            if email.count("@") > 1:
                return f"“{email[:100]}” is more than one email address. Keep one."
            return f"“{email[:100]}” is not an email address."
        if name and not email and not organisation:
            return "There is neither an email address nor an organisation, so they could not be written to."
        for column, longest in LONGEST.items():
            if len(name if column == "name" else said.get(column, "")) > longest:
                return f"{LABELS[column]} has more than {longest} characters."
        return ""

    def _earlier(self, number: int, planned: PlannedRow, said: dict[str, str]) -> str:
        """Which row above is about the same, or ""."""
        same = planned.email or f"{planned.title}\n{organisation_key(said.get('organisation', ''))}"
        first = self.seen.setdefault((planned.kind, same), number)
        if first == number:
            return ""
        what = "email address" if planned.email else "name"
        return f"The same {what} as in row {first}, which is the one that counts."

    # --- organisations ----------------------------------------------------------------------------------------------

    def _organisation(self, said: dict[str, str], remarks: list[str]) -> str:
        """The key of the organisation this row speaks of, with what the row adds to it; "" when it names none."""
        name = said.get("organisation", "")
        places = self._places(said, remarks)
        if not name:
            return ""
        key = organisation_key(name)
        known = self.known.get(key) or PlannedOrganisation(None, name, dict.fromkeys(_PLACES))
        self.known[key] = self.spoken_of[key] = known
        for column, value in places.items():
            now = known.places[column]
            if now is None:
                known.places[column] = known.filled[column] = value
            elif now != value and column in _explicit(said):
                remarks.append(f"{known.name} is already known with another {_PLACE_NAMES[column]}, which was kept.")
        return key

    def _places(self, said: dict[str, str], remarks: list[str]) -> dict[str, int]:
        """Sector, force and region by slug or title; what is not known is remarked on and left out."""
        found: dict[str, int] = {}
        for column, index in self.lists.items():
            words = said.get(column.removesuffix("_id"), "")
            number = index.ids.get(words.casefold())
            if number is not None:
                found[column] = number
            elif words:
                what = _PLACE_NAMES[column]
                remarks.append(f"“{words[:60]}” is not in the list of {what}s, so the {what} was left unknown.")
        if "force_id" in found and (region := self.region_of_force[found["force_id"]]):
            found.setdefault("region_id", region)
        return found

    def _organisation_row(self, planned: PlannedRow, key: str, remarks: list[str]) -> PlannedRow:
        known = self.spoken_of[key]
        outcome = Outcome.NEW if known.id is None else Outcome.UPDATED if known.filled else Outcome.UNCHANGED
        changes = tuple(
            Change(_PLACE_NAMES[c].capitalize(), "", self.lists[c].titles[v]) for c, v in known.filled.items()
        )
        return replace(
            planned,
            outcome=outcome,
            organisation=key,
            id=known.id,
            changes=changes if known.id else (),
            remarks=tuple(remarks),
        )

    # --- members ----------------------------------------------------------------------------------------------------

    def _member_row(self, planned: PlannedRow, name: str, said: dict[str, str], remarks: list[str]) -> PlannedRow:
        organisation = self.spoken_of.get(planned.organisation)
        if planned.email:
            known = self.by_email.get(planned.email)
        else:
            known = self.by_post.get((name, organisation.id)) if organisation and organisation.id else None
        values = self._values(name, said, known, remarks)
        if known is None:
            name = name or self._stand_in(planned, remarks)
            values = self._new(name, planned.email, values)
            return replace(planned, outcome=Outcome.NEW, title=name, values=values, remarks=tuple(remarks))
        changes = self._changes(known, values, organisation)
        return replace(
            planned,
            outcome=Outcome.UPDATED if changes else Outcome.UNCHANGED,
            title=name or known["name"],
            id=known["id"],
            values={column: value for column, value in values.items() if value != known[column]},
            changes=changes,
            remarks=tuple(remarks),
        )

    def _values(
        self, name: str, said: dict[str, str], known: Mapping[Any, Any] | None, remarks: list[str]
    ) -> dict[str, Any]:
        """Columns of Member that the row fills."""
        values: dict[str, Any] = {"name": name} if name else {}
        values |= {column: said[column] for column in ("job_title", "contact_note") if said.get(column)}
        for column, read in READ.items():
            if words := said.get(column):
                value = read(words)
                if value is None:
                    remarks.append(f"{LABELS[column]}: “{words[:60]}” was not understood, and was left out.")
                else:
                    values[column] = value
        if values.get("left_on") and "standing" not in values:
            values["standing"] = Standing.LEFT
        if known and values.get("standing") is Standing.INVITED and known["standing"] is Standing.ACTIVE:
            del values["standing"]  # an older list: they have joined since
        self._keep_roles(values, known, remarks)
        return values

    def _keep_roles(self, values: dict[str, Any], known: Mapping[Any, Any] | None, remarks: list[str]) -> None:
        """A file gives nobody a role that whoever imports it could not give, and takes nobody of rank out."""
        before = known["role"] if known else Role.MEMBER
        role = values.get("role", before)
        if role is not before and not (rules.may_give(self.actor, role) and rules.may_give(self.actor, before)):
            remarks.append(f"Only an administrator gives the role “{role.value}”: the role stays “{before.value}”.")
            del values["role"]
        leaves = known and values.get("standing") not in {None, known["standing"]}
        if known and leaves and not self._may_move(known):
            remarks.append("Their standing can only be changed on their page, by an administrator.")
            values.pop("standing")
            values.pop("left_on", None)

    def _may_move(self, known: Mapping[Any, Any]) -> bool:
        return self.actor is None or (rules.may_give(self.actor, known["role"]) and known["id"] != self.actor.id)

    def _stand_in(self, planned: PlannedRow, remarks: list[str]) -> str:
        """What somebody without a name is called until they give one: their organisation, else their mailbox."""
        remarks.append("There is no name in this row: the organisation or the start of the address stands in for it.")
        return planned.organisation_name or planned.email.partition("@")[0]

    def _new(self, name: str, email: str, values: dict[str, Any]) -> dict[str, Any]:
        standing = values.get("standing") or (Standing.INVITED if email else Standing.ACTIVE)
        usual = {"role": Role.MEMBER, "notify": Notify.DAILY, "language": "en", "job_title": "", "contact_note": ""}
        return {**usual, **values, "name": name, "email": email or None, "standing": standing}

    def _changes(
        self, known: Mapping[Any, Any], values: dict[str, Any], organisation: PlannedOrganisation | None
    ) -> tuple[Change, ...]:
        changes = [
            Change(LABELS[column], _shown(known[column]), _shown(value))
            for column, value in values.items()
            if value != known[column]
        ]
        if organisation and (organisation.id is None or organisation.id != known["organisation_id"]):
            now = self.organisation_names.get(known["organisation_id"], "")
            changes.append(Change(LABELS["organisation"], now, organisation.name))
        return tuple(changes)


class _Index(NamedTuple):
    """A list by what people write: `ids` by slug and title without case, `titles` by id."""

    ids: dict[str, int]
    titles: dict[int, str]


def _index(listed: Sequence[Listed]) -> _Index:
    ids: dict[str, int] = {}
    for entry in listed:
        ids[entry.slug] = ids[entry.title.casefold()] = entry.id
    return _Index(ids, {entry.id: entry.title for entry in listed})


def _explicit(said: dict[str, str]) -> set[str]:
    """The place columns this row fills itself, rather than by what follows from them."""
    return {f"{name}_id" for name in ("sector", "force", "region") if said.get(name)}


def _shown(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    return "" if value is None else str(value)


_PLACES = {"sector_id": Organisation.sector_id, "force_id": Organisation.force_id, "region_id": Organisation.region_id}
_PLACE_NAMES = {"sector_id": "sector", "force_id": "police force area", "region_id": "region"}
_COLUMNS = (
    "id",
    "email",
    "name",
    "organisation_id",
    "job_title",
    "role",
    "standing",
    "notify",
    "language",
    "contact_note",
    "joined_on",
    "left_on",
)
