"""Who can be mentioned, and how many a mention tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db, read
from forum.feedback.models import Feedback, Mention, MentionKind
from forum.feedback.rules.mentioning import Names, Reach, Target
from forum.members.models import Member, Organisation, Role, Standing, group_member
from forum.reference.models import Sector

MOST = 8  # suggestions
_CALLED = sa.union_all(
    sa.select(sa.literal(MentionKind.SECTOR.value), Sector.id, Sector.title, Sector.slug),
    sa.select(sa.literal(MentionKind.ORGANISATION.value), Organisation.id, Organisation.name, Organisation.slug),
    sa.select(sa.literal(MentionKind.MEMBER.value), Member.id, Member.name, sa.func.coalesce(Organisation.name, ""))
    .outerjoin(Organisation, Organisation.id == Member.organisation_id)
    .where(Member.standing == Standing.ACTIVE),
)


class Suggestion(NamedTuple):
    """What to write behind the "@", and who that is."""

    words: str
    about: str


def names() -> Names:
    """Everybody who can be called, by each name they have. One statement."""
    return Names((target, _ways(target, other)) for target, other in _everybody())


def suggestions(typed: str) -> list[Suggestion]:
    """Whose name has a word that begins like this. One statement."""
    wanted = typed.lower().split()
    if not wanted:
        return []
    everybody = _everybody()
    known = names_of(everybody)
    found = [(target, other) for target, other in everybody if _fits(wanted, f"{target.title} {other}".lower(), target)]
    found.sort(key=lambda entry: _order(entry[0], typed.lower().strip()))
    return [_suggestion(target, other, known) for target, other in found[:MOST]]


def reach(actor: Member, targets: Sequence[Target], number: int | None) -> list[Reach]:
    """How many others each of these mentions tells: active members who may read the thread (None: one for all). One
    statement, none without mentions."""
    if not targets:
        return []
    counts = [
        sa.select(sa.func.count(Member.id)).where(*_told(one, actor, number)).scalar_subquery() for one in targets
    ]
    row = db.session.execute(sa.select(*counts)).one()
    return [Reach(target, people) for target, people in zip(targets, row, strict=True)]


def of_post(number: int, reply_number: int | None) -> list[Mention]:
    """The mentions a post has. One statement."""
    return list(
        db.session.scalars(sa.select(Mention).where(Mention.feedback_id == number, Mention.reply_id == reply_number))
    )


def _everybody() -> list[tuple[Target, str]]:
    rows = [tuple(row) for row in read(_CALLED)]
    return [(Target(MentionKind(kind), number, title), other) for kind, number, title, other in rows]


def names_of(everybody: list[tuple[Target, str]]) -> dict[str, int]:
    """How many members have a name."""
    counted: dict[str, int] = {}
    for target, _other in everybody:
        if target.kind is MentionKind.MEMBER:
            counted[target.title.lower()] = counted.get(target.title.lower(), 0) + 1
    return counted


def _ways(target: Target, other: str) -> tuple[str, ...]:
    """The names something goes by: a slug is one, and so is a member's name with the organisation."""
    if target.kind is MentionKind.MEMBER:
        return (target.title, f"{target.title}, {other}") if other else (target.title,)
    return (target.title, other)


def _fits(wanted: list[str], words: str, target: Target) -> bool:
    """Whether every word that was typed begins a word of the name; of a member, not of the organisation alone."""
    own = target.title.lower() if target.kind is MentionKind.MEMBER else words
    return all(any(word.startswith(one) for word in own.replace("-", " ").split()) for one in wanted)


def _order(target: Target, typed: str) -> tuple[bool, bool, int, str, int]:
    """Names that begin so come first, of them sectors and organisations, which are few; then the shortest."""
    title = target.title.lower()
    return (not title.startswith(typed), target.kind is MentionKind.MEMBER, len(title), title, target.id)


def _suggestion(target: Target, other: str, known: dict[str, int]) -> Suggestion:
    if target.kind is not MentionKind.MEMBER:
        return Suggestion(target.title, "Sector" if target.kind is MentionKind.SECTOR else "Organisation")
    is_one = known[target.title.lower()] == 1 or not other
    return Suggestion(target.title if is_one else f"{target.title}, {other}", other or "Member")


def _told(target: Target, actor: Member, number: int | None) -> list[Any]:
    which = {
        MentionKind.MEMBER: Member.id == target.id,
        MentionKind.ORGANISATION: Member.organisation_id == target.id,
        MentionKind.SECTOR: Member.organisation_id.in_(
            sa.select(Organisation.id).where(Organisation.sector_id == target.id)
        ),
    }[target.kind]
    conditions: list[Any] = [which, Member.standing == Standing.ACTIVE, Member.id != actor.id]
    if number is not None:
        group = sa.select(Feedback.group_id).where(Feedback.id == number).scalar_subquery()
        inside = sa.select(group_member.c.member_id).where(group_member.c.group_id == group)
        runs = Member.role.in_([Role.SECRETARIAT, Role.ADMIN])
        conditions.append(sa.or_(group.is_(None), Member.id.in_(inside), runs))
    return conditions
