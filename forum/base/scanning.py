"""Asking a virus scanner, in ClamAV's protocol (clamd, INSTREAM): the bytes go over the wire, so it may run anywhere."""

from __future__ import annotations

import enum
import re
import socket
import struct
from contextlib import closing
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import current_app

CONNECTING = 5.0  # seconds
LOOKING = 60.0  # seconds for one file, from the first byte to the verdict
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4_096  # bytes


class Outcome(enum.Enum):
    """Not there: nobody answers, so no file can be looked at now. Not told: of this file there is no verdict."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_THERE = "not there"
    NOT_TOLD = "not told"


class Verdict(NamedTuple):
    """`words`: the virus's name, or why there is no verdict."""

    outcome: Outcome
    words: str = ""


def is_set() -> bool:
    return bool(current_app.config["SCANNER"])


def scan(data: bytes) -> Verdict:
    """Have these bytes looked at. Never raises: what goes wrong is a verdict too."""
    try:
        connection = _connect(current_app.config["SCANNER"])
    except OSError as fault:
        return Verdict(Outcome.NOT_THERE, f"The virus scanner does not answer ({_reason(fault)}).")
    until = monotonic() + LOOKING
    with closing(connection):
        silence = "The virus scanner gave no answer."
        try:
            _send(connection, data, until)
        except (BrokenPipeError, ConnectionResetError):  # it has heard enough; its answer says why, if it still comes
            silence = "The virus scanner broke off: the file may be larger than it takes (StreamMaxLength)."
        except OSError:
            return Verdict(Outcome.NOT_TOLD, "The virus scanner took too long.")
        said = _answer(connection, until)
        return _verdict(said) if said else Verdict(Outcome.NOT_TOLD, silence)


def ask_if_there() -> str:
    """Why the scanner cannot be used now; empty when it answers."""
    try:
        with closing(_connect(current_app.config["SCANNER"])) as connection:
            connection.sendall(b"zPING\0")
            said = _answer(connection, monotonic() + CONNECTING)
    except OSError as fault:
        return f"does not answer ({_reason(fault)})"
    return "" if said == "PONG" else "answers, but not as clamd does"


def _connect(address: str) -> socket.socket:
    if address.startswith("unix://"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECTING)
        try:
            connection.connect(address.removeprefix("unix://"))
        except BaseException:
            connection.close()
            raise
        return connection
    place = urlsplit(address)
    return socket.create_connection((place.hostname or "", place.port or 3310), timeout=CONNECTING)


def _send(connection: socket.socket, data: bytes, until: float) -> None:
    connection.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), _CHUNK):
        part = data[start : start + _CHUNK]
        connection.settimeout(_left(until))
        connection.sendall(struct.pack(">I", len(part)) + part)
    connection.sendall(struct.pack(">I", 0))


def _answer(connection: socket.socket, until: float) -> str:
    """What it says, up to its NUL; empty when it says nothing in time."""
    said = b""
    try:
        while b"\0" not in said and len(said) < _LONGEST_ANSWER:
            connection.settimeout(_left(until))
            part = connection.recv(_LONGEST_ANSWER)
            if not part:
                break
            said += part
    except OSError:
        pass
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _verdict(said: str) -> Verdict:
    if said == "stream: OK":
        return Verdict(Outcome.CLEAN)
    if found := re.fullmatch(r"stream: (.+) FOUND", said):
        return Verdict(Outcome.INFECTED, "".join(one for one in found[1] if one.isprintable())[:100])
    if "size limit exceeded" in said:
        return Verdict(Outcome.NOT_TOLD, "The file is larger than the virus scanner takes (StreamMaxLength).")
    return Verdict(Outcome.NOT_TOLD, f"The virus scanner said: {said[:100]}")


def _reason(fault: OSError) -> str:
    return "it takes too long" if isinstance(fault, TimeoutError) else (fault.strerror or str(fault)).lower()
