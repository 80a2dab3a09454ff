"""Fills the yardstick's database and ours with the same words.  usage: python -m bench.fill YARDSTICK.sqlite [THREADS]"""

from __future__ import annotations

import os
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench import corpus
from forum import create_app
from forum.base import letters  # noqa: F401 - its tables
from forum.base.db import Base, db, transaction
from forum.members.commands.signing_in import hash_password
from forum.members.models import Role, Standing

START = datetime(2016, 7, 1, 9, tzinfo=UTC)
PASSWORD = "forum-demo-2016"


def fill_yardstick(path: str) -> None:
    Path(path).unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(
        """create table users(id integer primary key, name text, org text);
        create table cats(id integer primary key, name text);
        create table topics(id integer primary key, title text, cat_id int, last_at text, replies int);
        create table posts(id integer primary key, topic_id int, user_id int, html text, created text);
        create index ix_p on posts(topic_id, id); create index ix_t on topics(last_at);"""
    )
    people = [(n + 1, f"Member {n}", f"Organisation {n % 17}") for n in range(corpus.MEMBERS)]
    connection.executemany("insert into users values(?,?,?)", people)
    connection.executemany("insert into cats values(?,?)", [(n + 1, f"Theme {n}") for n in range(10)])
    for thread in corpus.threads():
        at = f"2026-10-{thread.number % 28 + 1:02d}"
        connection.execute(
            "insert into topics values(?,?,?,?,?)", (thread.number, thread.title, thread.number % 10 + 1, at, 20)
        )
        connection.executemany(
            "insert into posts(topic_id, user_id, html, created) values(?,?,?,?)",
            [(thread.number, author + 1, f"<p>{text}</p>", at) for author, text in thread.posts],
        )
    connection.commit()
    connection.close()


def fill_ours(threads: int) -> None:
    table = Base.metadata.tables
    forces = {row.id: row.region_id for row in db.session.execute(sa.select(table["police_force"]))}
    sectors = list(db.session.scalars(sa.select(table["sector"].c.id)))
    force_ids = list(forces)

    def add(name: str, rows: list[dict[str, object]]) -> None:
        db.session.execute(table[name].insert(), rows)

    add("organisation", [
        {"id": n + 1, "slug": f"organisation-{n}", "name": f"Organisation {n}", "sector_id": sectors[n],
         "force_id": force_ids[n], "region_id": forces[force_ids[n]], "contact_email": "", "is_demonstration": False}
        for n in range(17)
    ])  # fmt: skip
    hashed = hash_password(PASSWORD)
    add("member", [
        {"id": n + 1, "email": f"member{n:03d}@bench.example", "name": f"Member {n}", "organisation_id": n % 17 + 1,
         "role": Role.SECRETARIAT if n == 1 else Role.MEMBER, "standing": Standing.ACTIVE, "password_hash": hashed,
         "notify": "daily", "version": 1}
        for n in range(corpus.MEMBERS)
    ])  # fmt: skip
    for thread in corpus.threads(threads):
        add_thread(add, thread)


def add_thread(add, thread: corpus.Thread) -> None:  # type: ignore[no-untyped-def]
    at = START + timedelta(minutes=thread.number)

    def said(place: int) -> dict[str, object]:
        author, text = thread.posts[place]
        return {
            "author_id": author + 1, "posted_by_id": author + 1, "contributor": "", "organisation_id": author % 17 + 1,
            "attribution": "named", "posted_at": at + timedelta(seconds=place), "withdrawn_because": "", "version": 1,
            "html": f"<p>{text}</p>",
        }  # fmt: skip

    first = said(0)
    add("feedback", [
        {**first, "id": thread.number, "kind": "challenge", "title": thread.title, "happening": thread.posts[0][1],
         "affected": "", "would_help": "", "html_affected": "", "html_would_help": "", "marking": "OFFICIAL",
         "priority_id": thread.number % 6 + 1, "force_id": None, "source": "site", "closed_because": "",
         "active_at": at + timedelta(seconds=19), "reply_count": len(thread.posts) - 1, "is_demonstration": False}
    ])  # fmt: skip
    add("feedback_theme", [{"feedback_id": thread.number, "theme_id": thread.number % 30 + 1}])
    base = (thread.number - 1) * (len(thread.posts) - 1)
    replies = [
        {**said(place), "id": base + place, "feedback_id": thread.number, "body": thread.posts[place][1],
         "is_official": place % 9 == 0}
        for place in range(1, len(thread.posts))
    ]  # fmt: skip
    add("reply", replies)
    add("search_entry", [
        {"kind": "feedback", "thing_id": thread.number, "thread_id": thread.number, "title": thread.title,
         "text": thread.posts[0][1]},
        *({"kind": "reply", "thing_id": row["id"], "thread_id": thread.number, "title": "", "text": row["body"]}
          for row in replies),
    ])  # fmt: skip


def main(yardstick: str, threads: int = corpus.THREADS) -> None:
    from flask_migrate import upgrade

    fill_yardstick(yardstick)
    with create_app().app_context():
        upgrade()
        with transaction():
            fill_ours(threads)
    print(f"{threads:,} threads in {os.environ.get('DATABASE_URL')}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
