"""Keeping groups of members."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from forum.base import history
from forum.base.db import db
from forum.base.errors import Rejected
from forum.members import rules
from forum.members.commands.keeping import free_slug
from forum.members.models import Group, Member, Standing


def add_group(
    actor: Member | None,
    title: str,
    member_ids: Collection[int] = (),
    *,
    form_key: str = "",
    is_demonstration: bool = False,
) -> Group:
    """A new group of these members. The same form sent again gives the group it made the first time. Raises Rejected."""
    rules.check_keeper(actor)
    made = _by_form_key(form_key)
    if made is not None:
        return made
    _check_title(title)
    slugs = set(db.session.scalars(sa.select(Group.slug)))
    group = Group(
        title=title, slug=free_slug(title, slugs), form_key=form_key or None, is_demonstration=is_demonstration
    )
    group.members = _members(member_ids)
    try:
        with db.session.begin_nested():
            db.session.add(group)
    except IntegrityError:  # the same form, at this very moment
        made = _by_form_key(form_key)
        if made is None:
            raise
        return made
    history.note(actor, "added", group, members=len(group.members))
    return group


def change_group(actor: Member, group: Group, *, version: int, title: str, member_ids: Collection[int]) -> None:
    """Give a group this title and these members; `group` has its members loaded. Raises Rejected, at "version" when
    somebody else changed it after version `version`."""
    rules.check_keeper(actor)
    db.session.refresh(group, ["version"], with_for_update=True)
    if group.version != version:
        raise Rejected("Somebody else changed this group while you had it open. Check it, then save again.", "version")
    if title != group.title:
        _check_title(title)
    members = _members(member_ids)
    before, after = {member.id for member in group.members}, {member.id for member in members}
    if title == group.title and before == after:
        return
    group.title, group.members = title, members
    group.version += 1
    history.note(actor, "changed", group, added=sorted(after - before), removed=sorted(before - after))


def _members(ids: Collection[int]) -> list[Member]:
    wanted = sa.select(Member).where(Member.id.in_(set(ids)), Member.standing != Standing.LEFT).order_by(Member.id)
    return list(db.session.scalars(wanted))


def _by_form_key(form_key: str) -> Group | None:
    return db.session.scalar(sa.select(Group).where(Group.form_key == form_key)) if form_key else None


def _check_title(title: str) -> None:
    if not title:
        raise Rejected("Enter what the group is called", "title")
    if db.session.scalar(sa.select(Group.id).where(sa.func.lower(Group.title) == title.lower()).limit(1)):
        raise Rejected("There is already a group with this name", "title")
