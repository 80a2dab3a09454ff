"""Keeping what is typed until it is posted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.feedback import queries
from forum.feedback.commands import attaching
from forum.feedback.models import Draft
from forum.feedback.queries import attaching as parking
from forum.feedback.queries import drafting
from forum.feedback.rules import drafting as rules
from forum.members.models import Member

AT_ONCE = 500


class Saved(NamedTuple):
    """`is_beside`: another window saved something else meanwhile; both are kept."""

    draft: Draft
    is_beside: bool


def save(actor: Member, about: str, fields: Mapping[str, list[str]], form_key: str) -> Saved | None:
    """Keep what this form holds, in place of what the same form held before. None when it was posted meanwhile.

    A form is known by its key: two windows have two, so neither writes over the other.
    """
    rules.check(about, fields)
    _take_up(actor)
    if queries.made_from(form_key) or queries.reply_made_from(form_key):
        return None
    there = drafting.drafts(actor, about)
    same = next((draft for draft in there if _key(draft) == form_key), None)
    draft = same or Draft(member_id=actor.id, about=f"{about}~{_short(form_key)}" if there else about, version=0)
    draft.fields = dict(fields)
    draft.saved_at = clock.now()
    draft.version += 1
    db.session.add(draft)
    db.session.flush()
    return Saved(draft, same is None and bool(there))


def forget_posted(actor: Member, about: str, form_key: str) -> None:
    """Throw away the draft of a form that was posted."""
    _take_up(actor)
    for draft in drafting.drafts(actor, about):
        if _key(draft) == form_key:
            db.session.delete(draft)


def throw_away(actor: Member, number: int) -> None:
    """Throw away one's own draft, with the files that wait with it; one that is gone already is gone."""
    if draft := drafting.own(actor, number):
        attaching.unpark(parking.parked(actor, _key(draft), _files(draft)))
        db.session.delete(draft)


def forget_old() -> bool:
    """Delete some drafts that nobody touched for 90 days; whether there may be more."""
    old = sa.select(Draft.id).where(Draft.saved_at < clock.now() - rules.KEPT).limit(AT_ONCE)
    gone = list(db.session.scalars(sa.delete(Draft).where(Draft.id.in_(old)).returning(Draft.id)))
    return len(gone) == AT_ONCE


def _take_up(actor: Member) -> None:
    """One at a time: the page's script saves while its author presses a button."""
    db.session.execute(sa.select(Member.id).where(Member.id == actor.id).with_for_update(key_share=True))


def _short(form_key: str) -> str:
    return hashlib.sha256(form_key.encode()).hexdigest()[:16]


def _files(draft: Draft) -> list[int]:
    return [int(number) for number in draft.fields.get("file", []) if str(number).isdecimal() and len(str(number)) < 10]


def _key(draft: Draft) -> str:
    return str((draft.fields.get("form_key") or [""])[0])
