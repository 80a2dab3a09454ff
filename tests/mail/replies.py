"""Mails as calendar programs send them when somebody answers an invitation; and mails that come back. All written here."""

from __future__ import annotations

from base64 import encodebytes
from typing import Any

SERVER = "mx.forum.example"
STAMP = "20261202T100000Z"


def calendar(
    uid: str,
    attendee: str,
    partstat: str = "ACCEPTED",
    *,
    sequence: int | str | None = 0,
    stamp: str | None = STAMP,
    method: str = "REPLY",
    organizer: str = "mailto:forum@egve-forum.example",
    comment: str = "",
    more: str = "",
    line_end: str = "\r\n",
) -> bytes:
    """The calendar part of a reply."""
    lines = ["BEGIN:VCALENDAR", "PRODID:-//A calendar//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"]
    lines += [f"UID:{uid}", f"ORGANIZER:{organizer}" if organizer else ""]
    lines += [f'ATTENDEE;CN="Somebody; else: here";PARTSTAT={partstat}:mailto:{attendee}', more]
    lines += [f"COMMENT;LANGUAGE=en:{comment}" if comment else "", f"DTSTAMP:{stamp}" if stamp else ""]
    lines += [f"SEQUENCE:{sequence}" if sequence is not None else "", "END:VEVENT", "END:VCALENDAR", ""]
    return line_end.join(line for line in lines if line or line is lines[-1]).encode()


def mail(
    sender: str,
    content: bytes,
    *,
    dmarc: str | None = "pass",
    server: str = SERVER,
    method: str = "REPLY",
    headers: str = "",
    number: int = 1,
) -> bytes:
    """The mail such a reply comes in; `dmarc` None: no mail server of ours has looked at it."""
    domain = sender.rpartition("@")[2].rstrip(">")
    seen = (
        f"Authentication-Results:\r\n {server}; spf=pass;\r\n dmarc={dmarc} header.from={domain}\r\n" if dmarc else ""
    )
    return (
        f"{seen}{headers}From: {sender}\r\nTo: forum@egve-forum.example\r\nSubject: Accepted: EGVE Forum\r\n"
        f"Message-ID: <reply-{number}@calendar.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="----=_a"\r\n\r\n'
        "------=_a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nI will come\r\n"
        f'------=_a\r\nContent-Type: text/calendar; charset="utf-8"; method={method}\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encodebytes(content).decode()}\r\n------=_a--\r\n"
    ).encode()


def returned(
    to: str,
    recipient: str,
    status: str = "5.1.1",
    *,
    action: str = "failed",
    words: str = "550 5.1.1 User unknown",
    message_id: str = "<none@forum.example>",
    number: int = 1,
) -> bytes:
    """A delivery report (RFC 3464) to the envelope sender `to`, about a letter to `recipient`."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@police.example\r\nTo: {to}\r\nSubject: Undelivered mail\r\n"
        f"Message-ID: <returned-{number}@police.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.police.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: The letter\r\n\r\n--b--\r\n"
    ).encode()


def note(sender: str, words: str = "When does it start?", *, headers: str = "", **more: Any) -> bytes:
    """A mail in a person's own words."""
    number = more.get("number", 1)
    return (
        f"{headers}From: {sender}\r\nTo: forum@egve-forum.example\r\nSubject: A question\r\n"
        f"Message-ID: <note-{number}@police.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    ).encode()
