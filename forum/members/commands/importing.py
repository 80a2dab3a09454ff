"""Importing members and organisations: doing what `planning.plan` said would be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from forum.base import clock, history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.tables import Table
from forum.members import rules
from forum.members.commands.joining import end_access, invite
from forum.members.commands.keeping import free_slug
from forum.members.commands.planning import MEMBER, Outcome, Plan, PlannedRow, plan
from forum.members.models import Member, Organisation, Standing

Kept = TypeVar("Kept", Member, Organisation)
AT_ONCE = 5_000  # ids in one statement: databases take a limited number of parameters


class Imported(NamedTuple):
    """How many of each an import made."""

    added: int
    updated: int
    organisations_added: int
    organisations_updated: int
    letters: int


def import_members(
    actor: Member | None,
    table: Table,
    mapping: Mapping[str, str],
    *,
    digest: str | None = None,
    send_letters: bool = False,
) -> Imported:
    """Do what the plan of this table says, whole or not at all.

    `digest` is that of the plan somebody agreed to: Rejected when it would come out otherwise now. With `send_letters`
    everybody added who has not joined gets a joining letter.
    """
    planned = plan(actor, table, mapping)
    if digest is not None and planned.digest != digest:
        raise Rejected("The membership has changed since you looked at these rows. Check them again, then confirm.")
    try:
        ids, organisations_added = _keep_organisations(actor, planned)
        added = _add(actor, planned, ids)
        updated = _update(actor, planned, ids)
    except IntegrityError:
        raise Rejected("Somebody else added one of these people at this very moment. Check the rows again.") from None
    written = [member for member in added if rules.may_be_sent_joining_letter(member)] if send_letters else []
    if written:
        invite(actor, written)
    return Imported(len(added), len(updated), organisations_added, planned.filled_organisations, len(written))


def _keep_organisations(actor: Member | None, planned: Plan) -> tuple[dict[str, int], int]:
    """Add what is new and fill what was blank; gives the id of every organisation by its key, and how many are new."""
    taken = set(db.session.scalars(sa.select(Organisation.slug)))
    new: dict[str, Organisation] = {}
    for key, wanted in planned.organisations.items():
        if wanted.id is None:
            slug = free_slug(wanted.name, taken)
            taken.add(slug)
            new[key] = Organisation(slug=slug, name=wanted.name, **wanted.filled)
    db.session.add_all(new.values())
    filled = {known.id: known.filled for known in planned.organisations.values() if known.id and known.filled}
    for organisation in _load(Organisation, list(filled)):
        _set(organisation, filled[organisation.id])
        history.note(actor, "imported", organisation, changed=sorted(filled[organisation.id]))
    db.session.flush()
    for organisation in new.values():
        history.note(actor, "imported", organisation)
    return {key: known.id or new[key].id for key, known in planned.organisations.items()}, len(new)


def _add(actor: Member | None, planned: Plan, ids: Mapping[str, int]) -> list[Member]:
    members = [
        Member(**_dated(row.values), organisation_id=ids.get(row.organisation))
        for row in planned.rows
        if row.kind == MEMBER and row.outcome is Outcome.NEW
    ]
    db.session.add_all(members)
    db.session.flush()
    for member in members:
        history.note(actor, "imported", member)
    return members


def _update(actor: Member | None, planned: Plan, ids: Mapping[str, int]) -> list[Member]:
    rows = {row.id: row for row in planned.rows if row.kind == MEMBER and row.outcome is Outcome.UPDATED and row.id}
    members = _load(Member, list(rows))
    for member in members:
        changed = _changed(rows[member.id], ids)
        _set(member, changed)
        member.version += 1
        history.note(actor, "imported", member, changed=sorted(changed))
    end_access([member.id for member in members if member.standing is Standing.LEFT])
    db.session.flush()
    return members


def _changed(row: PlannedRow, ids: Mapping[str, int]) -> dict[str, Any]:
    values = _dated(row.values)
    if row.organisation:
        values["organisation_id"] = ids[row.organisation]
    if values.get("standing") in {Standing.ACTIVE, Standing.INVITED}:
        values["left_on"] = None
    return values


def _dated(values: Mapping[str, Any]) -> dict[str, Any]:
    """Who left did so on some day; today when the table does not say."""
    if values.get("standing") is Standing.LEFT and not values.get("left_on"):
        return {**values, "left_on": clock.today()}
    return dict(values)


def _set(thing: Member | Organisation, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(thing, name, value)


def _load(kind: type[Kept], ids: list[int]) -> list[Kept]:
    found: list[Kept] = []
    for start in range(0, len(ids), AT_ONCE):
        found += db.session.scalars(sa.select(kind).where(kind.id.in_(ids[start : start + AT_ONCE])))
    return found
