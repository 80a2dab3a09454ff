"""Letters that come back (RFC 3464), and addresses nothing is sent to any more because of it.

A letter leaves with an envelope sender that only we can make, so a mail that comes back to it is about that letter and
from somebody it went by. Anything else that says a letter came back may be made up, and changes nothing by itself.

Letters to somebody who asked not to be named take no part in this: that their address is stopped, while a letter to
"somebody" has just come back, would say who they are. The next letter to them that names them does it.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import logging
import re
import time
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock, history, inbox
from forum.base.db import db
from forum.base.inbox import Mail, Reading, Verdict
from forum.base.letters.answers import Outcome
from forum.base.letters.models import Bounce, Letter, State, SuppressedAddress

TOLERATED = 3  # letters that may come back for a passing reason, such as a full mailbox …
WITHIN = timedelta(days=14)  # … in this time, before the address is given up
_REMEMBERED = 10.0  # seconds that a worker goes by the list of addresses it has read
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_PLAIN_CODES = {551: "5.1.6", 553: "5.1.3"}  # say what they mean without an enhanced status (RFC 5321)
_log = logging.getLogger(__name__)


class Meaning(enum.Enum):
    """What a status says of the address."""

    GONE = "there is no such mailbox"
    FULL = "the mailbox did not take it"
    OURS = "the other side does not want our letters, or not this one"


def meaning(status: str) -> Meaning:
    """What an enhanced status code (RFC 3463) means for the address a letter went to."""
    group, _, detail = status.partition(".")[2].partition(".")
    if status.startswith("5.") and group == "1" and detail not in {"7", "8"}:  # these two are about our own address
        return Meaning.GONE
    is_ours = status.startswith("5.") and (group in {"1", "5", "6", "7"} or (group, detail) == ("3", "4"))
    return Meaning.OURS if is_ours else Meaning.FULL


# --- the address a letter comes back to ------------------------------------------------------------------------------


def envelope_sender(letter: Letter) -> str:
    """The address in the envelope of this letter: it says which letter it is, where MAIL_BOUNCES is set."""
    address = parseaddr(letter.sender)[1]
    if not current_app.config["MAIL_BOUNCES"] or current_app.config["MAIL_TEST_TO"]:
        return address
    return f"bounce+{letter.id}-{_tag(letter.id)}@{address.rpartition('@')[2]}"


def letter_of(address: str) -> int | None:
    """The number of the letter that left with this envelope sender; None when we did not make it."""
    found = re.fullmatch(r"bounce\+([1-9]\d{0,9})-([0-9a-f]{16})@.+", address.lower(), re.ASCII)
    return int(found[1]) if found and hmac.compare_digest(found[2], _tag(int(found[1]))) else None


def _tag(number: int) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"bounce:{number}".encode(), hashlib.sha256).hexdigest()[:16]


# --- what came back --------------------------------------------------------------------------------------------------


def read(mail: Mail) -> Reading:
    """Act on a mail that says a letter came back. Nothing of it is kept but the status and the server's words."""
    failed = [block for block in mail.status_blocks[1:] if block.get("action", "").lower() == "failed"]
    if not failed:
        return _reading("It says that a letter is late or has arrived. Nothing is to be done.")
    number = next((found for address in mail.recipients if (found := letter_of(address)) is not None), None)
    letter = db.session.get(Letter, number) if number is not None else None
    if letter is None:
        return _unproven(mail)
    if letter.is_recipient_withheld:
        return _reading("A letter came back.")
    status = next(iter(_STATUS.findall(failed[0].get("status", ""))), "5.0.0")
    return _came_back(letter, status, failed[0].get("diagnostic-code", "").partition(";")[2].strip())


def _reading(words: str, verdict: Verdict = Verdict.IGNORED, letter: Letter | None = None) -> Reading:
    about, member_id = (letter.about, letter.member_id) if letter is not None else ("", None)
    return Reading(verdict, words, about, member_id, keeps_raw=False)


def _unproven(mail: Mail) -> Reading:
    """It names no letter, or one only by its Message-ID, which others can know."""
    named = sa.select(Letter).where(Letter.message_id == mail.returned_message_id, ~Letter.is_recipient_withheld)
    letter = db.session.scalar(named) if mail.returned_message_id else None
    if letter is None or letter.state is not State.SENT:
        return _reading("It says that a letter came back, but that letter is none of ours.")
    words = (
        f"It says that “{letter.subject[:100]}” to {letter.to_address} came back, but not by the way that proves it."
    )
    return _reading(f"{words} Nothing was changed: check the address.", Verdict.QUEUED, letter)


