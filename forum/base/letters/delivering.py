"""Delivering letters: claimed one by one, sent over a reused connection, and the outcome written down for each.

This is the one place below the doors that commits. A letter must be claimed in a transaction of its own, sent with no
transaction open (SMTP can take minutes, and SQLite has one writer), and its outcome kept at once; only the loop itself
knows where those three begin and end. The worker and the command line call `deliver_due`; no command ever does.

What a crash leaves behind: before the claim is committed, a waiting letter; after it, a letter in "sending" whose
lease runs out, and which is then sent again, byte for byte. Whether the first copy had arrived cannot be known
(exactly once does not exist over SMTP), so each crash repeats one letter at most and loses none.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased

from forum.base import clock
from forum.base.db import db, read, transaction
from forum.base.letters import bouncing
from forum.base.letters.answers import Outcome
from forum.base.letters.building import Unsendable, build
from forum.base.letters.carrying import Carrier, Folder, Post
from forum.base.letters.models import Kind, Letter, State
from forum.base.letters.testing import redirected

LEASE = timedelta(minutes=10)  # longer than every wait of one letter together, a new connection included

Check = Callable[[Letter], str | None]
"""Why this letter should not go out any more (shown to the secretariat), or None: it may. Whoever is asked may put subject,
text and HTML right: what was said of a post that was changed meanwhile does not leave."""

_checks: dict[Kind, list[Check]] = {}
_log = logging.getLogger(__name__)
_WITHHELD = "What the mail server said is not kept: it may name somebody who asked not to be named."


def check(kind: Kind, ask: Check) -> None:
    """Ask this, at the last moment, of every letter of that kind: was the meeting cancelled, has the member left? It is
    handed the letter as it will be carried; the row in the outbox stays as it was written."""
    if ask not in _checks.setdefault(kind, []):
        _checks[kind].append(ask)


def deliver_due(limit: int | None = None, stops: Callable[[], bool] = lambda: False) -> Counter[State]:
    """Send what is due, at most `limit` letters; how many ended in which state. Needs an app context.

    Safe to run twice and on several machines at once. Ends early when the mail server is in trouble, and between two
    letters once `stops` says so; what is left stays due. Without MAIL_SERVER the letters are written to VAR/mail/,
    which counts as sent.
    """
    counts: Counter[State] = Counter()
    pace, domains = _Pace(current_app.config["MAIL_PER_SECOND"]), _Domains(current_app.config["MAIL_PER_DOMAIN"])
    with closing(_carrier()) as carrier:
        letter = _settle_and_claim(None, None, domains, is_last=limit == 0)
        while letter is not None or (domains.wait() and not stops()):
            if letter is None:
                letter = _settle_and_claim(None, None, domains, is_last=False)
                continue
            pace.wait()
            outcome = _deliver(carrier, letter)
            if outcome.state is not State.SKIPPED:
                domains.note(letter)
            counts[outcome.state] += 1
            is_last = outcome.stops or counts.total() == limit or stops()
            letter = _settle_and_claim(letter, outcome, domains, is_last=is_last)
            if is_last:
                break
    return counts


def take_back_claims() -> int:
    """Make letters due whose sender has died, without waiting for the lease; how many there were.

    Only where no other worker can be sending: at the start of the one worker of a Forum on one machine.
    """
    lost = sa.update(Letter).where(Letter.state == State.SENDING).values(next_try_at=clock.now())
    with transaction():
        return len(db.session.scalars(lost.returning(Letter.id)).all())


def _carrier() -> Carrier:
    if current_app.config["MAIL_SERVER"]:
        return Post()
    return Folder(current_app.config["VAR"] / "mail")


def _settle_and_claim(
    letter: Letter | None, outcome: Outcome | None, domains: _Domains, *, is_last: bool
) -> Letter | None:
    """Keep the outcome of this letter and take the next, in one transaction: one wait for the disk, not two."""
    with transaction():
        if letter is not None and outcome is not None:
            _settle(letter, outcome)
        return None if is_last else _claim(domains.resting())


def _claiming(at: Callable[..., sa.ColumnElement[int]] | None = None) -> sa.UpdateBase:
    """The statement that claims the next due letter until :lease_ends.

    With `at`, the database's function that finds one text in another, none to an address at one of the domains :resting.

    By rank, then in the order of writing; but of the calendar letters to one member about one thing, the later
    waits for the earlier, so that a cancellation never overtakes its invitation.
    """
    due, earlier = aliased(Letter), aliased(Letter)
    must_wait = sa.exists().where(
        earlier.about == due.about,
        earlier.member_id == due.member_id,
        earlier.id < due.id,
        earlier.calendar_method.is_not(None),
        earlier.next_try_at.is_not(None),
    )
    next_due = (
        sa.select(due.id)
        .where(due.next_try_at <= sa.bindparam("now"), sa.or_(due.calendar_method.is_(None), ~must_wait))
        .order_by(due.rank, due.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite, with its one writer, leaves this out
    )
    if at is not None:
        domain = sa.func.lower(sa.func.substr(due.to_address, at(due.to_address, "@") + 1))
        next_due = next_due.where(domain.not_in(sa.bindparam("resting", expanding=True)))
    claimed = sa.update(Letter).where(Letter.id == next_due.scalar_subquery())
    values = {"state": State.SENDING, "attempts": Letter.attempts + 1, "next_try_at": sa.bindparam("lease_ends")}
    return claimed.values(values).returning(*Letter.__table__.c)


def _overtaking() -> sa.Select[bool]:
    """Whether a later calendar letter to :member about :about than number :id has been sent."""
    later = sa.exists().where(
        Letter.about == sa.bindparam("about"),
        Letter.member_id == sa.bindparam("member"),
        Letter.id > sa.bindparam("id"),
        Letter.calendar_method.is_not(None),
        Letter.state == State.SENT,
    )
    return sa.select(later)


def _settling() -> sa.UpdateBase:
    """The statement that writes down the outcome of :attempt of letter :number."""
    columns = ("state", "next_try_at", "attempts", "last_code", "last_words", "sent_at")
    ours = sa.update(Letter).where(Letter.id == sa.bindparam("number"), Letter.attempts == sa.bindparam("attempt"))
    return ours.values({column: sa.bindparam(f"new_{column}") for column in columns})


# Made once: putting them together costs more than running them.
_CLAIM = _claiming()
_CLAIM_ELSEWHERE = {"sqlite": _claiming(sa.func.instr), "postgresql": _claiming(sa.func.strpos)}
_IS_OVERTAKEN = _overtaking()
_SETTLE = _settling()


def _claim(resting: Sequence[str] = ()) -> Letter | None:
    """The next due letter that is not to one of these domains, ours until the lease ends."""
    now = clock.now()
    given = {"now": now, "lease_ends": now + LEASE} | ({"resting": resting} if resting else {})
    claim = _CLAIM_ELSEWHERE[db.session.get_bind().dialect.name] if resting else _CLAIM
    rows = read(claim, given)
    return Letter(**rows[0]._mapping) if rows else None  # in no session: read while no transaction is open


def _settle(letter: Letter, outcome: Outcome) -> None:
    """Write down what became of it, unless its lease was over and somebody else has taken it since.

    Of the answer about a withheld recipient the code alone is kept: mail servers repeat the address in their words.
    """
    now = clock.now()
    words = _WITHHELD if outcome.words and letter.is_recipient_withheld else outcome.words[:500]
    next_try_at = None if outcome.again_in is None else now + outcome.again_in
    settled = {
        "number": letter.id,
        "attempt": letter.attempts,
        "new_state": outcome.state,
        "new_next_try_at": next_try_at,
        "new_attempts": letter.attempts if outcome.counts else letter.attempts - 1,
        "new_last_code": outcome.code,
        "new_last_words": words or None,
        "new_sent_at": now if outcome.state is State.SENT else None,
    }
    db.session.connection().execute(_SETTLE, settled)  # no letter is in the session, which would be asked for them
    bouncing.note_refusal(letter, outcome)
    if not outcome.counts:  # nobody's letter is to blame: all wait, so that a wrong password does not lock us out
        due = sa.update(Letter).where(Letter.next_try_at <= now)
        db.session.execute(due.values(next_try_at=next_try_at), execution_options={"synchronize_session": False})


def _deliver(carrier: Carrier, letter: Letter) -> Outcome:
    """Send it, unless somebody objects. Whatever goes wrong with one letter, the others still go."""
    try:
        reason = _objection(letter)
        if reason is not None:
            return Outcome(State.SKIPPED, reason)
        test_to = current_app.config["MAIL_TEST_TO"]
        sent = redirected(letter, test_to) if test_to else letter
        return carrier.carry(sent, build(sent))
    except Unsendable as error:
        return Outcome(State.REFUSED, str(error))
    except Exception as error:
        _log.exception("Letter %d could not be sent and is held.", letter.id)
        return Outcome(
            State.HELD, f"Something went wrong on our side ({type(error).__name__}). Tell the administrator."
        )


def _objection(letter: Letter) -> str | None:
    """Why it should not go out any more, or None."""
    if letter.not_after is not None and clock.now() > letter.not_after:
        return f"It was only worth sending until {clock.show_moment(letter.not_after)}."
    try:
        stopped = bouncing.objection(letter)
        if stopped is not None:
            return stopped
        if letter.calendar_method is not None and _is_overtaken(letter):
            return "A later letter about the same meeting has gone to this person."
        return next((reason for ask in _checks.get(letter.kind, []) if (reason := ask(letter)) is not None), None)
    finally:
        db.session.rollback()  # a check only reads; nothing stays open while the mail server is spoken to


def _is_overtaken(letter: Letter) -> bool:
    which = {"about": letter.about, "member": letter.member_id, "id": letter.id}
    return bool(read(_IS_OVERTAKEN, which)[0][0])


class _Pace:
    """At most so many letters a second; 0: as fast as they go."""

    def __init__(self, per_second: int) -> None:
        self.gap = 1 / per_second if per_second else 0.0
        self.next_at = 0.0

    def wait(self) -> None:
        if self.gap:
            time.sleep(max(0.0, self.next_at - time.monotonic()))
            self.next_at = time.monotonic() + self.gap


class _Domains:
    """At most so many letters a second to one domain; 0: no limit. A domain that has had its letter rests for a while,
    and in that time the letters to others go.
    """

    def __init__(self, per_second: int) -> None:
        self.gap = 1 / per_second if per_second else 0.0
        self.free_at: dict[str, float] = {}

    def note(self, letter: Letter) -> None:
        if self.gap:
            self.free_at[letter.to_address.rpartition("@")[2].lower()] = time.monotonic() + self.gap

    def resting(self) -> list[str]:
        """The domains that had a letter just now."""
        now = time.monotonic()
        self.free_at = {domain: free_at for domain, free_at in self.free_at.items() if free_at > now}
        return list(self.free_at)

    def wait(self) -> bool:
        """Until the first of them has rested; False when none rests, and there is nothing to wait for."""
        if self.free_at:
            time.sleep(max(0.0, min(self.free_at.values()) - time.monotonic()))
        return bool(self.free_at)
