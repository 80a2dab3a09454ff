"""A small virus scanner that speaks clamd's protocol over a real socket, for tests."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """`address` for the setting SCANNER; `looked_at` the streams it was sent. `most`: bytes it takes; `is_dumb`: it never
    answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.looked_at: list[bytes] = []
        self.most = 25 * 1024**2
        self.is_dumb = False


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        scanner: Scanner = self.server.scanner  # type: ignore[attr-defined]
        asked = b""
        while not asked.endswith(b"\0"):
            asked += self.rfile.read(1)
        if asked == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        assert asked == b"zINSTREAM\0", asked
        data = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
            if len(data) > scanner.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        scanner.looked_at.append(data)
        if not scanner.is_dumb:
            self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


@contextmanager
def running(socket: Path | None = None) -> Iterator[Scanner]:
    """On a free port, or on this Unix socket."""
    kind = socketserver.ThreadingUnixStreamServer if socket else socketserver.ThreadingTCPServer
    with kind(str(socket) if socket else ("127.0.0.1", 0), _Talk) as server:  # type: ignore[arg-type]
        server.daemon_threads = True
        place = f"unix://{socket}" if socket else f"clamd://127.0.0.1:{server.server_address[1]}"
        server.scanner = Scanner(place)  # type: ignore[union-attr]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.scanner  # type: ignore[union-attr]
        server.shutdown()