def _came_back(letter: Letter, status: str, words: str) -> Reading:
    said = f"{status} {words}".strip()[:500]
    if letter.state in {State.SENT, State.HELD}:
        back = sa.update(Letter).where(Letter.id == letter.id)
        values = {"state": State.BOUNCED, "next_try_at": None, "last_words": said}
        db.session.execute(back.values(values), execution_options={"synchronize_session": False})
        note(letter, status, words)
    if meaning(status) is Meaning.OURS:
        words = f"A letter was turned away, and not because of its address: {said}. Tell the administrator."
        return _reading(words, Verdict.QUEUED, letter)
    return _reading(f"A letter to {letter.to_address} came back: {said}", Verdict.RECORDED, letter)


def note(letter: Letter, status: str, words: str) -> None:
    """A letter came back, or was refused for good: stop writing to an address that is gone, or has been full too often."""
    address, now = letter.to_address.lower(), clock.now()
    db.session.add(Bounce(letter_id=letter.id, address=address, status=status, words=words[:500], at=now))
    db.session.flush()
    means = meaning(status)
    if means is Meaning.OURS:
        _log.error("Letter %d was turned away, and not because of its address: %s %s", letter.id, status, words)
    elif means is Meaning.GONE or _times(address) >= TOLERATED:
        _suppress(address, f"{means.value.capitalize()} ({status})")


def note_refusal(letter: Letter, outcome: Outcome) -> None:
    """The same for a letter that the mail server refused to take, which is told by the outcome of sending it."""
    if outcome.state is not State.REFUSED or outcome.code is None or letter.is_recipient_withheld:
        return
    if current_app.config["MAIL_TEST_TO"]:  # it was another address that was refused
        return
    given = next(iter(_STATUS.findall(outcome.words)), None)
    note(letter, given or _PLAIN_CODES.get(outcome.code, f"{outcome.code // 100}.0.0"), outcome.words)


def _times(address: str) -> int:
    """How many letters to this address have come back lately for its own sake, since it was last lifted."""
    recent = sa.select(Bounce.status).where(Bounce.address == address, Bounce.at > clock.now() - WITHIN)
    return sum(meaning(status) is not Meaning.OURS for status in db.session.scalars(recent))


# --- addresses nothing is sent to ------------------------------------------------------------------------------------


def _suppress(address: str, reason: str) -> None:
    adapt = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = adapt(SuppressedAddress).values(address=address, reason=reason, since=clock.now())
    stopped = db.session.scalar(added.on_conflict_do_nothing().returning(SuppressedAddress))
    if stopped is not None:
        history.note(None, "stopped letters to", stopped, reason)
    current_app.extensions.pop("letters.suppressed", None)


def suppressed() -> list[SuppressedAddress]:
    """Every address nothing is sent to, the newest first. One statement."""
    return list(db.session.scalars(sa.select(SuppressedAddress).order_by(SuppressedAddress.id.desc())))


def suppression(address: str | None) -> SuppressedAddress | None:
    """Why nothing is sent to this address; None when letters go there. One statement."""
    return db.session.scalar(sa.select(SuppressedAddress).where(SuppressedAddress.address == (address or "").lower()))


def is_suppressed(address: Any) -> sa.ColumnElement[bool]:
    """Whether nothing is sent to the address in this column, as a condition."""
    return sa.exists().where(SuppressedAddress.address == sa.func.lower(address))


def lift(address: str) -> bool:
    """Send to this address again; whether it was stopped. What came back before does not count any more."""
    db.session.execute(sa.delete(Bounce).where(Bounce.address == address.lower()))
    lifted = sa.delete(SuppressedAddress).where(SuppressedAddress.address == address.lower())
    return db.session.scalar(lifted.returning(SuppressedAddress.id)) is not None


def objection(letter: Letter) -> str | None:
    """Why this letter is not worth sending, or None: its address is one that letters came back from."""
    if letter.is_recipient_withheld or letter.to_address.lower() not in _known():
        return None
    return "Letters to this address come back, so nothing is sent there. Correct the address, or let letters go there again."


def _known() -> frozenset[str]:
    """The addresses that are stopped: read again after ten seconds, not for each of ten thousand letters."""
    kept: tuple[float, frozenset[str]] = current_app.extensions.get("letters.suppressed", (0.0, frozenset()))
    read_at, addresses = kept
    if current_app.testing or time.monotonic() - read_at > _REMEMBERED:
        addresses = frozenset(db.session.scalars(sa.select(SuppressedAddress.address)))
        current_app.extensions["letters.suppressed"] = (time.monotonic(), addresses)
    return addresses


inbox.reader(inbox.Kind.BOUNCE, read)
