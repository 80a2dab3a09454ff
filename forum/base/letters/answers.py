"""What a mail server's answer means for a letter (RFC 5321, enhanced status codes of RFC 3463). Pure."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import NamedTuple

from forum.base.letters.models import State

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 240, 240, 240, 240))
"""How long to wait after the first, second … attempt: 24 hours together, then the letter is given up."""

UNKNOWN_WAIT = timedelta(minutes=15)
OUR_FAULT_WAIT = timedelta(minutes=15)
_TOO_BIG = 552
_LOGIN = {530, 534, 535, 538}


class Outcome(NamedTuple):
    """What became of one attempt."""

    state: State
    words: str = ""  # the server's, or ours, for the letters page
    code: int | None = None  # the server's three digits
    again_in: timedelta | None = None  # from now; None: no further attempt
    stops: bool = False  # the trouble is the server's or ours, not this letter's: leave the rest for later
    counts: bool = True  # False: the attempt is not this letter's to lose


SENT = Outcome(State.SENT)


def no_connection(words: str, attempts: int) -> Outcome:
    """The server did not answer, or hung up before it was given the letter."""
    return delay(words, None, attempts)._replace(stops=True)


MAY_HAVE_ARRIVED = "The mail server hung up while it was taking this letter, so it may have arrived."


def unknown(words: str, attempts: int, *, is_second: bool, holds: bool) -> Outcome:
    """The server fell silent after the letter was handed over: it may have arrived.

    Sent again once, the same bytes. When that ends the same way, a person decides, or it goes on like any other delay.
    """
    words = f"{MAY_HAVE_ARRIVED} ({words})"
    if not is_second:
        return Outcome(State.DELAYED, words, again_in=UNKNOWN_WAIT, stops=True)
    if holds:
        asked = MAY_HAVE_ARRIVED + " Ask, then release it."
        return Outcome(State.HELD, words.replace(MAY_HAVE_ARRIVED, asked), stops=True)
    return delay(words, None, attempts)._replace(stops=True)


def our_fault(words: str, code: int | None) -> Outcome:
    """Our settings are wrong (password, sender, certificate): every letter would fare the same, none is to blame."""
    return Outcome(State.DELAYED, words, code, OUR_FAULT_WAIT, stops=True, counts=False)


def sender_refused(code: int, words: str, attempts: int) -> Outcome:
    """Refused at MAIL FROM: a size is this letter's trouble, a 4xx passes, anything else is our settings'."""
    if code == _TOO_BIG:
        return Outcome(State.REFUSED, words, code)
    if 400 <= code < 500:
        return delay(words, code, attempts)._replace(stops=True)
    return our_fault(words, code)


def refused(code: int, words: str, attempts: int) -> Outcome:
    """Refused for this recipient, or after DATA."""
    if code in _LOGIN:
        return our_fault(words, code)
    if 400 <= code < 500:
        return delay(words, code, attempts)._replace(stops=code == 421)
    return Outcome(State.REFUSED, words, code)


def is_about_address(outcome: Outcome) -> bool:
    """Whether a refusal says that there is no such mailbox, and not that the server dislikes sender or content."""
    status = re.match(r"\W*5\.(\d+)\.", outcome.words)
    return status[1] == "1" if status else outcome.code in {550, 551, 553}


def delay(words: str, code: int | None, attempts: int) -> Outcome:
    """Try again later, each time after a longer while; after a day, no more."""
    if attempts > len(WAITS):
        return Outcome(State.REFUSED, f"Given up after {attempts} attempts. The last answer was: {words}", code)
    # Spread, so that letters delayed together do not come back together.
    wait = WAITS[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    return Outcome(State.DELAYED, words, code, wait)
