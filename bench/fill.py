"""Fills the yardstick's database and ours with the same words.  usage: python -m bench.fill YARDSTICK.sqlite [THREADS]"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Callable
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
AT_ONCE = 100  # threads put in by one statement a table

Add = Callable[[str, list[dict[str, object]]], None]  # rows into the table of this name


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
    some: dict[str, list[dict[str, object]]] = defaultdict(list)
    for thread in corpus.threads(threads):
        for name, rows in rows_of(thread).items():
            some[name] += rows
        if thread.number % AT_ONCE == 0 or thread.number == threads:
            for name, rows in some.items():
                add(name, rows)
            some.clear()
    add_meeting(add)
    count_on()


def count_on() -> None:
    """PostgreSQL goes on counting after the numbers that were given."""
    if db.engine.dialect.name != "postgresql":
        return
    for name in ("organisation", "member", "feedback", "reply", "meeting", "invitation"):
        last = sa.select(sa.func.max(Base.metadata.tables[name].c.id)).scalar_subquery()
        db.session.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(name, "id"), last)))


def rows_of(thread: corpus.Thread) -> dict[str, list[dict[str, object]]]:
    """The rows of a thread and its replies by table, in the order in which they can be added."""
    at = START + timedelta(minutes=thread.number)

    def said(place: int) -> dict[str, object]:
        author, text = thread.posts[place]
        return {
            "author_id": author + 1, "posted_by_id": author + 1, "contributor": "", "organisation_id": author % 17 + 1,
            "attribution": "named", "posted_at": at + timedelta(seconds=place), "withdrawn_because": "", "version": 1,
            "html": f"<p>{text}</p>",
        }  # fmt: skip

    first = said(0)
    base = (thread.number - 1) * (len(thread.posts) - 1)
    replies = [
        {**said(place), "id": base + place, "feedback_id": thread.number, "body": thread.posts[place][1],
         "is_official": place % 9 == 0}
        for place in range(1, len(thread.posts))
    ]  # fmt: skip
    return {
        "feedback": [
            {**first, "id": thread.number, "kind": "challenge", "title": thread.title, "happening": thread.posts[0][1],
             "affected": "", "would_help": "", "html_affected": "", "html_would_help": "", "marking": "OFFICIAL",
             "priority_id": thread.number % 6 + 1, "force_id": None, "source": "site", "closed_because": "",
             "active_at": at + timedelta(seconds=19), "reply_count": len(replies), "is_demonstration": False}
        ],
        "feedback_theme": [{"feedback_id": thread.number, "theme_id": thread.number % 30 + 1}],
        "reply": replies,
        "search_entry": [
            {"kind": "feedback", "thing_id": thread.number, "title": thread.title,
             "text": thread.posts[0][1]},
            *({"kind": "reply", "thing_id": row["id"], "title": "", "text": row["body"]}
              for row in replies),
        ],
    }  # fmt: skip


def add_meeting(add: Add) -> None:
    """One meeting that is always to come, with 10 agenda items, everybody invited and two of three answered."""
    starts = datetime(2099, 3, 2, 10, tzinfo=UTC)
    add("meeting", [
        {"id": 1, "title": "Plenary", "kind": "forum", "stage": "open", "starts_at": starts,
         "ends_at": starts + timedelta(hours=3), "mode": "hybrid", "place": "Marsham Street", "changed_at": START,
         "joining_link": "https://meet.example/1", "description": "All members.", "marking": "OFFICIAL",
         "is_chatham_house": True, "ical_uid": "bench-1@forum.example", "ical_sequence": 0, "cancelled_because": "",
         "is_demonstration": False, "version": 1}
    ])  # fmt: skip
    add("meeting_theme", [{"meeting_id": 1, "theme_id": n + 1} for n in range(3)])
    add("agenda_item", [
        {"meeting_id": 1, "position": n, "title": f"Item {n}", "lead": f"Member {n}", "minutes": 15,
         "purpose": "discussion", "paper": f"Paper {n}", "version": 1}
        for n in range(10)
    ])  # fmt: skip
    answers = [("yes", "in-person"), ("no", None), (None, None)]
    invited = [(n + 1, *answers[n % 3]) for n in range(corpus.MEMBERS)]
    add("invitation", [
        {"id": n, "meeting_id": 1, "member_id": n, "invited_at": START, "sent_at": START, "sent_sequence": 0,
         "sent_version": 1, "sent_times": 1, "link_version": 1, "answer": answer, "mode": mode,
         "answered_at": START if answer else None}
        for n, answer, mode in invited
    ])  # fmt: skip
    add("invitation_reply", [
        {"invitation_id": n, "answer": answer, "mode": mode, "note": "", "source": "link", "answered_at": START}
        for n, answer, mode in invited if answer
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
