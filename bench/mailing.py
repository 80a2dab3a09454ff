"""Measures mailings.  usage: python -m bench.mailing [INVITEES]

Prints: inviting 120 in a request, 10,000 through the worker's parts with the peak of memory, delivering 1,000 letters to
a loopback SMTP sink with the peak of memory, each with the CPU it took (on a shared machine the clock says little), and
a loop that kills the sender with SIGKILL over 1,000 letters and counts what was lost or repeated. Everything happens in a new folder under /tmp, on SQLite as the Forum uses it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask_migrate import upgrade

from forum import create_app
from forum.base import clock, letters
from forum.base.db import db, expect_writing, transaction
from forum.base.letters import Letter
from forum.meetings.commands import audiences, inviting, ordering
from forum.meetings.models import Meeting, MeetingKind, Mode, Stage
from forum.members.models import Member, Role, Standing
from forum.reference.models import Marking


class Handler:
    """A mail server that writes down the Message-ID of what it took, a line each, and keeps nothing."""

    def __init__(self, taken: Path) -> None:
        self.taken = taken.open("a", buffering=1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        head = bytes(envelope.content or b"").partition(b"\r\n\r\n")[0]
        self.taken.write(head.partition(b"Message-ID: ")[2].split(b"\r\n")[0].decode() + "\n")
        return "250 OK"


class Sink:
    """That mail server in a process of its own, as a mail server is; `seen` counts by Message-ID."""

    def __init__(self, folder: Path) -> None:
        self.taken = folder / "taken"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = multiprocessing.get_context("spawn").Process(target=self._serve, daemon=True)
        self.process.start()
        while not self._answers():
            time.sleep(0.05)

    def _serve(self) -> None:
        Controller(Handler(self.taken), hostname="127.0.0.1", port=self.port).start()
        signal.pause()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __getstate__(self) -> dict[str, Any]:
        return {"taken": self.taken, "port": self.port}

    @property
    def seen(self) -> Counter[str]:
        return Counter(self.taken.read_text().split()) if self.taken.exists() else Counter()


def app_in(folder: Path, port: int = 0) -> Flask:
    return create_app(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'forum.db'}",
        SECRET_KEY="x" * 40,
        VAR=folder,
        PUBLIC_URL="https://forum.example",
        MAIL_SENDER="EGVE Forum secretariat <forum@egve-forum.example>",
        MAIL_SERVER="127.0.0.1" if port else "",
        MAIL_PORT=port,
        MAIL_USE_TLS=False,
        MAIL_PER_SECOND=0,
        REDIS_URL="",
    )


def fill(people: int) -> None:
    """So many members, one of them the secretary."""
    common = {"role": Role.MEMBER, "standing": Standing.ACTIVE}
    rows = [common | {"name": f"Person {n:05}", "email": f"person{n}@bench.example"} for n in range(people)]
    rows[0]["role"] = Role.SECRETARIAT
    with transaction():
        db.session.execute(sa.insert(Member), rows)


def meeting(title: str) -> Meeting:
    """An open meeting of the Forum, for everybody."""
    starts = datetime(2099, 3, 2, 10, tzinfo=UTC)
    made = Meeting(
        title=title, kind=MeetingKind.FORUM, stage=Stage.OPEN, starts_at=starts, ends_at=starts + timedelta(hours=3),
        mode=Mode.HYBRID, place="Marsham Street", joining_link="https://meet.example/1", description="All. " * 60,
        marking=Marking.OFFICIAL, is_chatham_house=False, ical_uid=f"{title}@bench.example", changed_at=clock.now(),
    )  # fmt: skip
    with transaction():
        db.session.add(made)
        db.session.flush()
        audiences.begin(made)
    return made


def secretary() -> Member:
    return db.session.scalars(sa.select(Member).where(Member.role == Role.SECRETARIAT)).one()


class Took(NamedTuple):
    """Seconds by the clock, and of CPU in this thread (the sink is a process of its own)."""

    clock: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.clock:8.3f} s, CPU {self.cpu:.3f} s"


def timed(work: Callable[[], Any]) -> Took:
    began, worked = time.perf_counter(), time.thread_time()
    work()
    return Took(time.perf_counter() - began, time.thread_time() - worked)


def invite(title: str) -> tuple[Took, Took]:
    """What it took in the request, and in the worker afterwards."""
    made = meeting(title)

    def ask() -> None:
        with transaction():
            inviting.invite(secretary(), made)

    def write() -> None:
        while _part():
            pass

    return timed(ask), timed(write)


def _part() -> bool:
    with transaction():
        more = ordering.carry_out()
    db.session.remove()
    return more


def written() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) or 0


def peak() -> float:
    """The most memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def new(people: int, port: int = 0) -> Iterator[Path]:
    """A new Forum of so many members, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-mailing-") as name:
        folder = Path(name)
        app = app_in(folder, port)
        with app.app_context():
            upgrade()
            expect_writing(False)
            fill(people)
            yield folder
            db.session.remove()
            db.engine.dispose()


def inviting_many(people: int) -> None:
    with new(120):
        invite("warm")  # templates are compiled once for the life of a process
        print(f"120 invitations, in the request      {invite('one')[0]}")
    with new(people):
        before = peak()
        asked, worked = invite("two")
        print(f"{people:,} invitations, in the request   {asked}")
        print(f"{people:,} invitations, by the worker    {worked} for {written():,} letters")
        print(f"memory, peak                         {peak():8.1f} MiB, {peak() - before:.1f} more than before")


def delivering(sink: Sink) -> None:
    with new(1_000, sink.port):
        invite("three")
        before = peak()
        took = timed(letters.deliver_due)
        number = sum(1 for _ in sink.seen)
        print(f"{number:,} letters to a sink              {took}, {number / took.clock:,.0f} a second")
        print(f"  {number / took.cpu:,.0f} a second of the sender's CPU, {peak() - before:.1f} MiB more than before")


def killing(sink: Sink) -> None:
    """Deliver in a process that is killed again and again."""
    before = sink.seen
    with new(1_000, sink.port) as folder:
        invite("four")
        ids = set(db.session.scalars(sa.select(Letter.message_id)))
        db.session.rollback()
        kills = 0
        while _is_any_left():
            sender = subprocess.Popen([sys.executable, "-m", "bench.mailing", "deliver", str(folder), str(sink.port)])
            until = sink.seen.total() + random.randint(10, 60)
            while sender.poll() is None and sink.seen.total() < until:
                time.sleep(random.uniform(0, 0.01))
            if sender.poll() is None:
                os.kill(sender.pid, signal.SIGKILL)
                kills += 1
            if sender.wait() not in (0, -signal.SIGKILL):
                sys.exit("The sender failed.")
        seen = sink.seen - before
        lost, repeated = len(ids - set(seen)), seen.total() - len(seen)
        print(f"1,000 letters, {kills} kills: {lost} lost, {repeated} repeated")


def _is_any_left() -> bool:
    left = db.session.scalar(sa.select(sa.exists().where(Letter.next_try_at.is_not(None))))
    db.session.rollback()
    return bool(left)


def deliver(folder: Path, port: int) -> None:
    with app_in(folder, port).app_context():
        letters.take_back_claims()
        letters.deliver_due()


def main() -> None:
    if sys.argv[1:2] == ["deliver"]:
        deliver(Path(sys.argv[2]), int(sys.argv[3]))
        return
    inviting_many(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    with tempfile.TemporaryDirectory() as folder:
        sink = Sink(Path(folder))
        delivering(sink)
        killing(sink)


if __name__ == "__main__":
    main()
