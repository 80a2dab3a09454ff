"""Taking the demonstration out, with everything that hangs on it, and nothing else.

What goes is found by the foreign keys themselves: the rows marked as demonstration, then every row that could not
stand without one of those. Rooms that come later are thereby included. The history stays: it is never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from forum.base import history
from forum.base.db import Base, db
from forum.base.letters import Letter
from forum.challenges.models import Challenge
from forum.feedback.commands.supporting import count_anew
from forum.feedback.models import Feedback, Reply, Support
from forum.feedback.queries import stands
from forum.meetings.models import Meeting
from forum.members.models import Member, SignInAttempt

Doomed = dict[sa.Table, set[int]]

AT_ONCE = 5_000
"""Ids in one statement; SQLite takes some 32,000."""

ITS_OWN = {"author_id", "reply_id", "support_id", "opened_by_id", "given_by_id", "host_id"}
"""Columns that may be empty, and yet make a row a part of what they point at: a post is its author's."""

MAKERS = {*ITS_OWN, "posted_by_id", "cited_by_id", "changed_by_id", "recorded_by_id", "saved_by_id", "made_by_id"}
MAKERS -= {"reply_id", "support_id"}
"""Columns that say who made a row."""


def additions() -> dict[str, int]:
    """How many rows that real people made would go with the demonstration, by table; such as replies in its threads."""
    doomed = _doomed()
    people = Member.__table__
    found: dict[str, int] = {}
    for table, ids in doomed.items():
        made = MAKERS | {"member_id"} if table is Support.__table__ else MAKERS
        makers = [key.parent for key in table.foreign_keys if key.column.table is people and key.parent.name in made]
        is_real = sa.or_(sa.false(), *(sa.and_(maker.is_not(None), maker.not_in(_demo_people())) for maker in makers))
        number = sum(_count(table, part, is_real) for part in _parts(ids)) if makers else 0
        if number:
            found[table.name] = number
    return found


def remove() -> int:
    """Take it out; how many rows went. The reference lists stay, and so does the history."""
    doomed = _doomed()
    answered, supported = _threads_that_lose(Reply, doomed), _threads_that_lose(Support, doomed)
    first = db.session.scalars(sa.select(Member).where(Member.is_demonstration).order_by(Member.id).limit(1)).one()
    db.session.expunge_all()  # the history can still name the first, and nothing else is read from what was loaded
    _forget(doomed)
    for table in reversed(Base.metadata.sorted_tables):
        _let_go(table, doomed)
    number = sum(_delete(table, doomed) for table in reversed(Base.metadata.sorted_tables))
    _count_replies(answered)
    for part in _parts(supported):
        count_anew(part)
    history.note(None, "removed the demonstration with", first, rows=number)
    return number


def _demo_people() -> sa.Select[int]:
    return sa.select(Member.id).where(Member.is_demonstration)


# --- what goes -------------------------------------------------------------------------------------------------------


def _doomed() -> Doomed:
    """The ids of the rows that go, of every table that has ids."""
    tables = [table for table in Base.metadata.sorted_tables if "id" in table.c]
    marked = (table for table in tables if "is_demonstration" in table.c)
    doomed: Doomed = {
        table: set(db.session.scalars(sa.select(table.c.id).where(table.c.is_demonstration))) for table in marked
    }
    new = dict(doomed)
    while new:
        new = {table: ids for table in tables if (ids := _hanging_on(table, new) - doomed.get(table, set()))}
        for table, ids in new.items():
            doomed[table] = doomed.get(table, set()) | ids
    return doomed


def _hanging_on(table: sa.Table, doomed: Doomed) -> set[int]:
    """The ids of the rows of this table that cannot stand without one of those."""
    found: set[int] = set()
    for key in table.foreign_keys:
        if _takes_along(key):
            for part in _parts(doomed.get(key.column.table, set())):
                found.update(db.session.scalars(sa.select(table.c.id).where(key.parent.in_(part))))
    return found


def _takes_along(key: sa.ForeignKey) -> bool:
    return not key.parent.nullable or key.parent.name in ITS_OWN


def _parts(ids: set[int]) -> Iterator[list[int]]:
    every = sorted(ids)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _count(table: sa.Table, ids: list[int], *where: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count()).select_from(table).where(table.c.id.in_(ids), *where)
    return db.session.execute(counted).scalar_one()


# --- letting it go ---------------------------------------------------------------------------------------------------


def _let_go(table: sa.Table, doomed: Doomed) -> None:
    """What stays points at nothing that goes."""
    for key in table.foreign_keys:
        if not _takes_along(key):
            for part in _parts(doomed.get(key.column.table, set())):
                db.session.execute(sa.update(table).where(key.parent.in_(part)).values({key.parent.name: None}))


def _delete(table: sa.Table, doomed: Doomed) -> int:
    """Delete what goes of this table; how many rows. A table without ids only joins two others."""
    if "id" in table.c:
        wheres = [table.c.id.in_(part) for part in _parts(doomed.get(table, set()))]
    else:
        keys = table.foreign_keys
        wheres = [key.parent.in_(part) for key in keys for part in _parts(doomed.get(key.column.table, set()))]
    return sum(db.session.execute(sa.delete(table).where(where)).rowcount for where in wheres)  # type: ignore[attr-defined]


def _forget(doomed: Doomed) -> None:
    """What tells of it without a foreign key: letters, tries to sign in."""
    for part in _parts(doomed[Member.__table__]):  # type: ignore[index]
        emails = sa.select(Member.email).where(Member.id.in_(part))
        db.session.execute(sa.delete(SignInAttempt).where(SignInAttempt.email.in_(emails)))
        db.session.execute(sa.delete(Letter).where(Letter.member_id.in_(part)))
    for model in (Meeting, Challenge, Feedback, Member):
        for part in _parts(doomed.get(model.__table__, set())):  # type: ignore[call-overload]
            about = [f"{model.__tablename__}:{number}" for number in part]
            db.session.execute(sa.delete(Letter).where(Letter.about.in_(about)))


def _threads_that_lose(kind: type[Reply] | type[Support], doomed: Doomed) -> set[int]:
    """The threads that stay and lose replies, or "same here"."""
    found: set[int] = set()
    for part in _parts(doomed.get(kind.__table__, set())):  # type: ignore[call-overload]
        found.update(db.session.scalars(sa.select(kind.feedback_id).where(kind.id.in_(part))))
    threads: set[int] = doomed.get(Feedback.__table__, set())  # type: ignore[call-overload]
    return found - threads


def _count_replies(threads: set[int]) -> None:
    counted = sa.select(sa.func.count()).where(Reply.feedback_id == Feedback.id, stands(Reply)).scalar_subquery()
    for part in _parts(threads):
        db.session.execute(sa.update(Feedback).where(Feedback.id.in_(part)).values(reply_count=counted))
