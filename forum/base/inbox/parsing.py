"""A stranger's mail → the little of it that we act on. Pure; whatever comes in, it gives an answer and does so soon.

Python's parser is sound but was not made for enemies: it recurses into parts within parts, and some headers make it
raise. So a mail of more parts than any program sends is read as far as its headers, and each of these by itself.
"""

from __future__ import annotations

import email
import enum
import hashlib
import re
from collections.abc import Iterator
from email import policy
from email.errors import HeaderParseError
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cached_property
from typing import Any

from forum.base.richtext import clean, plain

LARGEST = 1024 * 1024  # bytes
_MOST_BOUNDARIES, _MOST_PARTS = 30, 1_000
_LONGEST_HEADER = 4_000  # characters
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")
_TAG = re.compile(r"<[^<>]*>")
_ENDLESS_TYPE = re.compile(rb"^content-type:(?:[^\n]|\n[ \t]){2000}", re.IGNORECASE | re.MULTILINE)


class Kind(enum.Enum):
    """What a mail that came in is, as far as its shape tells."""

    CALENDAR = "calendar"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    OTHER = "other"


class Mail:
    """One mail, as it came in."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.is_readable = (
            raw.lower().count(b"boundary=") <= _MOST_BOUNDARIES
            and raw.count(b"\n--") <= _MOST_PARTS
            and _ENDLESS_TYPE.search(raw) is None
        )
        self._message = self._parse()

    def _parse(self) -> Message:
        parse = email.message_from_bytes if self.is_readable else BytesHeaderParser().parsebytes
        try:
            return parse(self.raw)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):  # seen with mails made to do harm
            self.is_readable = False
            return Message()

    @cached_property
    def digest(self) -> str:
        """The same for the same mail, whichever way it came: of its Message-ID and its body."""
        headers = _HEADERS_END.search(self.raw)
        body = self.raw[headers.end() :] if headers else b"" if self.message_id else self.raw
        said = self.message_id or "\n".join(self.headers("From") + self.headers("Date"))
        return hashlib.sha256(said.encode("utf-8", "replace") + b"\n" + body.replace(b"\r\n", b"\n")).hexdigest()

    def headers(self, name: str) -> list[str]:
        """Every header of this name, unfolded and decoded, from the top of the mail; those that cannot be read are not."""
        found = []
        for value in self._message.get_all(name, []):
            unfolded = "".join(str(value).splitlines()).strip()  # a folded header begins with a space
            if len(unfolded) <= _LONGEST_HEADER:
                found.append(unfolded.encode("utf-8", "replace").decode())
        return found

    def header(self, name: str) -> str:
        """The first header of this name, or ""."""
        return next(iter(self.headers(name)), "")

    @cached_property
    def message_id(self) -> str:
        return plain(self.header("Message-ID"))[:300]

    @cached_property
    def subject(self) -> str:
        return plain(str(_structured("Subject", self.header("Subject")) or ""))[:500]

    @cached_property
    def sender(self) -> str:
        """The one address of the one From header, in lower case; "" when there is none, or more than one."""
        names = self.headers("From")
        header = _structured("From", names[0]) if len(names) == 1 else None
        addresses: tuple[Any, ...] = header.addresses if header is not None else ()
        address = addresses[0].addr_spec.lower() if len(addresses) == 1 else ""
        return address if _ADDRESS.fullmatch(address) else ""

    @cached_property
    def recipients(self) -> list[str]:
        """Every address it may have been delivered to, in lower case."""
        headers = (self.headers(name) for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To"))
        return [
            found.lower()
            for values in headers
            for value in values
            for found in re.findall(r"[^\s<>,;]+@[^\s<>,;]+", value)
        ]

    @cached_property
    def kind(self) -> Kind:
        if self._message.get_content_type() == "multipart/report":
            is_returned = "delivery-status" in self.header("Content-Type").lower()
            return Kind.BOUNCE if is_returned else Kind.AUTOMATIC  # a receipt of reading, a complaint
        if self.calendars:
            return Kind.CALENDAR
        is_automatic = self.header("Auto-Submitted").lower().split(";")[0].strip() not in {"", "no"}
        no_return = self.header("Return-Path").replace(" ", "") == "<>"
        return Kind.AUTOMATIC if is_automatic or no_return or self.headers("X-Autoreply") else Kind.OTHER

    @cached_property
    def calendars(self) -> list[bytes]:
        """The content of every text/calendar part."""
        return [_content(part) for part in self._parts("text/calendar")]

    @cached_property
    def text(self) -> str:
        """What a person wrote, up to 10,000 characters; of a mail of HTML alone, its words."""
        for kind in ("text/plain", "text/html"):
            for part in self._parts(kind):
                words = _content(part)[:100_000].decode(_charset(part), "replace")
                return clean(_TAG.sub(" ", words) if kind == "text/html" else words)[:10_000]
        return ""

    def is_authentic(self, server: str) -> bool:
        """Whether our own mail server, which calls itself `server`, says that the mail is of the domain in From (DMARC).

        Of its headers (RFC 8601) the topmost that speaks of DMARC counts: ours stands above what came with the mail.
        """
        domain = self.sender.rpartition("@")[2]
        for value in self.headers("Authentication-Results"):
            said = _clauses(value)
            if not server or not said or said[0].split(" ")[0].lower() != server.lower():
                continue
            spoken = [clause for clause in said[1:] if clause.replace(" ", "").lower().startswith("dmarc=")]
            if spoken:
                return bool(domain) and all(_passes(clause, domain) for clause in spoken)
        return False

    @cached_property
    def status_blocks(self) -> list[dict[str, str]]:
        """The blocks of every message/delivery-status part (RFC 3464), names in lower case; the first is of the mail."""
        blocks = []
        for part in self._parts("message/delivery-status"):
            for block in _inside(part):
                blocks.append({name.lower(): " ".join(str(value).split())[:1_000] for name, value in block.items()})
        return blocks

    @cached_property
    def returned_message_id(self) -> str:
        """The Message-ID of the mail that a bounce brings back, or ""."""
        for part in self._parts("text/rfc822-headers"):
            return _message_id(_content(part)[:100_000].decode("ascii", "replace"))
        for part in self._parts("message/rfc822"):
            return next((str(mail.get("Message-ID", "")).strip() for mail in _inside(part)), "")
        return ""

    def _parts(self, kind: str) -> Iterator[Message]:
        if self.is_readable:
            yield from (part for part in self._message.walk() if part.get_content_type() == kind)


def _structured(name: str, value: str) -> Any:
    """The header as Python understands it, or None: its reader of headers raises many things at what is no header."""
    try:
        return policy.default.header_factory(name, value)
    except (HeaderParseError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _inside(part: Message) -> list[Message]:
    """The mails, or blocks of headers, that a part consists of."""
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AttributeError):
        return b""
    return content if isinstance(content, bytes) else b""


def _charset(part: Message) -> str:
    try:
        charset = part.get_content_charset() or "utf-8"
        b"".decode(charset)
        "".encode(charset)
    except (ValueError, LookupError, TypeError):
        return "utf-8"
    return charset


def _message_id(headers: str) -> str:
    found = re.search(r"^message-id:\s*(<[^<>\s]{1,300}>)", headers, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _clauses(value: str) -> list[str]:
    """A header of authentication results by its semicolons, without what a sender may have put into quotes and comments."""
    plainly = _QUOTED.sub("", value)
    for _ in range(5):
        plainly = _COMMENT.sub(" ", plainly)
    if any(mark in plainly for mark in '"()'):
        return []
    return [" ".join(clause.split()) for clause in plainly.split(";")]


def _passes(clause: str, domain: str) -> bool:
    words = clause.replace(" =", "=").replace("= ", "=").lower().split()
    of = next((word.partition("=")[2] for word in words if word.startswith("header.from=")), domain)
    return words[0] == "dmarc=pass" and of == domain.lower()
