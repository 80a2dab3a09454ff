"""The door for the clock: asks the database what is due, and has the commands do it.

huey only rings the bell (an SQLite file by default, Redis with REDIS_URL). Losing its queue loses nothing: the same
question is asked every minute.
"""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from forum.base import db, inbox, letters
from forum.base.db import transaction
from forum.digests import commands as digests
from forum.feedback.commands import answering, attaching, by_mail, drafting, mailing, scanning
from forum.meetings.commands import needs, ordering, packing, places, reminding
from forum.members.commands import naming

if TYPE_CHECKING:
    from huey import Huey

A_TURN = 60.0  # seconds of delivering, after which what else is due has its turn: 10,000 letters may take an hour
_log = logging.getLogger(__name__)


PIECES: tuple[Callable[[], bool], ...] = (
    ordering.carry_out,
    reminding.send_due,
    places.settle_all,
    needs.delete_due,
    naming.name_anew,
    mailing.tell_followers,
    answering.remind,
    digests.send_due,
    drafting.forget_old,
    attaching.forget_old,
    inbox.forget,
    letters.empty_old,
)
"""Commands that each do one small part of what is due, so that no writer waits long for them.

They ask the database what that is, and give whether there may be more. Each part is a transaction of its own.
"""


inbox.reader(inbox.Kind.OTHER, by_mail.read)


class Slow(NamedTuple):
    """Work too long for one transaction: taken up in one, done in none, and written down in another."""

    claim: Callable[[], Any]  # None: there is none
    work: Callable[[Any], Any]
    finish: Callable[[Any, Any], None]


SLOW: tuple[Slow, ...] = (
    Slow(packing.claim, packing.make, packing.finish),
    Slow(scanning.claim, scanning.work, scanning.finish),
)


def do_what_is_due(stops: Callable[[], bool] = lambda: False) -> None:
    """Everything that is due now, or less when `stops` says so. Safe to run twice, and by two workers at once."""
    while _is_turn_cut_short(stops) and not stops():
        pass


def _is_turn_cut_short(stops: Callable[[], bool]) -> bool:
    """Everything that is due, but letters for a minute only; whether more of them are to go."""
    for piece in PIECES:
        while not stops() and _is_more_to_do(piece):
            pass
    until = monotonic() + A_TURN
    counts = letters.deliver_due(stops=lambda: stops() or monotonic() > until)
    is_cut_short = counts[letters.State.SENT] > 0 and monotonic() > until
    inbox.fetch_due(stops)
    for kind in SLOW:
        while not stops() and _is_slow_work_done(kind):
            pass
    return is_cut_short


def _is_slow_work_done(kind: Slow) -> bool:
    """Do one piece of slow work; False when there was none, or when it failed and is tried again when its lease ends."""
    try:
        with transaction():
            claimed = kind.claim()
        if claimed is None:
            return False
        done = kind.work(claimed)
        with transaction():
            kind.finish(claimed, done)
    except Exception:
        _log.exception("Not done: %s", kind.claim.__module__)
        return False
    return True


def _is_more_to_do(piece: Callable[[], bool]) -> bool:
    """Do one part. One that fails is tried again in a minute, and keeps nothing else from being done."""
    try:
        with transaction():
            return piece()
    except Exception:
        _log.exception("Not done: %s", piece.__qualname__)
        return False


class Bell:
    """The queue and the one job in it, made at the first ring: huey, with Redis' driver, takes 0.4 s to import."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stops: Callable[[], bool] = lambda: False

    @cached_property
    def queue(self) -> Huey:
        from huey import RedisHuey, SqliteHuey

        if self.app.config["REDIS_URL"]:
            return RedisHuey("forum", url=self.app.config["REDIS_URL"], results=False)
        self.app.config["VAR"].mkdir(parents=True, exist_ok=True)
        return SqliteHuey("forum", filename=str(self.app.config["VAR"] / "queue.db"), results=False)

    @cached_property
    def job(self) -> Any:
        from huey import crontab

        def due() -> None:
            with self.app.app_context():
                do_what_is_due(self.stops)

        self.queue.periodic_task(crontab(), name="due_every_minute")(due)
        return self.queue.task(name="due")(due)

    def ring(self) -> None:
        """Ask the worker to look at once. A queue that does not answer costs a minute, not somebody's request."""
        try:
            self.job()
        except Exception:
            self.app.logger.exception("The queue did not answer; the worker will look within a minute")


def init_app(app: Flask) -> None:
    """Open this door: the bell that commands ring, and `flask --app wsgi worker`."""
    bell = app.extensions["forum.bell"] = Bell(app)
    if not app.testing:
        db.wake(bell.ring)
    app.cli.add_command(_command)


@click.command("worker", help="Deliver letters and do whatever else is due, until stopped.")
@click.option("--once", is_flag=True, help="Do everything that is due now, then leave.")
@with_appcontext
def _command(once: bool) -> None:
    with _at_work(current_app.config["VAR"] / "worker.lock"):
        if once:
            do_what_is_due()
        else:
            _run(current_app.extensions["forum.bell"])


def _run(bell: Bell) -> None:
    """Until SIGTERM or Ctrl-C: the letter on its way is sent first, if that takes no more than eight seconds."""
    bell.ring()
    consumer = bell.queue.create_consumer(
        workers=1,
        periodic=True,
        initial_delay=0.1,
        max_delay=1.0,
        check_worker_health=True,
        graceful_signal="TERM",
        shutdown_timeout=8,
    )
    bell.stops = consumer.stop_flag.is_set
    consumer.run()


@contextmanager
def _at_work(path: Path) -> Iterator[None]:
    """Be a worker on this machine.

    If there is no other, letters left half sent have nobody at them any more, and need not wait for their lease to end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not current_app.config["REDIS_URL"]:  # with it, workers of other machines may be sending
                letters.take_back_claims()
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
