"""You said, we did: what became of what members said, by the quarter in which they were told."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, richtext
from forum.base.paging import Page, page
from forum.challenges import rules
from forum.challenges.models import RESPONSE, Challenge, Rating, Response, Status, StatusChange
from forum.challenges.queries.log import has_theme, in_priority, is_sensitive, is_yours
from forum.challenges.queries.one import readable_by
from forum.challenges.queries.quoting import Columns, Quote, quotes
from forum.members.models import Member
from forum.reference.models import Priority

MOST_QUOTES = 3


class AnsweredRow(NamedTuple):
    """A challenge to which something has been said: `html` is the latest response, `reason` that of its status."""

    id: int
    title: str
    status: Status
    prevalence: int
    impact: int
    priority: str
    answered_at: datetime
    is_sensitive: bool
    is_yours: bool
    reason: str
    html: str
    quotes: list[Quote]

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"

    @property
    def rating(self) -> Rating:
        return Rating.of(self.prevalence * self.impact)

    @property
    def why(self) -> str:
        """The reason of the status, where it says more than the response does."""
        return "" if rules.says(richtext.to_text(self.html), self.reason) else self.reason

    @property
    def quarter(self) -> rules.Quarter:
        return rules.Quarter.of(clock.london(self.answered_at).date())


def answered(
    actor: Member,
    theme: int | None = None,
    priority: int | None = None,
    quarter: rules.Quarter | None = None,
    key: str | None = None,
) -> Page[AnsweredRow]:
    """What was done or said in return, latest first, each with at most three quotations. Two statements."""
    wanted = _select(actor)
    if theme is not None:
        wanted = wanted.where(has_theme(theme))
    if priority is not None:
        wanted = wanted.where(in_priority(priority))
    if quarter is not None:
        starts, ends = clock.midnight(quarter.starts_on), clock.midnight(quarter.next.starts_on)
        wanted = wanted.where(Challenge.answered_at >= starts, Challenge.answered_at < ends)
    found = page(wanted, [Challenge.answered_at.desc(), Challenge.id.desc()], key)
    said = quotes(actor, [row[0] for row in found.items], MOST_QUOTES)
    return found.of(lambda row: AnsweredRow._make((*row, [quote for quote in said if quote.challenge_id == row[0]])))


def _select(actor: Member) -> Columns:
    reason = (
        sa.select(StatusChange.reason)
        .where(StatusChange.challenge_id == Challenge.id, StatusChange.status != Status.NEW)
        .order_by(StatusChange.changed_at.desc(), StatusChange.id.desc())
    )
    response = (
        sa.select(Response.html)
        .where(Response.challenge_id == Challenge.id, Response.kind == RESPONSE)
        .order_by(Response.given_at.desc(), Response.id.desc())
    )
    return (
        sa.select(
            Challenge.id,
            Challenge.title,
            Challenge.status,
            Challenge.prevalence,
            Challenge.impact,
            sa.func.coalesce(Priority.short_title, "Cross-cutting"),
            Challenge.answered_at,
            is_sensitive,
            is_yours(actor),
            sa.func.coalesce(reason.limit(1).scalar_subquery(), ""),
            sa.func.coalesce(response.limit(1).scalar_subquery(), ""),
        )
        .outerjoin(Priority, Priority.id == Challenge.priority_id)
        .where(Challenge.answered_at.is_not(None), readable_by(actor))
    )
