"""What grows with the number of posts: the same pages and questions on a small database and on a large one, turn by turn.

usage: python -m bench.scale SMALL LARGE [ROUNDS]   (addresses of databases that bench.fill filled)

CPU of this process, and of PostgreSQL's where it answers; pages are asked for without a network. See README.md.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import cycle

import psutil
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from bench.bench import TOKEN
from bench.fill import PASSWORD

LAST_PAGE = 500
Job = Callable[[], object]


class Forum:
    """One of the two, signed in to as a member who has read nothing."""

    def __init__(self, url: str) -> None:
        from config import database_url
        from forum import create_app
        from forum.base.db import db
        from forum.feedback import queries
        from forum.feedback.models import Feedback
        from forum.members.models import Member

        self.app: Flask = create_app(SQLALCHEMY_DATABASE_URI=database_url(url))
        self.client: FlaskClient = self.app.test_client()
        self.token = TOKEN.search(self.client.get("/sign-in").text)[1]  # type: ignore[index]
        self.client.post("/sign-in", data={"email": self.email(0), "password": PASSWORD, "csrf_token": self.token})
        with self.app.app_context():
            self.threads = db.session.scalar(sa.select(sa.func.count()).select_from(Feedback)) or 0
            on_postgresql = db.engine.dialect.name == "postgresql"
            self.backend = psutil.Process(db.session.scalar(sa.func.pg_backend_pid())) if on_postgresql else None
            self.members = list(db.session.scalars(sa.select(Member).order_by(Member.id).limit(3)))
            self.key: str | None = None  # of the last page, or of page 500
            for _ in range(min(LAST_PAGE, self.threads // 20) - 1):
                self.key = queries.threads(self.members[0], queries.Filter(), self.key).next_key

    @staticmethod
    def email(number: int) -> str:
        return f"member{number:03d}@bench.example"

    def cpu(self) -> float:
        """CPU seconds used so far, by us and by what answers us of a PostgreSQL on this machine."""
        ours = time.process_time()
        if self.backend is None:
            return ours
        backend, helpers = self.backend.cpu_times(), self.backend.parent().cpu_times()  # parallel workers come and go
        return ours + backend.user + backend.system + helpers.children_user + helpers.children_system

    def page(self, path: str) -> None:
        assert self.client.get(path).status_code == 200, path

    def reply(self, number: int) -> None:
        form = {"body": "A reply to be counted.", "attribution": "named", "csrf_token": self.token}
        assert self.client.post(f"/feedback/{number}/reply", data=form).status_code == 302, number

    def jobs(self) -> dict[str, Job]:
        """What is measured, by name. What is asked for is spread over the threads."""
        from forum.feedback import queries
        from forum.search.queries.similar import similar

        reading = cycle(range(1, self.threads + 1, self.threads // 97))
        writing = cycle(range(2, self.threads + 1, self.threads // 97))
        return {
            "thread page": lambda: self.page(f"/feedback/{next(reading)}"),
            "list, page 1": lambda: self.page("/feedback"),
            f"list, page {LAST_PAGE} (or the last)": lambda: self.page(f"/feedback?key={self.key}"),
            "unread badge, nothing read": lambda: queries.unread_count(self.members[0]),
            "unread badge, all read": lambda: queries.unread_count(self.members[2]),
            "search, one thread's number": lambda: self.page(f"/search?q={next(reading)}"),
            "search, two common words": lambda: self.page("/search?q=police+school"),
            "search, six common words": lambda: self.page("/search?q=police+school+family+gang+county+health"),
            "search, two common words of one theme": lambda: self.page("/search?q=police+school&theme=3"),
            "search, a phrase": lambda: self.page('/search?q="trauma+informed"'),
            "search, the start of a word": lambda: self.page("/search?q=exploit*"),
            "search, four letters of a word": lambda: self.page("/search?q=poli*"),
            "similar threads": lambda: similar(self.members[0], f"Housing {next(reading)} and the custody clinic"),
            "posting a reply": lambda: self.reply(next(writing)),
        }

    def everything_is_read(self) -> None:
        """The third member has read all there is."""
        from forum.base.db import transaction
        from forum.feedback import commands

        with self.app.app_context(), transaction():
            commands.mark_all_read(self.members[2])

    def context(self) -> AbstractContextManager[object]:
        return self.app.app_context()


def spent(forum: Forum, job: Job, least: float = 0.15) -> float:
    """CPU ms of one time, from as many as take `least` seconds: the clock of another process ticks in hundredths."""
    times, before = 0, forum.cpu()
    began = time.monotonic()
    while time.monotonic() - began < least:
        with forum.context():
            job()
        times += 1
    return (forum.cpu() - before) / times * 1e3


def main(small: str, large: str, rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR"] = folder
        forums = [Forum(small), Forum(large)]
        for forum in forums:
            forum.everything_is_read()
        print("| CPU ms | " + " | ".join(f"{forum.threads:,} threads" for forum in forums) + " | large ÷ small |")
        print("|---|---|---|---|")
        everything = [forum.jobs() for forum in forums]
        for name in everything[0]:
            turns = [
                [spent(forum, jobs[name]) for forum, jobs in zip(forums, everything, strict=True)]
                for _ in range(rounds + 1)
            ]
            few, many = (statistics.median(turn[place] for turn in turns[1:]) for place in (0, 1))  # one to warm up
            print(f"| {name} | {few:.2f} | {many:.2f} | {many / few:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
