"""Reading the outbox: the letters page, the progress of a mailing, the age of what waits."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.letters.models import Kind, Letter, State

UNDER_WAY = (State.WAITING, State.SENDING, State.DELAYED)


class LetterRow(NamedTuple):
    """A letter in a list. Name and address are empty where the recipient is withheld."""

    id: int
    kind: Kind
    to_name: str
    to_address: str
    subject: str
    about: str
    state: State
    attempts: int
    next_try_at: datetime | None
    last_code: int | None
    last_words: str | None
    written_at: datetime
    sent_at: datetime | None
    is_recipient_withheld: bool


def counts_of(about: str) -> dict[State, int]:
    """How many letters about this are in each state; states without any are left out."""
    counted = sa.select(Letter.state, sa.func.count()).where(Letter.about == about).group_by(Letter.state)
    return dict(db.session.execute(counted).all())


def oldest_waiting() -> datetime | None:
    """When the oldest letter that is still under way was written; None when none is."""
    return db.session.execute(
        sa.select(sa.func.min(Letter.written_at)).where(Letter.next_try_at.is_not(None))
    ).scalar_one()


def listed(
    *, about: str | None = None, state: State | None = None, before: int | None = None, size: int = 50
) -> list[LetterRow]:
    """The newest letters first; `before` is the id of the last row of the page before."""
    wanted = sa.select(*_COLUMNS).order_by(Letter.id.desc()).limit(size)
    if about is not None:
        wanted = wanted.where(Letter.about == about)
    if state is not None:
        wanted = wanted.where(Letter.state == state)
    if before is not None:
        wanted = wanted.where(Letter.id < before)
    return [LetterRow(*row) for row in db.session.execute(wanted)]


def find(number: int) -> Letter:
    """The letter with this number. Raises NotFound."""
    letter = db.session.get(Letter, number)
    if letter is None:
        raise NotFound("There is no letter with this number.")
    return letter


def _unless_withheld(column: sa.orm.attributes.InstrumentedAttribute[str]) -> sa.ColumnElement[str]:
    return sa.case((Letter.is_recipient_withheld, ""), else_=column)


_COLUMNS = tuple(
    _unless_withheld(getattr(Letter, name)) if name in {"to_name", "to_address"} else getattr(Letter, name)
    for name in LetterRow._fields
)
