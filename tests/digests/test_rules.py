"""When digests are due, and how they read."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.base.clock import LONDON
from forum.digests import rules
from forum.digests.rules import ThreadNews
from forum.members.models import Notify

MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(LONDON))


def at(*parts):
    return datetime(*parts, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(2016, 11, 15, 7, 1), at(2016, 11, 14, 7)),  # what is being written at 7am settles first
        (at(2016, 11, 15, 7, 2), at(2016, 11, 15, 7)),
        (at(2016, 11, 15, 23, 59), at(2016, 11, 15, 7)),
        (at(2016, 11, 16, 0, 1), at(2016, 11, 15, 7)),
        (at(2016, 3, 27, 9), at(2016, 3, 27, 7)),  # the clocks went forward that night
    ],
)
def test_a_daily_digest_is_due_at_seven_in_london(now, due):
    assert rules.last_due(now, Notify.DAILY, 0) == due


@pytest.mark.parametrize(
    ("now", "weekday", "due"),
    [
        (at(2016, 11, 15, 8), 1, at(2016, 11, 15, 7)),  # a Tuesday
        (at(2016, 11, 15, 6), 1, at(2016, 11, 8, 7)),
        (at(2016, 11, 15, 8), 2, at(2016, 11, 9, 7)),
        (at(2016, 11, 15, 8), 0, at(2016, 11, 14, 7)),
    ],
)
def test_a_weekly_digest_is_due_on_its_day(now, weekday, due):
    assert rules.last_due(now, Notify.WEEKLY, weekday) == due


@given(now=MOMENTS, weekday=st.integers(0, 6), notify=st.sampled_from([Notify.DAILY, Notify.WEEKLY]))
def test_the_last_one_due_is_over_and_the_next_is_not(now, weekday, notify):
    due = rules.last_due(now, notify, weekday)
    period = timedelta(days=7 if notify is Notify.WEEKLY else 1)
    assert due <= now - rules.SETTLING < due + period, "in the time of the clock on the wall"
    assert due.time() == rules.AT
    assert notify is Notify.DAILY or due.weekday() == weekday


def test_one_digest_is_for_all_the_time_a_worker_was_away_but_for_no_more_than_a_month():
    due = at(2016, 11, 15, 7)
    assert rules.begins(None, due, Notify.DAILY) == at(2016, 11, 14, 7)
    assert rules.begins(None, due, Notify.WEEKLY) == at(2016, 11, 8, 7)
    assert rules.begins(at(2016, 11, 10, 7), due, Notify.DAILY) == at(2016, 11, 10, 7)
    assert rules.begins(at(2016, 1, 1, 7), due, Notify.DAILY) == due - timedelta(days=31)


def test_threads_stand_by_theme_in_the_order_in_which_they_come():
    threads = [ThreadNews(theme, [], 0) for theme in ("B", "A", "B")]
    assert [(one.theme, len(one.threads)) for one in rules.grouped(threads)] == [("B", 2), ("A", 1)]


@given(words=st.text())
def test_words_are_cut_between_words(words):
    short = rules.shortened(words * 40)
    assert len(short) <= rules.LONGEST + 2
    assert short == words * 40 or (short.endswith(" …") and (words * 40).startswith(short[:-2]))
