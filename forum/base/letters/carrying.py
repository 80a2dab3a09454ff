"""Carrying a finished letter: over SMTP through Flask-Mail, or into a folder where there is no mail server."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import smtplib
import ssl
import time
from pathlib import Path
from typing import Any, Protocol

from flask import current_app
from flask_mail import Connection, Message

from forum.base.letters import answers, bouncing
from forum.base.letters.answers import SENT, Outcome
from forum.base.letters.models import Letter, State

PATIENCE = 20.0  # seconds for each answer of the server
PATIENCE_AFTER_DATA = 60.0  # some servers look through a letter before they take it; hanging up early repeats it
AT_ONCE = 5.0  # seconds in which a server that has hung up shows it; one that is silent for longer is in trouble
LETTERS_A_CONNECTION = 50
SECONDS_A_CONNECTION = 60.0

_log = logging.getLogger(__name__)


class Carrier(Protocol):
    def carry(self, letter: Letter, wire: bytes) -> Outcome: ...

    def close(self) -> None: ...


class Folder:
    """Letters as .eml files: what each person would have got, for who has no mail server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def carry(self, letter: Letter, wire: bytes) -> Outcome:
        try:
            self._keep(letter, wire)
        except OSError as error:
            _log.error("Letters cannot be written: %s", error)
            return answers.our_fault(f"The folder of letters cannot be written to: {error.strerror}", None)
        return SENT

    def _keep(self, letter: Letter, wire: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{letter.id}-{re.sub(r'[^A-Za-z0-9@.+_-]', '_', letter.to_address)[:100]}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(wire)
        os.replace(part, path)

    def close(self) -> None:
        pass


class Post:
    """Letters over SMTP; one connection for up to 50 letters or 60 seconds."""

    def __init__(self) -> None:
        self.connection: _Connection | None = None
        self.opened_at = 0.0

    def carry(self, letter: Letter, wire: bytes) -> Outcome:
        began = time.monotonic()
        outcome = self._carry(letter, wire)
        if outcome.stops and time.monotonic() - began < AT_ONCE and self._close_worn():
            outcome = self._carry(letter, wire)
        if outcome.stops:
            self.close()
        if outcome.state is State.REFUSED and not answers.is_about_address(outcome):
            _log.error("Letter %d was refused, and not for its address: %s", letter.id, outcome.words)
        return outcome

    def _close_worn(self) -> bool:
        """Close a connection that had carried letters before and ended between two: a new one may well do."""
        if self.connection is None or self.connection.num_emails == 0 or self.connection.has_handed_over:
            return False
        self.close()
        return True

    def _carry(self, letter: Letter, wire: bytes) -> Outcome:
        try:
            connection = self._open()
        except smtplib.SMTPAuthenticationError as error:
            _log.error("The mail server refuses MAIL_USERNAME or MAIL_PASSWORD: %s", error)
            return answers.our_fault(f"The mail server refuses our sign-in: {_text(error.smtp_error)}", error.smtp_code)
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            _log.error("The mail server cannot be used with MAIL_USE_TLS or MAIL_USERNAME as they are: %s", error)
            return answers.our_fault(f"The mail server cannot be used as it is set up: {error}", None)
        except (smtplib.SMTPException, OSError) as error:
            _log.warning("The mail server cannot be reached: %s", error)
            return answers.no_connection(f"The mail server cannot be reached: {error}", letter.attempts)
        return self._send(connection, letter, wire)

    def _send(self, connection: _Connection, letter: Letter, wire: bytes) -> Outcome:
        try:
            connection.send(_Built(letter, wire))
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return answers.refused(code, _text(words), letter.attempts)
        except smtplib.SMTPSenderRefused as error:
            outcome = answers.sender_refused(error.smtp_code, _text(error.smtp_error), letter.attempts)
            if not outcome.counts:
                _log.error("The mail server refuses the sender: %s", error)
            return outcome
        except smtplib.SMTPDataError as error:
            return answers.refused(error.smtp_code, _text(error.smtp_error), letter.attempts)
        except (smtplib.SMTPException, OSError) as error:
            said = f"The mail server hung up: {error}"
            return (
                _unknown(said, letter) if connection.has_handed_over else answers.no_connection(said, letter.attempts)
            )
        return SENT

    def _open(self) -> _Connection:
        is_old = time.monotonic() - self.opened_at > SECONDS_A_CONNECTION
        if self.connection is not None and (is_old or self.connection.num_emails >= LETTERS_A_CONNECTION):
            self.close()
        if self.connection is None:
            connection = _Connection(current_app.extensions["mail"])
            connection.__enter__()
            self.connection, self.opened_at = connection, time.monotonic()
        return self.connection

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class _Server(smtplib.SMTP):
    """An SMTP client that knows whether a letter has begun to leave our hands."""

    has_handed_over = False

    def mail(self, sender: str, options: Any = ()) -> tuple[int, bytes]:
        self.has_handed_over = False
        return super().mail(sender, options)

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.has_handed_over = True
        assert self.sock is not None
        self.sock.settimeout(PATIENCE_AFTER_DATA)
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(PATIENCE)


class _Connection(Connection):
    """Flask-Mail's connection, with a time limit and a verified certificate: its own waits for ever and trusts any."""

    host: _Server | None

    @property
    def has_handed_over(self) -> bool:
        return self.host is not None and self.host.has_handed_over

    def configure_host(self) -> _Server:
        host = _Server(self.mail.server, self.mail.port, timeout=PATIENCE)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def close(self) -> None:
        """Say goodbye, unless the server has gone already."""
        if self.host is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self.host.quit()
            self.host.close()


class _Built(Message):
    """A letter that is finished already: Flask-Mail sends these bytes and makes none of its own."""

    def __init__(self, letter: Letter, wire: bytes) -> None:
        super().__init__(recipients=[letter.to_address], sender=bouncing.envelope_sender(letter))
        self.wire = wire

    def as_bytes(self) -> bytes:
        return self.wire


def _unknown(words: str, letter: Letter) -> Outcome:
    """Nobody knows whether it arrived. A calendar takes the same entry twice for one, so that is never held."""
    last = letter.last_words or ""
    # Of a withheld recipient no words are kept: the second attempt has to do for the second time.
    is_second = last.startswith(answers.MAY_HAVE_ARRIVED) or (letter.is_recipient_withheld and letter.attempts > 1)
    holds = letter.calendar_method is None and current_app.config["MAIL_ON_UNKNOWN"] == "hold"
    return answers.unknown(words, letter.attempts, is_second=is_second, holds=holds)


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
