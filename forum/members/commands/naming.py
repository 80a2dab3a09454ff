"""What stands for an organisation where its people are not named. Kept with the organisation, so that no page works it out;
made anew in the transaction in which an organisation or somebody's seat in one changes, and looked over by the worker.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper, Session

from forum.base import settings
from forum.base.db import db
from forum.members import rules
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import PoliceForce, Region, Sector

_SEATS: dict[type[Any], frozenset[str]] = {
    Organisation: frozenset({"name", "sector_id", "region_id", "force_id"}),
    Member: frozenset({"organisation_id", "standing", "role"}),
}


def name_anew() -> bool:
    """Work out what stands for every organisation, and store what differs. One statement when nothing does.

    For the worker: gives False, as there is never more to do.
    """
    rows = db.session.execute(_organisations()).all()
    places = [(row.sector, row.region) for row in rows if row.has_people]
    in_region, in_all = Counter(places), Counter(sector for sector, _ in places)
    names_all = settings.is_on("NAME_LONE_ORGANISATIONS")
    changed = []
    for row in rows:
        peers = in_region[row.sector, row.region], in_all[row.sector]
        is_open = names_all or row.is_department
        shown = row.name if is_open else rules.shown_as(row.name, row.sector, row.region, *peers)
        if shown != row.shown_as:
            changed.append({"id": row.id, "shown_as": shown})
    if changed:
        db.session.execute(sa.update(Organisation), changed)
    return False


def _organisations() -> sa.Select[*tuple[Any, ...]]:
    region = sa.func.coalesce(Organisation.region_id, PoliceForce.region_id)
    people = sa.exists().where(Member.organisation_id == Organisation.id, Member.standing != Standing.LEFT)
    # The department answers openly: where nobody is a member only, there is nobody to tell of.
    is_department = sa.and_(people, ~people.where(Member.role == Role.MEMBER))
    return (
        sa.select(
            Organisation.id,
            Organisation.name,
            Organisation.shown_as,
            sa.func.coalesce(Sector.title, "").label("sector"),
            sa.func.coalesce(Region.title, "").label("region"),
            people.label("has_people"),
            is_department.label("is_department"),
        )
        .outerjoin(Sector, Sector.id == Organisation.sector_id)
        .outerjoin(PoliceForce, PoliceForce.id == Organisation.force_id)
        .outerjoin(Region, Region.id == region)
    )


# --- when it is due --------------------------------------------------------------------------------------------------


def _changed(_mapper: Mapper[Any], _connection: Connection, thing: Any) -> None:
    state: Any = sa.inspect(thing)
    of_interest = _SEATS[type(thing)]
    if any(state.attrs[name].history.has_changes() for name in of_interest):
        db.session.info["seats"] = True


def _gone(_mapper: Mapper[Any], _connection: Connection, _thing: Any) -> None:
    db.session.info["seats"] = True


def _before_commit(session: Session) -> None:
    session.flush()
    if session.info.pop("seats", False):
        name_anew()


def _after_rollback(session: Session) -> None:
    session.info.pop("seats", None)


for _kind in _SEATS:
    sa.event.listen(_kind, "after_insert", _gone)
    sa.event.listen(_kind, "after_update", _changed)
    sa.event.listen(_kind, "after_delete", _gone)
sa.event.listen(db.session, "before_commit", _before_commit)
sa.event.listen(db.session, "after_rollback", _after_rollback)
