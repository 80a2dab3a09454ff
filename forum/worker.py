"""The door for the clock: asks the database what is due, and has the commands do it.

huey only rings the bell (an SQLite file by default, Redis with REDIS_URL). Losing its queue loses nothing: the same
question is asked every minute.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from huey import Huey, RedisHuey, SqliteHuey, crontab

from forum.base import db, letters


def do_what_is_due(stops: Callable[[], bool] = lambda: False) -> None:
    """Everything that is due now, or less when `stops` says so. Safe to run twice, and by two workers at once."""
    letters.deliver_due(stops=stops)


def _queue(app: Flask) -> Huey:
    if app.config["REDIS_URL"]:
        return RedisHuey("forum", url=app.config["REDIS_URL"], results=False)
    app.config["VAR"].mkdir(parents=True, exist_ok=True)
    return SqliteHuey("forum", filename=str(app.config["VAR"] / "queue.db"), results=False)


def init_app(app: Flask) -> None:
    """Open this door: the queue, the bell that commands ring, and `flask --app wsgi worker`."""
    queue = _queue(app)

    def due() -> None:
        with app.app_context():
            do_what_is_due(app.extensions.get("forum.worker_stops", lambda: False))

    ring = queue.task(name="due")(due)
    queue.periodic_task(crontab(), name="due_every_minute")(due)
    app.extensions["forum.queue"], app.extensions["forum.ring"] = queue, ring
    if not app.testing:
        db.wake(ring)
    app.cli.add_command(_command)


@click.command("worker", help="Deliver letters and do whatever else is due, until stopped.")
@click.option("--once", is_flag=True, help="Do everything that is due now, then leave.")
@with_appcontext
def _command(once: bool) -> None:
    with _at_work(current_app.config["VAR"] / "worker.lock"):
        if once:
            do_what_is_due()
        else:
            _run(current_app.extensions["forum.queue"])


def _run(queue: Huey) -> None:
    """Until SIGTERM or Ctrl-C: the letter on its way is sent first, if that takes no more than eight seconds."""
    consumer = queue.create_consumer(
        workers=1,
        periodic=True,
        initial_delay=0.1,
        max_delay=1.0,
        check_worker_health=True,
        graceful_signal="TERM",
        shutdown_timeout=8,
    )
    current_app.extensions["forum.worker_stops"] = consumer.stop_flag.is_set
    current_app.extensions["forum.ring"]()
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
