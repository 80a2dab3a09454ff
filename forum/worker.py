"""The door for the clock: asks the database what is due, and has the commands do it.

huey only rings the bell (an SQLite file by default, Redis with REDIS_URL). Losing its queue loses nothing: the same
question is asked every minute.
"""

from __future__ import annotations

import click
from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey, crontab

from forum.base import db, letters


def do_what_is_due() -> None:
    """Everything that is due now. Safe to run twice, and by two workers at once."""
    letters.deliver_due()


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
            do_what_is_due()

    ring = queue.task(name="due")(due)
    queue.periodic_task(crontab(), name="due_every_minute")(due)
    app.extensions["forum.queue"] = queue
    if not app.testing:
        db.wake(ring)
    app.cli.add_command(_command)


@click.command("worker", help="Deliver letters and do whatever else is due, until stopped.")
@click.option("--once", is_flag=True, help="Do everything that is due now, then leave.")
def _command(once: bool) -> None:
    if once:
        do_what_is_due()
        return
    if not current_app.config["REDIS_URL"]:  # the only worker: what its predecessor had in hand is nobody's now
        letters.take_back_claims()
    do_what_is_due()
    consumer = current_app.extensions["forum.queue"].create_consumer(
        workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, check_worker_health=True
    )
    consumer.run()
