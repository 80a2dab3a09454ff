"""The demonstration's meetings were attended as its files say, and evaluated enough to show it."""

from __future__ import annotations

import pytest

from forum.base.db import db
from forum.demonstration import queries as files
from forum.meetings.models import Meeting
from forum.meetings.queries import attendance, coverage, evaluations


@pytest.fixture
def loaded(demonstration):
    with demonstration.app_context():
        yield demonstration
        db.session.rollback()


def test_as_many_attended_as_the_file_says(loaded):
    for number, entry in enumerate(files.entries("meetings"), start=1):
        counts = attendance.counts(db.session.get(Meeting, number))
        expected = tuple(entry.get(name, 0) for name in ("attended", "substitutes", "apologies"))
        assert (counts.present, counts.substitutes, counts.apologies) == expected
        assert counts.walk_ins == counts.said_no == 0 or number == 3


def test_who_said_yes_and_is_not_accounted_for_did_not_show(loaded):
    counts = [attendance.counts(db.session.get(Meeting, number)) for number in (1, 2)]
    assert [(one.expected, one.no_shows) for one in counts] == [(58, 58 - 48 - 3), (71, 71 - 61 - 5)]
    assert all(one.online and one.in_person and one.organisations > 30 for one in counts)


def test_both_meetings_have_evaluations_and_every_theme_of_them_a_trend(loaded):
    results = [evaluations.results(db.session.get(Meeting, number)) for number in (1, 2)]
    assert [one.answers for one in results] == [36, 46]
    assert all(one.usefulness and 3 < one.usefulness.average < 5 and len(one.words) >= 10 for one in results)
    assert [row.reference for row in evaluations.trend()] == ["MTG-2", "MTG-1", "MTG-1"]


def test_substitutes_count_where_the_person_they_came_for_sits(loaded):
    meeting = db.session.get(Meeting, 2)
    assert sum(row.attended for row in coverage.of_meeting(meeting).sectors) == 66
