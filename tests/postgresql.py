"""A real PostgreSQL for the tests: the one given, or a throw-away cluster, or none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from config import database_url


def _binaries() -> Path | None:
    """The folder with initdb and pg_ctl: newest of Debian's versions, else wherever PATH finds them."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[sa.URL | None]:
    """The address of a server to make databases on; None when this machine has none."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield sa.make_url(database_url(given))
        return
    binaries, runuser = _binaries(), shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if binaries is None or (os.geteuid() == 0 and runuser is None):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="forum-pg-"))
    # PostgreSQL does not run as root.
    as_user = [runuser, "-u", "postgres", "--"] if runuser and os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port = _free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off"

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder)

    try:
        data = str(folder / "data")
        run(str(binaries / "initdb"), "-D", data, "-U", "forum", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        run(str(binaries / "pg_ctl"), "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            yield sa.make_url(f"postgresql+psycopg://forum@127.0.0.1:{port}/postgres")
        finally:
            run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
