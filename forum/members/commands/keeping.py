"""Keeping the membership: adding and changing members and organisations, leaving and coming back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from forum.base import clock, history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.members import queries, rules
from forum.members.commands.joining import end_access, end_links
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import PoliceForce, Theme
from forum.reference.queries import chosen

LONGEST_SLUG = 70  # leaves room for the number that tells two of the same name apart


def add_member(
    actor: Member | None, *, name: str, email: str, role: Role = Role.MEMBER, themes: Sequence[int] = (), **more: Any
) -> Member:
    """Add one member, who is invited until they choose a password; one without an address is active at once, by post.

    `themes` are ids; `more` are columns of Member. Raises Rejected when somebody has that address already.
    """
    rules.check_keeper(actor)
    if not rules.may_give(actor, role):
        raise Rejected("Only an administrator gives roles. Add them as a member.", field="role")
    address = _address(email)
    _check_new(name, address, more.get("organisation_id"))
    standing = Standing.INVITED if address and not more.get("password_hash") else Standing.ACTIVE
    joined_on = None if address else clock.today()
    member = Member(**{"joined_on": joined_on, **more}, name=name, email=address, role=role, standing=standing)
    member.themes = chosen(Theme, themes) if themes else []
    db.session.add(member)
    _flush_address()
    history.note(actor, "added", member)
    return member


def change_member(actor: Member, member: Member, version: int, **details: Any) -> None:
    """Change what is known of a member; `details` are columns of Member, and `themes` as ids.

    Members change their own; the secretariat changes everybody's; `role` is an admin's. Raises Rejected, also when
    somebody else changed the member after `version` was read.
    """
    if actor.id != member.id:
        rules.check_keeper(actor)
    _check_version(member, version)
    if "role" in details:
        rules.check_role(actor, member, details["role"])
    if "email" in details:
        rules.check_keeper(actor)
        details["email"] = _address(details["email"])
        rules.check_address_change(actor, member, details["email"])
    if "themes" in details:
        details["themes"] = chosen(Theme, details["themes"])
    changed = _change(member, details)
    _flush_address()
    if "email" in changed:
        end_links([member.id])
    if changed:
        history.note(actor, "changed", member, changed=changed)


def leave(actor: Member | None, member: Member, left_on: date, reason: str = "") -> None:
    """They have left: no letters, no way in; what they wrote stays. Raises Rejected."""
    rules.check_keeper(actor)
    rules.check_leaving(actor, member, left_on, clock.today())
    member.standing, member.left_on, member.version = Standing.LEFT, left_on, member.version + 1
    end_access([member.id])
    history.note(actor, "recorded as left", member, reason)


def take_back(actor: Member | None, member: Member) -> None:
    """They have returned: active when they can sign in or are written to by post, otherwise invited. Raises Rejected."""
    rules.check_keeper(actor)
    rules.check_return(actor, member)
    is_ready = bool(member.password_hash) or member.email is None
    member.standing = Standing.ACTIVE if is_ready else Standing.INVITED
    member.left_on, member.version = None, member.version + 1
    history.note(actor, "took back", member)


def add_organisation(actor: Member | None, *, name: str, **more: Any) -> Organisation:
    """Add an organisation; `more` are columns of Organisation. Raises Rejected when there is one of this name."""
    rules.check_keeper(actor)
    _check_organisation_name(name)
    organisation = Organisation(slug=free_slug(name, _slugs_like(name)), name=name, **_placed(more))
    db.session.add(organisation)
    db.session.flush()
    history.note(actor, "added", organisation)
    return organisation


def change_organisation(actor: Member, organisation: Organisation, **details: Any) -> None:
    """Change an organisation; its slug stays, as links carry it. Raises Rejected."""
    rules.check_keeper(actor)
    if "name" in details and details["name"].casefold() != organisation.name.casefold():
        _check_organisation_name(details["name"])
    changed = _set(organisation, _placed(details))
    if changed:
        history.note(actor, "changed", organisation, changed=changed)


def free_slug(name: str, taken: Collection[str]) -> str:
    """What links call an organisation of this name, when these are taken: letters without accents, digits, hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:LONGEST_SLUG].strip("-") or "organisation"
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)


def _slugs_like(name: str) -> set[str]:
    base = free_slug(name, ())
    return set(db.session.scalars(sa.select(Organisation.slug).where(Organisation.slug.startswith(base))))


def _address(email: str) -> str | None:
    """An address as it is stored; None for an empty one. Raises Rejected."""
    address = email.strip().lower()
    if address and not rules.is_address(address):
        raise Rejected("Enter an email address in the correct format, like name@example.com", field="email")
    return address or None


def _check_new(name: str, address: str | None, organisation_id: int | None) -> None:
    """Nobody twice: by address, or by name and organisation where there is no address."""
    same = sa.select(Member)
    if address:
        same = same.where(Member.email == address)
    else:
        same = same.where(Member.email.is_(None), Member.name == name, Member.organisation_id == organisation_id)
    found = db.session.scalars(same.limit(1)).first()
    if found and address:
        raise Rejected(f"{found.name} already has this email address.", field="email")
    if found:
        raise Rejected(f"{name} of this organisation is a member already, without an email address.", field="name")


def _check_organisation_name(name: str) -> None:
    same = sa.select(Organisation.id).where(sa.func.lower(Organisation.name) == name.lower()).limit(1)
    if db.session.scalar(same):
        raise Rejected("There is already an organisation with this name.", field="name")


def _check_version(member: Member, version: int) -> None:
    db.session.refresh(member, ["version"], with_for_update=True)  # of two who save at once, one waits here
    if version != member.version:
        who = queries.last_changed_by(member)
        raise Rejected(
            f"{who} changed these details while you had this page open. What is saved now is shown beside what you "
            "entered: check it, then save again."
        )


def _change(member: Member, details: dict[str, Any]) -> list[str]:
    changed = _set(member, details)
    if changed:
        member.version += 1
    return changed


def _set(thing: Member | Organisation, details: dict[str, Any]) -> list[str]:
    """Set what differs; gives the names of what did."""
    changed = [name for name, value in details.items() if getattr(thing, name) != value]
    for name in changed:
        setattr(thing, name, details[name])
    return changed


def _placed(details: dict[str, Any]) -> dict[str, Any]:
    """With a police force area, the region follows from it."""
    if details.get("force_id") and (force := db.session.get(PoliceForce, details["force_id"])) and force.region_id:
        return {**details, "region_id": force.region_id}
    return details


def _flush_address() -> None:
    """Addresses are unique: the database has the last word, also when two add the same person at once."""
    try:
        db.session.flush()
    except IntegrityError:
        raise Rejected("Somebody already has this email address.", field="email") from None
