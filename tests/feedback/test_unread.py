"""What is new to somebody stays exact, whatever happens to posts: against a model that knows it the slow way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from forum.base import clock
from forum.base.db import db, transaction
from forum.feedback import commands, queries
from forum.feedback.commands import settling
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.feedback.rules.checking import REASONS
from forum.members.models import Group
from tests import builders

READERS = ("amina", "bryn", "olu")
PEOPLE = st.sampled_from(READERS)


class Posts(RuleBasedStateMachine):
    """`posts`: by kind and number, the thread, when it became readable, and whether it stands. `read`: how far."""

    app: Any
    people: Any

    threads = Bundle("threads")
    replies = Bundle("replies")

    @initialize()
    def begin(self):
        self.now = builders.moment(2016, 11, 15)
        clock.now = lambda: self.now
        self.posts: dict[tuple[type, int], dict[str, Any]] = {}
        self.groups: dict[int, str] = {}
        self.read: dict[tuple[str, int], Any] = {}
        with transaction():
            for table in ("search_entry", "read_mark", "edition", "flag", "reply", "feedback_theme", "feedback", "letter", "group_member", "member_group"):  # fmt: skip
                db.session.execute(sa.text(f"DELETE FROM {table}"))
            db.session.execute(sa.text("UPDATE member SET read_until = NULL"))
            self.group = Group(slug="g", title="G", members=[])
            db.session.add(self.group)
            db.session.flush()
            db.session.execute(
                sa.text("INSERT INTO group_member (group_id, member_id) VALUES (:g, :m)"),
                {"g": self.group.id, "m": self.people.bryn.id},
            )
            self.group_id = self.group.id
        db.session.expire_all()

    def tick(self):
        self.now += timedelta(seconds=1)

    def person(self, name):
        return getattr(self.people, name)

    def may_open(self, name, number):
        return number not in self.groups or name == "bryn"

    @rule(target=threads, name=PEOPLE)
    def post(self, name):
        self.tick()
        with transaction():
            made = commands.post(self.person(name), kind=FeedbackKind.IDEA, title="T", happening="W", attribution=Attribution.NAMED)  # fmt: skip
        self.posts[Feedback, made.id] = {
            "thread": made.id,
            "at": self.now,
            "stands": True,
            "held": False,
            "is_first": True,
        }
        self.read[name, made.id] = self.now
        return made.id

    @rule(target=replies, number=threads, name=PEOPLE, waits=st.booleans())
    def reply(self, number, name, waits):
        if not self.posts[Feedback, number]["stands"] or not self.may_open(name, number):
            return multiple()
        self.tick()
        with transaction():
            made = commands.reply(self.person(name), number, "W", attribution=Attribution.NAMED)
            if waits:  # as when its theme is checked first
                made.held_at = self.now
                from forum.feedback.commands.keeping import recount

                recount(number)
        self.posts[Reply, made.id] = {
            "thread": number,
            "at": self.now,
            "stands": not waits,
            "held": waits,
            "is_first": False,
        }
        self.read[name, number] = self.now
        return made.id

    @rule(number=threads, name=PEOPLE)
    def look(self, number, name):
        if self.may_open(name, number):
            self.tick()
            with transaction():
                commands.mark_read(self.person(name), number, self.now)
            self.read[name, number] = self.now

    @rule(name=PEOPLE)
    def look_at_everything(self, name):
        self.tick()
        with transaction():
            commands.mark_all_read(self.person(name))
        latest = max((post["at"] for post in self.posts.values() if post["stands"] or post["is_first"]), default=None)
        for thread in {post["thread"] for post in self.posts.values()}:
            self.read[name, thread] = max(latest, self.read.get((name, thread), latest))

    def change(self, kind, number, command, *args, **becomes):
        self.tick()
        db.session.expire_all()
        with transaction():
            sita = self.people.sita
            found = queries.get(sita, number) if kind is Feedback else queries.get_reply(sita, self.posts[kind, number]["thread"], number)  # fmt: skip
            command(sita, found, *args)
        self.posts[kind, number].update(becomes)

    @rule(number=replies, hides=st.booleans())
    def take_back(self, number, hides):
        self._take_back(Reply, number, hides)

    @rule(number=threads, hides=st.booleans())
    def take_back_a_thread(self, number, hides):
        self._take_back(Feedback, number, hides)

    def _take_back(self, kind, number, hides):
        if self.posts[kind, number]["stands"]:
            command, args = (settling.hide, (next(iter(REASONS)), "")) if hides else (commands.withdraw, ("Wrong",))
            self.change(kind, number, command, *args, stands=False, hidden=hides)

    @rule(number=replies)
    def show_again(self, number):
        if self.posts[Reply, number].get("hidden"):
            self.change(Reply, number, settling.show_again, stands=True, hidden=False)

    @rule(number=replies)
    def let_through(self, number):
        if self.posts[Reply, number]["held"]:
            thread = self.posts[Reply, number]["thread"]
            self.change(Reply, number, settling.release, stands=True, held=False)
            self.posts[Reply, number]["at"] = self.now
            author = self.author_of(number)
            newest = max(
                (post["at"] for (kind, one), post in self.posts.items()
                 if kind is Reply and one != number and post["thread"] == thread and post["stands"]), default=None,
            )  # fmt: skip
            if self.may_open(author, thread) and (newest is None or newest <= self.read[author, thread]):
                self.read[author, thread] = self.now  # one's own words are not new

    def author_of(self, number):
        author = db.session.scalar(sa.select(Reply.author_id).where(Reply.id == number))
        return next(name for name in READERS if self.person(name).id == author)

    @rule(number=replies)
    def word_a_reply_anew(self, number):
        """What was read once is not new because it was edited."""
        if self.posts[Reply, number]["stands"]:
            self.tick()
            db.session.expire_all()
            with transaction():
                found, author = db.session.get_one(Reply, number), self.person(self.author_of(number))
                commands.edit_reply(author, found, f"{found.body} Still.", found.attribution, version=found.version)

    @rule(number=threads)
    def show_a_thread_again(self, number):
        if self.posts[Feedback, number].get("hidden"):
            self.change(Feedback, number, settling.show_again, stands=True, hidden=False)

    @rule(number=threads, restricts=st.booleans())
    def move(self, number, restricts):
        self.tick()
        with transaction():
            values = {"group_id": self.group_id if restricts else None}
            db.session.execute(sa.update(Feedback).where(Feedback.id == number).values(**values))
        self.groups.pop(number, None)
        if restricts:
            self.groups[number] = "bryn"

    @invariant()
    def everybody_is_told_what_is_new_to_them(self):
        for name in READERS if hasattr(self, "posts") else ():
            new: dict[int, set[int]] = {}
            for (kind, number), post in self.posts.items():
                thread, seen = post["thread"], self.read.get((name, post["thread"]))
                if self.may_open(name, thread) and self.posts[Feedback, thread]["stands"] and post["stands"] and (seen is None or post["at"] > seen):  # fmt: skip
                    new.setdefault(thread, set()).update({number} if kind is Reply else ())
            person = self.person(name)
            listed = {row.id for row in queries.threads(person, queries.Filter(only_unread=True)).items}
            marked = {row.id for row in queries.threads(person, queries.Filter()).items if row.is_unread}
            assert listed == marked == set(new) or len(self.posts) > 20
            assert queries.unread_count(person) == len(new)
            for thread in {post["thread"] for post in self.posts.values()}:
                if (
                    self.may_open(name, thread)
                    and (name, thread) in self.read
                    and self.posts[Feedback, thread]["stands"]
                ):
                    page = queries.thread(person, thread)
                    unread = new.get(thread, set())
                    assert (page.new_count, page.first_unread) == (len(unread), min(unread, default=None))
        db.session.rollback()


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_what_is_new_is_exact_whatever_happens_to_posts(inside, cast, monkeypatch):
    monkeypatch.setattr(clock, "now", clock.now)
    machine = type("Machine", (Posts,), {"app": inside, "people": cast})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
