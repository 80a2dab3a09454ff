"""The stages of a meeting, series, bank holidays, and times: rules alone, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from forum.base import clock
from forum.base.errors import Rejected
from forum.meetings import rules
from forum.meetings.commands.scheduling import moments_of
from forum.meetings.models import Meeting, MeetingKind, MeetingSeries, Stage
from forum.meetings.queries import series as series_queries
from forum.meetings.rules import desk, holidays, series
from forum.meetings.rules.desk import Facts, Standing
from forum.members.models import Member, Role

DAY = date(2027, 1, 20)
AMINA, OLU, SITA = (
    Member(id=number, role=role) for number, role in enumerate((Role.MEMBER, Role.OFFICIAL, Role.SECRETARIAT), 1)
)


def facts(**more) -> Facts:
    """An open meeting without anything."""
    usual = dict.fromkeys(Facts._fields, 0) | {
        "day": DAY, "is_draft": False, "is_over": False, "has_begun": False, "asks_replies": True, "is_placed": True,
        "reply_by_on": None, "papers_due_on": None, "answers": "", "letters": "", "minutes": "", "is_sending": False,
        "update_due": "",
    }  # fmt: skip
    return Facts(**usual | more)


def standing(found: list[desk.Step]) -> dict[str, str]:
    return {step.name: step.standing.value for step in found}


def test_a_draft_is_to_be_opened_four_weeks_before():
    found = desk.steps(facts(is_draft=True, uninvited=120, audiences=1))
    assert [step.name for step in found] == [
        "Details", "Agenda", "Papers", "Who is invited", "Send the invitations", "Answers", "Reminders", "On the day",
        "Minutes",
    ]  # fmt: skip
    step = desk.next_step(found, date(2026, 12, 1))
    assert (step.to_do, step.due) == ("Check the details and open the meeting", date(2026, 12, 23))
    assert not step.is_late(date(2026, 12, 23))
    assert step.is_late(date(2026, 12, 24))
    assert found[4].path == ""  # nothing is sent of a draft


def test_who_is_invited_says_still_only_when_somebody_was():
    words = [desk.steps(facts(uninvited=120, invited=invited))[3].words for invited in (0, 7)]
    assert words == ["120 to invite", "7 invited, 120 still to invite"]


def test_papers_are_asked_for_by_the_day_they_are_due_also_while_there_are_none():
    due_on = date(2027, 1, 4)
    assert [desk.steps(facts(papers_due_on=due_on, papers=n, papers_to_come=n))[2].due for n in (0, 2)] == [due_on] * 2


def test_what_is_late_comes_before_what_is_due():
    found = desk.steps(facts(uninvited=3, audiences=1, items=2))
    assert desk.next_step(found, date(2027, 1, 1)).to_do == "Invite 3 members"
    found = desk.steps(facts(invited=3, unanswered=2, items=2, audiences=1, reminders=1, letters="3 of 3 sent"))
    step = desk.next_step(found, date(2027, 1, 2))
    assert (step.to_do, step.due) == ("Ask the 2 people who have not answered", date(2027, 1, 13))


def test_a_meeting_that_asks_for_no_answers_is_not_short_of_them():
    found = desk.steps(facts(asks_replies=False, invited=5, unanswered=5, items=1, audiences=1))
    assert standing(found)["Answers"] == "not needed"


def test_an_agenda_is_done_when_it_fits_and_nothing_is_proposed():
    for more, word in (
        ({}, "not started"),
        ({"items": 2}, "done"),
        ({"items": 2, "overrun": 5}, "in progress"),
        ({"items": 2, "proposals": 1}, "in progress"),
        ({"items": 2, "overrun": -30}, "done"),
    ):
        assert standing(desk.steps(facts(**more)))["Agenda"] == word


def test_an_update_that_waits_is_nothing_to_do_and_nothing_left_untold():
    def sending(**more):
        return next(step for step in desk.steps(facts(invited=3, untold=3, **more)) if step.path == "/invitations")

    assert (sending().to_do, sending().words) == (
        "Tell people of the newest change, or leave it",
        "3 people have not been told of the newest change",
    )
    waits = sending(update_due="1:36pm")
    assert (waits.to_do, waits.words, waits.standing) == ("", "an update goes out at 1:36pm", Standing.IN_PROGRESS)


def test_after_the_meeting_attendance_and_minutes_are_left():
    over = {"is_over": True, "has_begun": True, "invited": 3, "items": 2, "audiences": 1}
    found = desk.steps(facts(**over))
    assert [step.name for step in found if step.is_to_do] == ["On the day", "Minutes"]
    assert desk.next_step(found, DAY).to_do == "Mark who was there"
    assert found[-1].due == date(2027, 1, 27)
    assert desk.next_step(desk.steps(facts(**over, marked=3, present=2, minutes="published")), DAY) is None
    assert desk.steps(facts(**over, minutes="draft"))[-1].standing is Standing.IN_PROGRESS


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2016, 3, 25), "Good Friday"), (date(2017, 4, 17), "Easter Monday"), (date(2017, 5, 1), "Early May bank holiday"),
        (date(2017, 5, 29), "Spring bank holiday"), (date(2017, 8, 28), "Summer bank holiday"), (date(2016, 12, 26), "Boxing Day"),
        (date(2016, 12, 27), "Christmas Day"), (date(2017, 1, 2), "New Year’s Day"), (date(2022, 6, 2), "Spring bank holiday"),
        (date(2021, 12, 27), "Christmas Day"), (date(2021, 12, 28), "Boxing Day"), (date(2026, 12, 28), "Boxing Day"),
        (date(2022, 5, 30), ""), (date(2017, 1, 1), ""), (date(2016, 11, 15), ""), (date(2038, 4, 26), "Easter Monday"),
    ],
)  # fmt: skip
def test_bank_holidays_of_england_and_wales(day, name):
    assert holidays.bank_holiday(day) == name


def test_working_days_pass_over_weekends_and_holidays():
    assert holidays.working_days(date(2017, 1, 3), -1) == date(2016, 12, 30)
    assert holidays.working_days(date(2016, 12, 23), 1) == date(2016, 12, 28)
    assert holidays.working_days(date(2017, 3, 15), -5) == date(2017, 3, 8)


def quarterly(**more) -> MeetingSeries:
    usual = {"week": 1, "weekday": 1, "every_months": 3, "starts": "10:30", "minutes": 270}
    return MeetingSeries(**usual | more)


def test_a_series_in_words():
    assert series_queries.in_words(quarterly()) == "First Tuesday of every 3 months at 10:30am for 4 hours 30 minutes"
    last = quarterly(week=-1, weekday=4, every_months=1, starts="12:00", minutes=60)
    assert series_queries.in_words(last) == "Last Friday of every month at midday for 1 hour"


def test_the_days_of_a_series_follow_from_its_first_meeting():
    def days(since, scheduled=(), made=None, until=date(2017, 12, 31)):
        return [str(one.day) for one in series.occurrences(made or quarterly(), since, until, scheduled)]

    assert days(date(2017, 1, 4)) == ["2017-02-07", "2017-05-02", "2017-08-01", "2017-11-07"]
    assert days(date(2017, 2, 8), [date(2017, 1, 3)])[0] == "2017-04-04"
    friday = quarterly(week=-1, weekday=4, every_months=1)
    assert days(date(2016, 2, 1), made=friday, until=date(2016, 3, 31)) == ["2016-02-26", "2016-03-25"]


def test_a_month_with_a_meeting_is_not_scheduled_again_even_when_it_was_moved():
    found = series.occurrences(quarterly(), date(2017, 1, 1), date(2017, 6, 30), [date(2017, 1, 3), date(2017, 4, 6)])
    assert [(str(one.day), one.is_scheduled) for one in found] == [("2017-01-03", True), ("2017-04-04", True)]


def test_a_day_of_a_series_on_a_bank_holiday_says_so():
    monday = quarterly(week=1, weekday=0, every_months=1)
    found = series.occurrences(monday, date(2017, 5, 1), date(2017, 5, 31), [])
    assert found[0].holiday == "Early May bank holiday"


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "starts", "ends", "second", "hours"),
    [
        (date(2016, 11, 15), time(22), time(1), None, 3),
        (date(2016, 11, 15), time(22), time(0), None, 2),
        (date(2016, 2, 29), time(20), time(7), None, 11),
        (date(2027, 3, 27), time(22), time(3), None, 4),  # the clocks go forward in that night
        (date(2027, 10, 30), time(22), time(3), None, 6),  # and back in this
        (date(2027, 10, 30), time(22), time(1, 30), False, 3.5),
        (date(2027, 10, 30), time(22), time(1, 30), True, 4.5),
        (date(2027, 10, 31), time(1, 45), time(1, 15), False, 0.5),  # to the second 1:15
    ],
)
def test_meetings_over_midnight(day, starts, ends, second, hours):
    start, end = moments_of(day, starts, ends, second)
    assert (end - start).total_seconds() / 3600 == hours


@pytest.mark.parametrize(
    ("day", "starts", "ends", "field"),
    [
        (date(2016, 11, 15), time(10), time(10), "ends"),  # a whole day
        (date(2016, 11, 15), time(22), time(10, 1), "ends"),
        (date(2027, 3, 27), time(22), time(1, 30), "ends"),  # there is no such hour in that night
        (date(2027, 10, 30), time(22), time(1, 30), "hour"),
    ],
)
def test_ends_that_cannot_be(day, starts, ends, field):
    with pytest.raises(Rejected) as refusal:
        moments_of(day, starts, ends, None)
    assert refusal.value.field == field


def test_the_second_date_is_shown_when_it_differs():
    start = datetime(2016, 11, 15, 22, tzinfo=UTC)
    assert clock.show_times(start, datetime(2016, 11, 16, 1, tzinfo=UTC)) == "10pm to 1am on 16 November 2016"
    assert clock.show_times(start, datetime(2016, 11, 16, 0, tzinfo=UTC)) == "10pm to midnight"
    assert clock.show_times(start, datetime(2016, 11, 15, 23, 30, tzinfo=UTC)) == "10pm to 11:30pm"


# --- who may know ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(MeetingKind))
def test_who_may_know_of_a_meeting_and_of_who_comes(kind):
    meeting = Meeting(kind=kind, stage=Stage.OPEN, host_id=OLU.id)
    is_for_all = kind not in {MeetingKind.ROUNDTABLE, MeetingKind.MINISTERS}
    assert rules.may_see(AMINA, meeting) is is_for_all
    assert rules.may_see(AMINA, meeting, is_invited=True)
    assert rules.may_see(OLU, meeting)
    assert rules.may_see(SITA, meeting)
    assert rules.may_see_who_comes(AMINA, meeting, is_invited=True) is is_for_all
    assert not rules.may_see_who_comes(AMINA, meeting, is_invited=False)
    assert rules.may_see_who_comes(OLU, meeting, is_invited=False)
    draft = Meeting(kind=kind, stage=Stage.DRAFT, host_id=OLU.id)
    assert not rules.may_see(AMINA, draft, is_invited=True)
    assert rules.may_see(OLU, draft)


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        ({"reply_by": date(2027, 1, 21)}, "reply_by_on"),
        ({"items_until": DAY}, "items_until_on"),
        ({"papers_due": date(2027, 1, 21)}, "papers_due_on"),
    ],
)
def test_what_is_asked_for_is_asked_for_in_time(dates, field):
    given = {"reply_by": DAY, "items_until": date(2027, 1, 19), "papers_due": DAY}
    rules.check_dates(DAY, **given)
    with pytest.raises(Rejected) as refusal:
        rules.check_dates(DAY, **given | dates)
    assert refusal.value.field == field
