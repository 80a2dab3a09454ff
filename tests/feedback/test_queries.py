from __future__ import annotations

import time

import pytest

from forum.base.db import transaction
from forum.feedback import commands, queries
from forum.feedback.models import Attribution
from forum.feedback.queries.editions import differences
from tests.feedback.builders import reply, thread


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("same words", "same words", [("same", "same words")]),
        ("nine hours late", "eight hours late", [("gone", "nine "), ("new", "eight "), ("same", "hours late")]),
        ("", "all new", [("new", "all new")]),
        ("all gone", "", [("gone", "all gone")]),
    ],
)
def test_differences_are_told_word_by_word(before, after, found):
    assert differences(before, after) == found


def test_differences_of_long_texts_take_no_time_and_lose_nothing():
    before = " ".join(f"w{n}" for n in range(3_000))
    after = " ".join(f"w{n}" for n in reversed(range(3_000)))
    began = time.process_time()
    pieces = differences(before, after) + differences("a " * 9_000, "b a " * 4_500)
    assert time.process_time() - began < 1
    assert "".join(text for step, text in pieces if step != "gone") == after + "b a " * 4_500


def test_history_tells_every_edit_newest_first(inside, cast):
    posted = thread(cast.amina, happening="First")
    said = reply(cast.bryn, posted, "One")
    for body, version in (("Two", 1), ("Three", 2)):
        with transaction():
            commands.edit_reply(cast.bryn, said, body, Attribution.NAMED, version=version)
    newest, oldest = queries.changes(posted.id).items
    assert newest.parts == [("body", [("gone", "Two"), ("new", "Three")])]
    assert oldest.parts == [("body", [("gone", "One"), ("new", "Two")])]
    assert (newest.reply_id, queries.changes(thread(cast.amina).id).items) == (said.id, [])


def test_history_has_pages_and_each_edit_is_compared_with_the_next_one_of_its_post(inside, cast, statements):
    posted = thread(cast.amina, happening="First")
    said = reply(cast.bryn, posted, "0")
    counts = []
    for version in range(1, 26):
        with transaction():
            commands.edit_reply(cast.bryn, said, str(version), Attribution.NAMED, version=version)
        if version in (2, 25):
            with statements() as seen:
                page = queries.changes(posted.id)
            counts.append(len(seen))
    rest = queries.changes(posted.id, page.next_key).items
    told = [change.parts[0][1] for change in [*page.items, *rest]]
    assert told == [[("gone", str(number - 1)), ("new", str(number))] for number in range(25, 0, -1)]
    assert (len(page.items), counts) == (20, [4, 4])


def test_what_is_new_for_somebody(inside, cast):
    posted = thread(cast.amina)
    assert queries.thread(cast.bryn, posted.id).is_unread
    with transaction():
        commands.mark_read(cast.bryn, posted.id)
    seen = queries.thread(cast.bryn, posted.id)
    assert (seen.is_unread, seen.first_unread) == (False, None)
    said = reply(cast.amina, posted)
    seen = queries.thread(cast.bryn, posted.id)
    assert (seen.is_unread, seen.first_unread, seen.first_reply) == (True, said.id, said.id)
    assert [row.id for row in queries.newest(cast.bryn)] == [posted.id]
