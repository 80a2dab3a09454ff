"""A letter's row → the bytes on the wire (RFC 5322, 2045–2047; an invitation also RFC 6047).

The same row always gives the same bytes, so a repeated letter is recognised as the one that came before.
The shape is fixed, therefore it is written out here: email.message.EmailMessage makes 214 letters a second.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import quopri
import re
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr

from flask import current_app

from forum.base.letters.models import Letter

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*", re.ASCII)


class Unsendable(ValueError):
    """No mail can be made of this letter; says what to put right."""


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the letter with this key: the same on every retry, at the sender's public domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def build(letter: Letter) -> bytes:
    """The finished mail, lines ending in CRLF. A letter of a list needs an app context, for the address of our pages.

    Raises Unsendable when an address cannot be written in a mail.
    """
    boundary = hashlib.sha256(letter.message_id.encode()).hexdigest()[:32]
    return b"\r\n".join([*_headers(letter), *_body(letter, boundary), b""])


def _headers(letter: Letter) -> list[bytes]:
    return [
        _from(letter.sender),
        b"To: " + _mailbox("To", letter.to_name, letter.to_address),
        b"Subject: " + _words("Subject", _one_line(letter.subject)),
        b"Date: " + format_datetime(letter.written_at).encode(),
        b"Message-ID: " + letter.message_id.encode("ascii"),
        b"Auto-Submitted: auto-generated",
        # Not "All": that would also ask Exchange to keep its non-delivery reports to itself.
        b"X-Auto-Response-Suppress: OOF, AutoReply",
        b"MIME-Version: 1.0",
        *(_of_thread(letter) if letter.thread_ref else ()),
        *([b"Reply-To: <" + letter.reply_to.encode("ascii") + b">"] if letter.reply_to else ()),
        *(_of_list(letter) if letter.list_name else ()),
    ]


def _of_thread(letter: Letter) -> list[bytes]:
    """What mail programs put letters about one thing together by. No letter need have that Message-ID itself."""
    return [f"{name}: {letter.thread_ref}".encode("ascii") for name in ("In-Reply-To", "References")]


def _of_list(letter: Letter) -> list[bytes]:
    """How to leave the list (RFC 2369, 2919 and 8058). One press without a page only works, and only counts, by https."""
    address = parseaddr(letter.sender)[1]
    page = f"{current_app.config['PUBLIC_URL']}{letter.unsubscribe_path}"
    headers = [
        f"List-Id: <{letter.list_name}.{address.rpartition('@')[2]}>",
        f"List-Unsubscribe: <{page}>,\r\n <mailto:{address}?subject=unsubscribe%20{letter.list_name}>",
    ]
    if page.startswith("https://"):
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return [header.encode("ascii") for header in headers]


@functools.lru_cache(maxsize=8)
def _from(sender: str) -> bytes:
    return b"From: " + _mailbox("From", *parseaddr(sender))


def _body(letter: Letter, boundary: str) -> list[bytes]:
    """The alternatives; with a calendar part, those and its attached copy (clients differ in which they read)."""
    parts = [_text("plain", letter.text), _text("html", letter.html)]
    if letter.calendar is None:
        return _multipart("alternative", boundary, parts)
    calendar = base64.encodebytes(letter.calendar).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    method = (letter.calendar_method or "").encode("ascii")
    parts.append(b"\r\n".join([b"Content-Type: text/calendar; charset=UTF-8; method=" + method, _BASE64, calendar]))
    alternative = b"\r\n".join(_multipart("alternative", boundary, parts))
    return _multipart("mixed", boundary, [alternative, b"\r\n".join([_ATTACHED, _BASE64, calendar])])


_BASE64 = b"Content-Transfer-Encoding: base64\r\n"
_ATTACHED = (
    b'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"'
)


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> list[bytes]:
    # "=_" is in no quoted-printable or base64 line, so a boundary is never met inside a part.
    mark = f"=_{kind}_{boundary}".encode()
    lines = [b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n' % (kind.encode(), mark)]
    for part in parts:
        lines += [b"--" + mark, part]
    return [*lines, b"--" + mark + b"--"]


def _text(kind: str, text: str) -> bytes:
    clean = _CONTROL.sub("", _LINE_END.sub("\n", text)).rstrip("\n") + "\n"
    printable = quopri.encodestring(clean.replace("\n", "\r\n").encode()).removesuffix(b"\r\n")
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + printable


def _mailbox(field: str, name: str, address: str) -> bytes:
    if not _ADDRESS.fullmatch(address):
        raise Unsendable(f"{address!r} is not an address that a mail can be sent to. Correct the address.")
    name = _one_line(name)
    if name.isascii() and "=?" not in name:
        return formataddr((name, address)).encode()
    return _words(field, name) + b"\r\n <" + address.encode() + b">"


def _words(field: str, value: str) -> bytes:
    """One header's free text, folded; encoded words where ASCII does not do or would be read as encoded words."""
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    return Header(value, charset, header_name=field).encode(linesep="\r\n").encode("ascii")


def _one_line(value: str) -> str:
    """No line break and no control character: nothing that is typed can begin a header of its own."""
    return " ".join(_CONTROL.sub(" ", value).split())
