"""Taking in one mail: kept once, given to whoever knows its kind, and left to a person when nobody does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import Rejected
from forum.base.inbox.models import ReceivedMail, Verdict
from forum.base.inbox.parsing import LARGEST, Kind, Mail

KEPT = timedelta(days=7)


class Reading(NamedTuple):
    """What was made of a mail, with words for the secretariat; `about` such as "meeting:3"."""

    verdict: Verdict
    words: str
    about: str = ""
    member_id: int | None = None
    keeps_raw: bool = True  # False: nothing of the mail stays, because it may name somebody who is not to be named


class Received(NamedTuple):
    """`is_new`: False when the same mail had come in before; nothing was done then."""

    number: int
    verdict: Verdict
    words: str
    is_new: bool


Reader = Callable[[Mail], Reading]
_readers: dict[Kind, Reader] = {}
_log = logging.getLogger(__name__)


def reader(kind: Kind, read: Reader) -> None:
    """Have this read every mail of that kind. It runs in the transaction that keeps the mail."""
    _readers[kind] = read


def _read_automatic(mail: Mail) -> Reading:
    return Reading(Verdict.IGNORED, "A program sent it by itself, such as a note of absence.", keeps_raw=False)


def leave_to_a_person(mail: Mail) -> Reading:
    """What becomes of a mail that a person wrote and nothing here reads: somebody answers it."""
    if not mail.is_readable:
        return Reading(Verdict.QUEUED, "It is made in a way that cannot be read here. Look at it in the mailbox.")
    return Reading(
        Verdict.QUEUED, "Somebody wrote to the Forum. Answer them from the mailbox: nothing is sent from here."
    )


reader(Kind.AUTOMATIC, _read_automatic)
reader(Kind.OTHER, leave_to_a_person)


def take_in(raw: bytes) -> Received:
    """Receive one mail in a transaction of its own; one that our own reading stumbles over is left to a person.

    For doors that bring mail. Raises Rejected when it is too large, and what the database raises.
    """
    try:
        with transaction():
            db.session.expire_all()  # of many mails in one session, each is read against what the one before it left
            return receive(raw)
    except (DBAPIError, Rejected):
        raise
    except Exception:
        _log.exception("A mail could not be read and is left to the secretariat.")
        stumbled = Reading(Verdict.QUEUED, "Something went wrong on our side when it was read. Tell the administrator.")
        with transaction():
            return receive(raw, lambda mail: stumbled)


def receive(raw: bytes, read: Reader | None = None) -> Received:
    """Keep this mail and have it read, by `read` when that is given. The same mail again changes nothing.

    Raises Rejected when it is larger than 1 MiB.
    """
    if len(raw) > LARGEST:
        raise Rejected("This mail is larger than 1 MB, so it is not taken in. Send it without attachments.")
    mail = Mail(raw)
    number = _keep(mail)
    if number is None:
        known = db.session.execute(sa.select(ReceivedMail).where(ReceivedMail.digest == mail.digest)).scalar_one()
        return Received(known.id, known.verdict, known.words, is_new=False)
    reading = (read or _readers[mail.kind])(mail)
    values = {
        "verdict": reading.verdict,
        "words": reading.words[:500],
        "about": reading.about,
        "member_id": reading.member_id,
    }
    nothing = {} if reading.keeps_raw else {"raw": None, "from_address": "", "subject": "", "message_id": ""}
    db.session.execute(sa.update(ReceivedMail).where(ReceivedMail.id == number).values(**values, **nothing))
    return Received(number, reading.verdict, reading.words, is_new=True)


def _keep(mail: Mail) -> int | None:
    """The number of a new row; None when the mail is there already. Of two who bring it at once, one waits here."""
    adapt = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = adapt(ReceivedMail).values(
        digest=mail.digest,
        message_id=mail.message_id,
        from_address=mail.sender,
        subject=mail.subject,
        raw=mail.raw,
        received_at=clock.now(),
        verdict=Verdict.QUEUED,
        words="",
        about="",
    )
    number: int | None = db.session.scalar(added.on_conflict_do_nothing().returning(ReceivedMail.id))
    return number


def is_authentic(mail: Mail) -> bool:
    """Whether our mail server vouches for the address in From; never where no MAIL_AUTHSERV_ID says which server is ours."""
    return mail.is_authentic(current_app.config["MAIL_AUTHSERV_ID"])


def handle(number: int, actor_id: int) -> bool:
    """A person has dealt with this mail; whether it was still waiting."""
    handled = (
        sa.update(ReceivedMail)
        .where(ReceivedMail.id == number, ReceivedMail.verdict == Verdict.QUEUED, ReceivedMail.handled_at.is_(None))
        .values(handled_at=clock.now(), handled_by_id=actor_id)
        .returning(ReceivedMail.id)
    )
    return db.session.scalar(handled, execution_options={"synchronize_session": False}) is not None


def forget() -> bool:
    """Delete the text of what came in more than seven days ago, unless it still waits for a person; never more to do."""
    waits = sa.and_(ReceivedMail.verdict == Verdict.QUEUED, ReceivedMail.handled_at.is_(None))
    old = sa.update(ReceivedMail).where(ReceivedMail.received_at < clock.now() - KEPT, ReceivedMail.raw.is_not(None))
    db.session.execute(old.where(~waits).values(raw=None), execution_options={"synchronize_session": False})
    return False
