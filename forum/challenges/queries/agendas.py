"""Which challenges stand on which agendas."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base.db import db, read
from forum.challenges.models import AgendaChallenge, Challenge
from forum.challenges.queries.elsewhere import ChallengeMark
from forum.challenges.queries.one import READABLE
from forum.meetings.models import AgendaItem, Meeting
from forum.meetings.queries.meetings import readable_by as meeting_readable_by
from forum.members.models import Member


class OnAgendaRow(NamedTuple):
    """An item about a challenge, on the agenda of a meeting; `over` is the position of the item it is part of."""

    item_id: int
    over: int | None
    position: int
    meeting_id: int
    meeting_title: str
    starts_at: datetime

    @property
    def number(self) -> str:
        return f"{self.over}.{self.position}" if self.over else f"{self.position}"

    @property
    def reference(self) -> str:
        """Of the meeting."""
        return f"MTG-{self.meeting_id}"


_over = aliased(AgendaItem)


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(AgendaItem.id, _over.position, AgendaItem.position, Meeting.id, Meeting.title, Meeting.starts_at)
        .join(AgendaChallenge, AgendaChallenge.agenda_item_id == AgendaItem.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .outerjoin(_over, _over.id == AgendaItem.parent_id)
    )


def agendas_of(actor: Member, challenge: Challenge) -> list[OnAgendaRow]:
    """The agendas this challenge is on, of meetings this person may know of, the latest meeting first. One statement."""
    wanted = _rows().where(AgendaChallenge.challenge_id == challenge.id, meeting_readable_by(actor))
    return [
        OnAgendaRow._make(row) for row in db.session.execute(wanted.order_by(Meeting.starts_at.desc(), AgendaItem.id))
    ]


def number_on(challenge: Challenge, meeting: Meeting) -> str:
    """The number of the item about this challenge on this meeting's agenda; empty when there is none."""
    wanted = _rows().where(AgendaChallenge.challenge_id == challenge.id, Meeting.id == meeting.id)
    row = db.session.execute(wanted.limit(1)).first()
    return OnAgendaRow._make(row).number if row else ""


# Put together once: read for every visit to a meeting's page.
_MARKS = (
    sa.select(AgendaChallenge.agenda_item_id, Challenge.id, Challenge.title, Challenge.status)
    .join(Challenge, Challenge.id == AgendaChallenge.challenge_id)
    .join(AgendaItem, AgendaItem.id == AgendaChallenge.agenda_item_id)
    .where(AgendaItem.meeting_id == sa.bindparam("meeting"), READABLE)
    .order_by(Challenge.id)
)


def on_agenda(actor: Member, meeting: Meeting) -> dict[int, list[ChallengeMark]]:
    """The challenges that the items of this meeting's agenda are about, by item; those this person may read. One statement."""
    marks: dict[int, list[ChallengeMark]] = defaultdict(list)
    for item, number, title, status in read(_MARKS, {"meeting": meeting.id, "is_active": actor.is_active}):
        marks[item].append(ChallengeMark(number, title, status))
    return dict(marks)
