"""Contributions in bulk, as an import leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.feedback import commands
from forum.feedback.models import Attribution, Feedback, FeedbackKind, feedback_theme
from forum.members.models import Member
from forum.reference.models import Marking, Theme
from tests import builders

FIRST = builders.moment(2016, 7, 1, 12)


def earlier(secretary: Member, author: Member, at: datetime, **more: Any) -> Feedback:
    """A contribution that the secretary entered for its author, at this moment in the past."""
    usual = {
        "kind": FeedbackKind.CHALLENGE,
        "title": "Said before",
        "happening": "Said before there was a site.",
        "attribution": Attribution.ORGANISATION,
        "priority_id": builders.priority().id,
    }
    with transaction():
        return commands.post(secretary, author=author, posted_at=at, **(usual | more))


def imported(count: int, respondents: int, labels: int) -> None:
    """So many contributions by so many respondents of no known organisation, carrying so many themes in all."""
    themes = list(db.session.scalars(sa.select(Theme.id).order_by(Theme.id)))
    last = db.session.scalar(sa.select(sa.func.max(Feedback.id))) or 0
    rows = [_row(last + place, f"R{place % respondents}", place) for place in range(1, count + 1)]
    carried = [(rows[place % count]["id"], themes[(place + place // count) % len(themes)]) for place in range(labels)]
    with transaction():
        db.session.execute(sa.insert(Feedback), rows)
        db.session.execute(
            sa.insert(feedback_theme), [{"feedback_id": number, "theme_id": theme} for number, theme in carried]
        )


def _row(number: int, respondent: str, place: int) -> dict[str, object]:
    at = FIRST + timedelta(minutes=place)
    return {
        "id": number,
        "contributor": respondent,
        "attribution": Attribution.UNATTRIBUTED,
        "posted_at": at,
        "active_at": at,
        "kind": FeedbackKind.CHALLENGE,
        "title": f"Answer {place}",
        "happening": "The ambulance came late.",
        "html": "<p>The ambulance came late. It took two hours, and nobody rang back.</p>\n",
        "marking": Marking.OFFICIAL,
        "source": "answers.csv",
    }
