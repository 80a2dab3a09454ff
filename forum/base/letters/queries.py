"""Reading the outbox: the letters page, the progress of a mailing, the age of what waits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.letters.models import FAILED, Kind, Letter, State
from forum.base.paging import Page, page

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


def counts() -> dict[State, int]:
    """How many letters are in each state; states without any are left out. One statement."""
    return dict(db.session.execute(sa.select(Letter.state, sa.func.count()).group_by(Letter.state)).all())


def oldest_waiting() -> datetime | None:
    """When the oldest letter that is still under way was written; None when none is."""
    return db.session.execute(
        sa.select(sa.func.min(Letter.written_at)).where(Letter.next_try_at.is_not(None))
    ).scalar_one()


AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


def of_this_hour(list_name: str, addresses: Collection[str]) -> dict[str, int]:
    """How many letters of this list left for each of these addresses within the hour, or are still to leave; addresses
    without any are left out. Those written more than a day ago are not counted. One statement."""
    now = clock.now()
    counts_now = sa.or_(Letter.sent_at > now - AN_HOUR, Letter.next_try_at.is_not(None))
    wanted = sa.select(Letter.to_address, sa.func.count()).where(
        Letter.to_address.in_(addresses), Letter.written_at > now - A_DAY, Letter.list_name == list_name, counts_now
    )
    return dict(db.session.execute(wanted.group_by(Letter.to_address)).all())


LATE = timedelta(minutes=15)  # a running worker takes what is due within seconds


def is_late(since: datetime | None) -> bool:
    """Whether what has been due since then has waited so long that no worker can be running."""
    return since is not None and since < clock.now() - LATE


def due_since() -> datetime | None:
    """Since when the longest due letter could have been taken; None when nothing is due. A running worker takes what
    is due within seconds, so a moment long past means that none runs."""
    return db.session.scalar(sa.select(sa.func.min(Letter.next_try_at)).where(Letter.next_try_at <= clock.now()))


class Trouble(NamedTuple):
    """What somebody has to look at; `due_since` as `due_since()` has it."""

    failed: int
    held: int
    due_since: datetime | None


def trouble() -> Trouble:
    """How many letters failed and are held, and since when the longest due one waits. One statement."""
    counted = sa.select(sa.func.count()).select_from(Letter)
    failed = counted.where(Letter.state.in_(FAILED)).scalar_subquery()
    held = counted.where(Letter.state == State.HELD).scalar_subquery()
    due = sa.select(sa.func.min(Letter.next_try_at)).where(Letter.next_try_at <= clock.now()).scalar_subquery()
    return Trouble._make(db.session.execute(sa.select(failed, held, due)).one())


def listed(
    *,
    state: State | None = None,
    kind: Kind | None = None,
    about: str | None = None,
    text: str = "",
    key: str | None = None,
    size: int = 50,
) -> Page[LetterRow]:
    """The letters in this state, of this kind, about this and with all these words; the newest first. One statement.

    The words are looked for in the subject, and in name and address unless the recipient is withheld.
    """
    asked = ((Letter.state, state), (Letter.kind, kind), (Letter.about, about))
    wanted = sa.select(*_COLUMNS).where(*(column == value for column, value in asked if value is not None))
    wanted = wanted.where(*(_says(word) for word in text.split()[:10]))
    return page(wanted, [Letter.id.desc()], key, size).of(LetterRow._make)


def _says(word: str) -> sa.ColumnElement[bool]:
    person = sa.or_(*(column.icontains(word, autoescape=True) for column in (Letter.to_name, Letter.to_address)))
    shown = sa.and_(~Letter.is_recipient_withheld, person)
    return sa.or_(Letter.subject.icontains(word, autoescape=True), shown)


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
