"""A small IMAP server over TLS, on a real socket: enough of RFC 3501 for somebody who reads the unread."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import unavailable


def certificate(folder: Path) -> Path:
    """A certificate for localhost with its key in one file; it vouches for itself."""
    if shutil.which("openssl") is None:
        unavailable("No openssl on this machine.")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    more = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


class Server:
    """The mails in its one folder, by number; those in `seen` were read. `fails_at`: the command it answers with NO."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.fails_at = ""
        self.hangs_up_at = ""
        self.is_silent = False
        self.commands: list[str] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_silent:
            writer.write(b"* OK ready\r\n")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while line := (await reader.readline()).decode().strip():
                tag, _, command = line.partition(" ")
                self.commands.append(command)
                if self.hangs_up_at and command.startswith(self.hangs_up_at):
                    break
                refused = self.fails_at and command.startswith(self.fails_at)
                writer.write(b"" if refused else self.answer(command))
                writer.write(f"{tag} {'NO not now' if refused else 'OK done'}\r\n".encode())
                await writer.drain()
        writer.close()

    def answer(self, command: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if command == "UID SEARCH UNSEEN":
            unseen = " ".join(str(number) for number in sorted(self.mails.keys() - self.seen))
            return f"* SEARCH {unseen}".rstrip().encode() + b"\r\n"
        if fetch := re.fullmatch(r"UID FETCH (\d+) \((.+)\)", command):
            return self.fetch(int(fetch[1]), fetch[2])
        if store := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self.seen.add(int(store[1]))
        return b"* BYE\r\n" if command == "LOGOUT" else b""

    def fetch(self, number: int, what: str) -> bytes:
        raw = self.mails[number]
        if what == "RFC822.SIZE":
            return f"* {number} FETCH (UID {number} RFC822.SIZE {len(raw)})\r\n".encode()
        given = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if what == "BODY.PEEK[HEADER]" else raw
        return f"* {number} FETCH (UID {number} BODY[] {{{len(given)}}}\r\n".encode() + given + b")\r\n"


@contextlib.contextmanager
def running(server: Server, certificate: Path) -> Iterator[Server]:
    """The server on a free port of localhost, in a thread of its own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve() -> asyncio.Server:
        listening = await asyncio.start_server(server.talk, "localhost", 0, ssl=context)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        return listening

    async def end(listening: asyncio.Server) -> None:
        listening.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await loop.shutdown_asyncgens()

    def run() -> None:
        loop.set_exception_handler(
            lambda *_: None
        )  # a client that goes away in the middle is what some tests are about
        listening = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(end(listening))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
