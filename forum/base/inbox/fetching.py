"""Reading a mailbox over IMAP: every mail nobody has read is taken in and then marked as read.

Like the delivery of letters this opens its transactions itself: one for each mail, and none while the server is spoken
to. A crash between the two leaves the mail unread; it is fetched again, and being the same mail changes nothing.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import current_app

from forum.base.db import transaction
from forum.base.inbox.models import Verdict
from forum.base.inbox.parsing import LARGEST, Mail
from forum.base.inbox.receiving import Reading, receive, take_in

PATIENCE = 20.0  # seconds for each answer of the server
EVERY = 120.0  # seconds
TROUBLE = (imaplib.IMAP4.error, OSError)  # an SSL error is an OSError

_log = logging.getLogger(__name__)


def has_mailbox() -> bool:
    """Whether there is a mailbox to read."""
    return bool(current_app.config["IMAP_SERVER"])


def fetch_due(stops: Callable[[], bool] = lambda: False) -> None:
    """For the worker: read the mailbox when there is one, every two minutes. Trouble is logged; next time may be better."""
    last = current_app.extensions.get("forum.fetched", -EVERY)
    if not has_mailbox() or time.monotonic() - last < EVERY:
        return
    current_app.extensions["forum.fetched"] = time.monotonic()
    try:
        fetch(stops)
    except TROUBLE as error:
        _log.error("The mailbox cannot be read: %s", error)


def fetch(stops: Callable[[], bool] = lambda: False) -> Counter[Verdict]:
    """Take in every unread mail of the mailbox; how many got which verdict. Raises one of TROUBLE."""
    counts: Counter[Verdict] = Counter()
    with _mailbox() as mailbox:
        for number in _answer(mailbox.uid("SEARCH", "UNSEEN"))[0].split():
            if stops():
                break
            counts[_take(mailbox, number.decode())] += 1
    return counts


@contextmanager
def _mailbox() -> Iterator[imaplib.IMAP4_SSL]:
    config = current_app.config
    context = ssl.create_default_context()
    mailbox = imaplib.IMAP4_SSL(config["IMAP_SERVER"], config["IMAP_PORT"], ssl_context=context, timeout=PATIENCE)
    try:
        mailbox.login(config["IMAP_USERNAME"], config["IMAP_PASSWORD"])
        folder = config["IMAP_FOLDER"].replace("\\", "\\\\").replace('"', '\\"')
        _answer(mailbox.select(f'"{folder}"'))
        yield mailbox
    finally:
        with suppress(*TROUBLE):
            mailbox.logout()
        with suppress(OSError):
            mailbox.shutdown()  # which a goodbye that failed leaves to us


def _take(mailbox: imaplib.IMAP4, number: str) -> Verdict:
    """Take in one mail. Of one that is too large only the headers are fetched, and a person looks at it."""
    size = re.search(
        rb"RFC822\.SIZE (\d+)", b"".join(map(_bytes, _answer(mailbox.uid("FETCH", number, "(RFC822.SIZE)"))))
    )
    if size is not None and int(size[1]) > LARGEST:
        headers = _literal(_answer(mailbox.uid("FETCH", number, "(BODY.PEEK[HEADER])")))
        with transaction():
            verdict = receive(headers[:LARGEST], _too_large).verdict
    else:
        verdict = take_in(_literal(_answer(mailbox.uid("FETCH", number, "(BODY.PEEK[])")))).verdict
    _answer(mailbox.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))
    return verdict


def _too_large(mail: Mail) -> Reading:
    return Reading(Verdict.QUEUED, "It is larger than 1 MB, so it was not fetched. Look at it in the mailbox.")


def _answer(answered: tuple[str, list[Any]]) -> list[Any]:
    status, data = answered
    if status != "OK":
        raise imaplib.IMAP4.error(f"The server answers {status}: {data!r}"[:300])
    return data if data and data[0] is not None else [b""]


def _literal(data: list[Any]) -> bytes:
    """The literal in an answer to FETCH; an answer without one is trouble."""
    found = next((part[1] for part in data if isinstance(part, tuple)), None)
    if found is None:
        raise imaplib.IMAP4.error("The server does not give the mail it has listed.")
    return bytes(found)


def _bytes(part: Any) -> bytes:
    return b" ".join(part) if isinstance(part, tuple) else bytes(part)
