"""The other addresses a member writes from, so that what they answer from there is known to be theirs."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from forum.base import history
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.members import queries, rules
from forum.members.models import Member, MemberAlias


def add(actor: Member, member: Member, address: str) -> MemberAlias:
    """Note that this member also writes from there. Raises Rejected when the address is somebody's already."""
    rules.check_keeper(actor)
    wanted = address.strip().lower()
    if not rules.is_address(wanted):
        raise Rejected("Enter an email address in the correct format, like name@example.com", field="address")
    owner = queries.by_email(wanted)
    if owner is not None:
        raise Rejected(f"This is the email address of {owner.name}.", field="address")
    alias = MemberAlias(member_id=member.id, address=wanted)
    db.session.add(alias)
    try:
        db.session.flush()
    except IntegrityError:
        raise Rejected("This address has been added already, here or for another member.", field="address") from None
    history.note(actor, "added another address", member)
    return alias


def remove(actor: Member, member: Member, number: int) -> None:
    """They no longer write from this address. Raises NotFound."""
    rules.check_keeper(actor)
    alias = db.session.get(MemberAlias, number)
    if alias is None or alias.member_id != member.id:
        raise NotFound
    db.session.delete(alias)
    history.note(actor, "removed another address", member)
