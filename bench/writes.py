"""Writers at once: 8 processes post 10,000 replies to 50 threads; none may fail and none may be lost.

usage: python -m bench.writes [WRITES] [PROCESSES]   (DATABASE_URL says where; default: a new SQLite file)
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bench import corpus
from bench.fill import fill_ours

THREADS = 50


def write(share: range) -> int:
    """Post these replies, each in a transaction of its own as a request would; the number that failed."""
    from forum import create_app
    from forum.base import db
    from forum.feedback import commands
    from forum.feedback.models import Attribution
    from forum.members.models import Member

    failed = 0
    with create_app().app_context():
        for number in share:
            try:
                with db.transaction():
                    actor = db.db.session.get(Member, number % corpus.MEMBERS + 1)
                    commands.reply(actor, number % THREADS + 1, f"Reply {number}", attribution=Attribution.NAMED)
            except Exception as fault:
                failed += 1
                print(f"{number}: {fault!r}")
            db.db.session.remove()
    return failed


def main(writes: int = 10_000, processes: int = 8) -> None:
    from flask_migrate import upgrade

    from forum import create_app
    from forum.base.db import db, transaction
    from forum.base.history import breaks
    from forum.feedback.models import Feedback, Reply

    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'forum.db'}")
        os.environ["VAR"] = folder
        app = create_app()
        with app.app_context():
            upgrade()
            with transaction():
                fill_ours(THREADS)
            before = db.session.scalar(sa.select(sa.func.count()).select_from(Reply)) or 0
            db.session.remove()
            db.engine.dispose()
        began = time.monotonic()
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            failed = sum(pool.map(write, [range(n, writes, processes) for n in range(processes)]))
        took = time.monotonic() - began
        with app.app_context():
            after = db.session.scalar(sa.select(sa.func.count()).select_from(Reply)) or 0
            counted = db.session.scalar(sa.select(sa.func.sum(Feedback.reply_count))) or 0
            print(
                f"{writes:,} replies by {processes} processes in {took:.1f} s ({writes / took:.0f} a second, starts included)"
            )
            print(f"failed {failed}, lost {writes - failed - (after - before)}, miscounted {counted - after}")
            print(f"breaks in the history: {len(list(breaks()))}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
