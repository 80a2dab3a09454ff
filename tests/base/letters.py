"""A letter with usual details, and what a mail server in this process received."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from forum.base import clock
from forum.base.letters import Fields, Kind, Letter
from forum.base.letters.building import message_id
from forum.meetings.exports import MeetingEntry, Person, Prepared, prepare

SENDER = "EGVE Forum secretariat <forum@egve-forum.example>"
ORGANIZER = Person("EGVE Forum secretariat", "forum@egve-forum.example")
PAGE = "https://forum.example/meetings/3"
HTML = '<!doctype html><html lang="en-GB"><head><title>{0}</title></head><body><p>{0}</p><a href="{1}">Reply</a></body></html>'


def fields(number: int = 1, **more: Any) -> Fields:
    """A plain notice to one person."""
    usual = {
        "key": f"notice:{number}",
        "kind": Kind.NOTICE,
        "to_name": f"Person {number}",
        "to_address": f"person{number}@police.example",
        "subject": "Papers for the Forum",
        "text": f"The papers are here: {PAGE}\n",
        "html": HTML.format("Papers", PAGE),
    }
    return usual | more  # type: ignore[return-value]


def invitation(number: int, prepared: Prepared, title: str, **more: Any) -> Fields:
    """An invitation to one person, as the meetings room writes it; a notice, so that this room is not asked about it."""
    usual = {
        "key": f"invite:3:{number}",
        "kind": Kind.NOTICE,
        "member_id": number,
        "about": "gathering:3",
        "subject": f"Invitation: {title}, 21 January 2027",
        "text": f"{title}\n\nReply: {PAGE}\n",
        "html": HTML.format(title, PAGE),
        "method": prepared.method,
    }
    full = fields(number, **(usual | more))
    person = Person(full["to_name"], full["to_address"])
    return full | {"calendar": prepared.to(person, "NEEDS-ACTION", "REQ-PARTICIPANT", clock.now())}  # type: ignore[return-value]


def invitations(count: int, entry: MeetingEntry) -> list[Fields]:
    prepared = prepare(entry, ORGANIZER, "REQUEST")
    return [invitation(number, prepared, entry.title) for number in range(1, count + 1)]


def row(written: Fields) -> Letter:
    """The row these fields become, without a database."""
    details = {name: value for name, value in written.items() if name != "method"}
    return Letter(
        **({"calendar": None} | details),
        calendar_method=written.get("method"),
        sender=SENDER,
        message_id=message_id(written["key"], SENDER),
        written_at=clock.now(),
    )


class Mailbox:
    """A mail server's side of the talk: keeps what it takes, and answers as a test wants it to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.at_sender = self.at_recipient = self.at_data = ""
        self.hangs_up_after = 0  # letters in one connection
        self.connections = 0
        self.silent_for = 0.0  # seconds before the answer about person 2

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.at_sender:
            return self.at_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.silent_for and address.startswith("person2@"):
            await asyncio.sleep(self.silent_for)
        if self.at_recipient and address.startswith(("person2@", "forum@")):
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_data == "keep and hang up":
            self.received.append((envelope.rcpt_tos[0], bytes(envelope.content or b"")))
            server.transport.close()
            return ""
        if self.at_data:
            return self.at_data
        self.received.append((envelope.rcpt_tos[0], bytes(envelope.content or b"")))
        session.taken = getattr(session, "taken", 0) + 1
        if self.hangs_up_after and session.taken >= self.hangs_up_after:
            server.loop.call_later(0.01, server.transport.close)
        return "250 OK"


@contextlib.contextmanager
def mail_server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """A real SMTP server on a free port; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop(no_assert=True)
