"""One thing with usual details; a test names only what matters to it. All of them save what they build."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from typing import Any, NamedTuple

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import joinedload

from forum.base.db import db, transaction
from forum.members.models import Member, Notify, Organisation, Role, Standing
from forum.reference.models import PoliceForce, Priority, Region, Sector, Theme

_numbers = count(1)


class Cast(NamedTuple):
    amina: Member
    bryn: Member
    sita: Member
    olu: Member
    ada: Member


@cache
def _hashed(password: str) -> str:
    """A hash that is checked in no time: a real one takes 50 ms of every signing in."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


def listed(kind: type[Any], slug: str) -> Any:
    """The entry of a reference list with this slug."""
    return db.session.scalars(sa.select(kind).where(kind.slug == slug)).one()


def theme(slug: str = "mental-health") -> Theme:
    return listed(Theme, slug)


def priority(slug: str = "county-lines") -> Priority:
    return listed(Priority, slug)


def organisation(name: str = "", *, sector: str = "police", force: str | None = "essex", **more: Any) -> Organisation:
    number = next(_numbers)
    area = listed(PoliceForce, force) if force else None
    built = Organisation(
        slug=f"organisation-{number}",
        name=name or f"Organisation {number}",
        sector=listed(Sector, sector),
        force=area,
        region=db.session.get(Region, area.region_id) if area else None,
        **more,
    )
    return _save(built)


def member(name: str = "", *, role: Role = Role.MEMBER, password: str | None = None, **more: Any) -> Member:
    number = next(_numbers)
    details: dict[str, Any] = {
        "email": f"member{number}@example.example",
        "organisation": more.pop("organisation", None) or organisation(),
        "standing": Standing.ACTIVE,
        "notify": Notify.DAILY,
        "joined_on": date(2016, 3, 1),
        "password_hash": _hashed(password) if password else None,
    }
    return _save(Member(name=name or f"Member {number}", role=role, **(details | more)))


def cast(password: str) -> Cast:
    police = organisation("Essex Police area", sector="police", force="essex")
    charity = organisation("Canopy Youth Trust", sector="voluntary", force="south-wales")
    department = organisation("Gangs and exploitation unit", sector="central-government", force=None)

    def person(name: str, role: Role, where: Organisation, job: str) -> Member:
        address = f"{name.split()[0].lower()}@cast.example"
        return member(name, role=role, organisation=where, email=address, job_title=job, password=password)

    return Cast(
        amina=person("Amina Rowan", Role.MEMBER, police, "Detective inspector"),
        bryn=person("Bryn Heron", Role.MEMBER, charity, "Youth worker"),
        sita=person("Sita Curlew", Role.SECRETARIAT, department, "Forum secretary"),
        olu=person("Olu Hazel", Role.OFFICIAL, department, "Policy adviser"),
        ada=person("Ada Finch", Role.ADMIN, department, "Administrator"),
    )


def cast_again() -> Cast:
    """The cast, as it is in the database already; with their organisations and where those are."""
    seats = joinedload(Member.organisation).options(
        joinedload(Organisation.sector), joinedload(Organisation.force), joinedload(Organisation.region)
    )
    found = db.session.scalars(sa.select(Member).where(Member.email.like("%@cast.example")).options(seats))
    by_name = {str(person.email).partition("@")[0]: person for person in found}
    return Cast(**{name: by_name[name] for name in Cast._fields})


def moment(*parts: int) -> datetime:
    """A moment in UTC: moment(2016, 11, 15, 10, 30)."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def _save(thing: Any) -> Any:
    with transaction():
        db.session.add(thing)
    return thing
