"""What other pages tell of challenges: threads, home, summaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base.db import db, read
from forum.base.paging import First, first
from forum.challenges.models import CLOSED, RESPONSE, Challenge, Citation, Rating, Response, Status, StatusChange
from forum.challenges.queries.log import LogRow, is_answered, is_sensitive, rows
from forum.challenges.queries.one import readable_by
from forum.challenges.queries.quoting import cited_posts, is_by, of_post
from forum.feedback.models import Feedback
from forum.feedback.queries import WaitingRow, waiting
from forum.members.models import Member


class ChallengeMark(NamedTuple):
    """What a thread shows of a challenge that quotes it."""

    id: int
    title: str
    status: Status

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"


class OwnRow(NamedTuple):
    """What became of a thread: a challenge that quotes the member, and the reason of its status."""

    feedback_id: int
    thread: str
    id: int
    title: str
    status: Status
    active_at: datetime
    is_answered: bool
    reason: str

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"


class SummaryRow(NamedTuple):
    """A challenge that quotes one of the asked threads: a row for each such pair. `response` is HTML, or empty.

    `owner` is what the official who answers for it is called in their office, or empty.
    """

    feedback_id: int
    id: int
    title: str
    status: Status
    prevalence: int
    impact: int
    is_sensitive: bool
    response: str
    owner: str
    response_due_on: date | None

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"

    @property
    def rating(self) -> Rating:
        return Rating.of(self.prevalence * self.impact)


class Counts(NamedTuple):
    """How many challenges there are by status, and how many open ones by rating; every word is there, if with 0."""

    by_status: dict[Status, int]
    by_rating: dict[Rating, int]


# Asked by every thread and every list of threads, so put together once.
_MARKS = (
    sa.select(Citation.feedback_id, Challenge.id, Challenge.title, Challenge.status)
    .join(Challenge, Challenge.id == Citation.challenge_id)
    .where(Citation.feedback_id.in_(sa.bindparam("threads", expanding=True)))
    .distinct()
    .order_by(Citation.feedback_id, Challenge.id)
)


def of_threads(ids: Iterable[int]) -> dict[int, list[ChallengeMark]]:
    """The challenges that quote each of these threads or their replies; threads without any are left out."""
    numbers = list(ids)
    if not numbers:
        return {}
    marks: dict[int, list[ChallengeMark]] = defaultdict(list)
    for thread, number, title, status in read(_MARKS, {"threads": numbers}):
        marks[thread].append(ChallengeMark(number, title, status))
    return dict(marks)


def untriaged(actor: Member, size: int = 5) -> First[WaitingRow]:
    """Open threads whose words stand for no challenge yet, the oldest first. One statement."""
    return waiting(actor, sa.exists().where(Citation.feedback_id == Feedback.id), size)


def without_owner(actor: Member, size: int = 5) -> First[ChallengeMark]:
    """Open challenges for which nobody answers, the oldest first. One statement."""
    wanted = (
        sa.select(Challenge.id, Challenge.title, Challenge.status)
        .where(readable_by(actor), Challenge.owner_id.is_(None), Challenge.status.not_in(CLOSED))
        .order_by(Challenge.opened_at, Challenge.id)
    )
    return first(wanted, ChallengeMark._make, size)


def without_response(actor: Member, size: int = 10, owner: Member | None = None) -> list[LogRow]:
    """Open challenges nobody has answered, the longest overdue first, those without a date last; only those of this
    owner, when one is given. One statement."""
    wanted = (
        rows(actor)
        .where(~is_answered, Challenge.status.not_in(CLOSED))
        .where(Challenge.owner_id == owner.id if owner else sa.true())
        .order_by(Challenge.response_due_on.is_(None), Challenge.response_due_on, Challenge.id)
        .limit(size)
    )
    return [LogRow._make(row) for row in db.session.execute(wanted)]


def for_author(member: Member, size: int = 10) -> list[OwnRow]:
    """What became of what this member said, what moved last first. One statement."""
    reason = (
        sa.select(StatusChange.reason)
        .where(StatusChange.challenge_id == Challenge.id, StatusChange.status != Status.NEW)
        .order_by(StatusChange.changed_at.desc(), StatusChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        cited_posts(
            Feedback.id,
            Feedback.title,
            Challenge.id,
            Challenge.title,
            Challenge.status,
            Challenge.active_at,
            is_answered,
            sa.func.coalesce(reason, ""),
        )
        .join(Challenge, Challenge.id == Citation.challenge_id)
        .where(is_by(member), of_post("withdrawn_at").is_(None), Feedback.withdrawn_at.is_(None), readable_by(member))
        .distinct()
        .order_by(Challenge.active_at.desc(), Challenge.id.desc(), Feedback.id)
        .limit(size)
    )
    return [OwnRow._make(row) for row in db.session.execute(wanted)]


def for_summary(feedback_ids: Iterable[int] | sa.Select[int]) -> list[SummaryRow]:
    """The challenges that quote these threads, by challenge and thread. Takes ids, or a select of them. One statement."""
    response = (
        sa.select(Response.html)
        .where(Response.challenge_id == Challenge.id, Response.kind == RESPONSE)
        .order_by(Response.given_at.desc(), Response.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        sa.select(
            Citation.feedback_id,
            Challenge.id,
            Challenge.title,
            Challenge.status,
            Challenge.prevalence,
            Challenge.impact,
            is_sensitive,
            sa.func.coalesce(response, ""),
            sa.func.coalesce(Member.job_title, ""),
            Challenge.response_due_on,
        )
        .join(Challenge, Challenge.id == Citation.challenge_id)
        .outerjoin(Member, Member.id == Challenge.owner_id)
        .where(Citation.feedback_id.in_(feedback_ids if isinstance(feedback_ids, sa.Select) else list(feedback_ids)))
        .distinct()
        .order_by(Challenge.id, Citation.feedback_id)
    )
    return [SummaryRow._make(row) for row in db.session.execute(wanted)]


def counts() -> Counts:
    """How many challenges there are. One statement."""
    score = Challenge.prevalence * Challenge.impact
    found = Counts(dict.fromkeys(Status, 0), dict.fromkeys(Rating, 0))
    wanted = sa.select(Challenge.status, score, sa.func.count()).group_by(Challenge.status, score)
    for status, points, number in db.session.execute(wanted):
        found.by_status[status] += number
        if status not in CLOSED:
            found.by_rating[Rating.of(points)] += number
    return found
