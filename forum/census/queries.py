"""How many of everything there is, and how it divides: for operators and the admin, who count and need not read.

References are written with leading zeros (FB-006, MTG-01), so that a census sorts and compares as text.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypedDict

import sqlalchemy as sa

from forum.base.db import db
from forum.challenges.models import Challenge, Citation, Rating, Status
from forum.feedback.models import Attachment, Feedback, FeedbackKind, Reply, Support, feedback_theme
from forum.meetings.models import Answer, Invitation, Meeting
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import Priority, Theme

ANSWERS = {Answer.YES: "accepted", Answer.NO: "declined", Answer.MAYBE: "tentative", None: "no-reply"}


class Census(TypedDict):
    """How many. `members` leaves administrators out: they look after the platform and do not sit in the Forum.

    `by_source` says how threads reached the Forum: "site", or how somebody told the secretariat, or what was imported.
    `supports` are "same here" of members, `threads_supported` the threads these are in. `linked` threads are cited by a
    challenge, `unlinked` are the references of the others. `orgs_posting` have begun a
    thread, `members_posting` have written a thread or a reply, `sectors` and `forces` are those of the organisations.
    """

    members: int
    administrators: int
    organisations: int
    meetings: int
    threads: int
    replies: int
    supports: int
    threads_supported: int
    files: int
    challenges: int
    by_priority: dict[str, int]
    by_kind: dict[str, int]
    by_source: dict[str, int]
    by_theme: list[tuple[str, int]]
    linked: int
    unlinked: list[str]
    ch_status: dict[str, int]
    ch_rag: dict[str, int]
    rsvp: dict[str, dict[str, int]]
    orgs_posting: int
    members_posting: int
    statuses: dict[str, int]
    roles: dict[str, int]
    sectors: int
    forces: int


def census() -> Census:
    """Everything counted. Some twenty statements, none of which returns a row for each thing but `unlinked`."""
    unlinked = _unlinked()
    threads = _number(Feedback.id)
    administrators = _number(Member.id, Member.role == Role.ADMIN)
    organisations, sectors, forces = _numbers(
        Organisation.id, Organisation.sector_id.distinct(), Organisation.force_id.distinct()
    )
    supports, threads_supported = _numbers(Support.id, Support.feedback_id.distinct())
    return Census(
        members=_number(Member.id) - administrators,
        administrators=administrators,
        organisations=organisations,
        meetings=_number(Meeting.id),
        threads=threads,
        replies=_number(Reply.id),
        supports=supports,
        threads_supported=threads_supported,
        files=_number(Attachment.id, Attachment.removed_at.is_(None)),
        challenges=_number(Challenge.id),
        by_priority=_by_priority(),
        by_kind=_divided(Feedback.kind, FeedbackKind),
        by_source=_by_source(),
        by_theme=_by_theme(),
        linked=threads - len(unlinked),
        unlinked=[f"FB-{number:03d}" for number in unlinked],
        ch_status=_divided(Challenge.status, Status),
        ch_rag=_ratings(),
        rsvp=_answers(),
        orgs_posting=_number(Feedback.organisation_id.distinct()),
        members_posting=_authors(),
        statuses=_divided(Member.standing, Standing, Member.role != Role.ADMIN),
        roles=_divided(Member.role, Role, Member.role != Role.ADMIN),
        sectors=sectors,
        forces=forces,
    )


def _number(what: sa.ColumnElement[Any] | Any, *where: sa.ColumnElement[bool]) -> int:
    return db.session.execute(sa.select(sa.func.count(what)).where(*where)).scalar_one()


def _numbers(*what: sa.ColumnElement[Any] | Any) -> tuple[int, ...]:
    """The same of several columns of one table."""
    return tuple(db.session.execute(sa.select(*map(sa.func.count, what))).one())


def _divided(column: Any, words: Iterable[enum.Enum], *where: sa.ColumnElement[bool]) -> dict[str, int]:
    """How many rows have each of these words, in the order of the words; those nobody has are left out."""
    counted = sa.select(column, sa.func.count()).where(*where).group_by(column)
    found: dict[enum.Enum, int] = dict(db.session.execute(counted).all())
    return {str(word.value): found[word] for word in words if word in found}


def _by_priority() -> dict[str, int]:
    """Threads by priority, in the list's order, then those of none."""
    counted = (
        sa.select(sa.func.coalesce(Priority.slug, "cross-cutting"), sa.func.count())
        .select_from(Feedback)
        .outerjoin(Feedback.priority)
        .group_by(Priority.slug, Priority.position)
        .order_by(Priority.position.is_(None), Priority.position)
    )
    return dict(db.session.execute(counted).all())


def _by_source() -> dict[str, int]:
    counted = sa.select(Feedback.source, sa.func.count()).group_by(Feedback.source).order_by(Feedback.source)
    return dict(db.session.execute(counted).all())


def _by_theme() -> list[tuple[str, int]]:
    """Threads by theme: the most frequent first, of equals the one that came up first. A thread may have several."""
    number = sa.func.count()
    counted = (
        sa.select(Theme.slug, number)
        .join(feedback_theme, feedback_theme.c.theme_id == Theme.id)
        .group_by(Theme.slug, Theme.position)
        .order_by(number.desc(), sa.func.min(feedback_theme.c.feedback_id), Theme.position)
    )
    return [(slug, threads) for slug, threads in db.session.execute(counted)]


def _unlinked() -> list[int]:
    is_cited = sa.exists().where(Citation.feedback_id == Feedback.id)
    return list(db.session.scalars(sa.select(Feedback.id).where(~is_cited).order_by(Feedback.id)))


def _ratings() -> dict[str, int]:
    score = Challenge.prevalence * Challenge.impact
    found: Counter[Rating] = Counter()
    for points, number in db.session.execute(sa.select(score, sa.func.count()).group_by(score)):
        found[Rating.of(points)] += number
    return {rating.value: found[rating] for rating in Rating if found[rating]}


def _answers() -> dict[str, dict[str, int]]:
    """What those invited answered, meeting by meeting; invitations that were withdrawn are left out."""
    counted = (
        sa.select(Invitation.meeting_id, Invitation.answer, sa.func.count())
        .where(Invitation.removed_at.is_(None))
        .group_by(Invitation.meeting_id, Invitation.answer)
        .order_by(Invitation.meeting_id)
    )
    found: dict[int, Counter[Answer | None]] = {}
    for meeting, answer, number in db.session.execute(counted):
        found.setdefault(meeting, Counter())[answer] = number
    return {
        f"MTG-{meeting:02d}": {words: answers[answer] for answer, words in ANSWERS.items() if answers[answer]}
        for meeting, answers in found.items()
    }


def _authors() -> int:
    both = sa.union(sa.select(Feedback.author_id), sa.select(Reply.author_id)).subquery()
    return _number(both.c.author_id)
