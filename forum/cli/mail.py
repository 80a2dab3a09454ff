"""`flask --app wsgi mail …`: the doors for mail that comes in."""

from __future__ import annotations

import logging
from typing import BinaryIO

import click

from forum.base import inbox
from forum.base.errors import Rejected

REFUSED, TRY_AGAIN = 65, 75  # EX_DATAERR and EX_TEMPFAIL of sysexits.h, which mail servers go by

_log = logging.getLogger(__name__)


@click.group("mail", help="Mail that comes in: answers from calendars, and letters that come back.")
def group() -> None: ...


@group.command("ingest")
@click.argument("message", type=click.File("rb"), default="-")
def ingest(message: BinaryIO) -> None:
    """Take in one MESSAGE (standard input), for the pipe of a mail server.

    Exit status 0: it was taken in; 65: it is refused for good; 75: keep it and try again later.
    """
    try:
        received = inbox.take_in(message.read(inbox.LARGEST + 1))
    except Rejected as refusal:
        click.echo(refusal.message, err=True)
        raise SystemExit(REFUSED) from refusal
    except Exception as fault:
        _log.exception("A mail was not taken in.")
        click.echo("The mail cannot be taken in now. Try again later.", err=True)
        raise SystemExit(TRY_AGAIN) from fault
    again = "" if received.is_new else "It had come in before. "
    click.echo(f"{again}{received.verdict.value.capitalize()}: {received.words}")


@group.command("fetch")
def fetch() -> None:
    """Read the mailbox of IMAP_SERVER once: take in every unread mail and mark it as read."""
    if not inbox.has_mailbox():
        raise click.ClickException("There is no mailbox to read. Set IMAP_SERVER first.")
    try:
        counts = inbox.fetch()
    except inbox.TROUBLE as error:
        raise click.ClickException(f"The mailbox cannot be read: {error}") from error
    for verdict in inbox.Verdict:
        click.echo(f"{verdict.value:<10}{counts[verdict]:>6,}")
