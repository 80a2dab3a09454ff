"""Reading what came in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.inbox.models import ReceivedMail, Verdict
from forum.base.paging import Page, page


class MailRow(NamedTuple):
    """A mail in a list."""

    id: int
    from_address: str
    subject: str
    verdict: Verdict
    words: str
    about: str
    member_id: int | None
    received_at: datetime
    handled_at: datetime | None


_COLUMNS = tuple(getattr(ReceivedMail, name) for name in MailRow._fields)
_WAITS = sa.and_(ReceivedMail.verdict == Verdict.QUEUED, ReceivedMail.handled_at.is_(None))


def waiting() -> int:
    """How many mails wait for a person. One statement."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(ReceivedMail).where(_WAITS)) or 0


def listed(*, everything: bool = False, key: str | None = None) -> Page[MailRow]:
    """What waits for a person, or all that came in and was not ignored; the newest first. One statement."""
    wanted = sa.select(*_COLUMNS).where(ReceivedMail.verdict != Verdict.IGNORED if everything else _WAITS)
    return page(wanted, [ReceivedMail.id.desc()], key, size=50).of(MailRow._make)


def find(number: int) -> ReceivedMail:
    """The mail with this number. Raises NotFound, also for one that was ignored."""
    mail = db.session.get(ReceivedMail, number)
    if mail is None or mail.verdict is Verdict.IGNORED:
        raise NotFound("There is no mail with this number.")
    return mail
