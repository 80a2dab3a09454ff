"""Who may do what with meetings, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.meetings import rules
from forum.meetings.models import Answer, Invitation, Meeting, Mode, Stage
from forum.meetings.rules import IN_PERSON, MAYBE, NO, ONLINE
from forum.members.models import Member, Role
from forum.reference.models import Theme

NOON = datetime(2027, 1, 20, 12, tzinfo=UTC)
SITA, ADA = Member(id=1, role=Role.SECRETARIAT), Member(id=2, role=Role.ADMIN)
OLU, AMINA = Member(id=3, role=Role.OFFICIAL), Member(id=4, role=Role.MEMBER)


def meeting(**more) -> Meeting:
    usual = {"stage": Stage.OPEN, "mode": Mode.HYBRID, "starts_at": NOON, "ends_at": NOON + timedelta(hours=3)}
    return Meeting(**(usual | more))


@pytest.mark.parametrize(("actor", "may"), [(SITA, True), (ADA, True), (OLU, False), (AMINA, False)])
def test_only_whoever_runs_the_forum_keeps_meetings(actor, may):
    assert rules.may_schedule(actor) is may
    assert rules.may_see(actor, meeting(stage=Stage.DRAFT)) is may
    assert rules.may_see(actor, meeting(stage=Stage.CANCELLED))
    if not may:
        with pytest.raises(NotAllowed):
            rules.check_scheduler(actor)


def test_the_joining_link_is_for_those_invited():
    assert rules.may_see_joining_link(AMINA, Invitation(member_id=4))
    assert rules.may_see_joining_link(SITA, None)
    assert not rules.may_see_joining_link(AMINA, None)
    assert not rules.may_see_joining_link(AMINA, Invitation(member_id=4, removed_at=NOON))


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        (Mode.IN_PERSON, ["yes-in-person", "maybe", "no"]),
        (Mode.ONLINE, ["yes-online", "maybe", "no"]),
        (Mode.HYBRID, ["yes-in-person", "yes-online", "maybe", "no"]),
    ],
)
def test_answers_fit_how_the_meeting_is_held(mode, sent):
    assert [way.sent for way in rules.ways(mode)] == sent


def test_answers_in_words():
    assert rules.answer_in_words(Answer.YES, Mode.ONLINE) == "Yes, online"
    assert rules.answer_in_words(Answer.YES, None) == "Yes"
    assert rules.answer_in_words(None, None) == "No answer"


@pytest.mark.parametrize(
    ("mode", "place", "link", "field"),
    [
        (Mode.IN_PERSON, "", "", "place"),
        (Mode.HYBRID, "", "https://meet.example/1", "place"),
        (Mode.ONLINE, "", "http://meet.example/1", "joining_link"),
        (Mode.ONLINE, "", "javascript:alert(1)", "joining_link"),
        (Mode.ONLINE, "", "https://", "joining_link"),
        (Mode.ONLINE, "", "https://[meet", "joining_link"),
        (Mode.ONLINE, "", "https://meet.example/a b", "joining_link"),
    ],
)
def test_people_must_learn_where_to_go(mode, place, link, field):
    with pytest.raises(Rejected) as refusal:
        rules.check_where(mode, place, link)
    assert refusal.value.field == field


def test_the_link_may_follow_later():
    rules.check_where(Mode.ONLINE, "", "")
    rules.check_where(Mode.HYBRID, "To be confirmed", "https://meet.example/1?pwd=a")


@pytest.mark.parametrize("minutes", [0, -30, 13 * 60])
def test_a_meeting_has_a_length(minutes):
    with pytest.raises(Rejected) as refusal:
        rules.check_length(NOON, NOON + timedelta(minutes=minutes))
    assert refusal.value.field == "ends"


def test_a_retired_theme_stays_only_where_it_was():
    retired = Theme(id=7, valid_to=date(2026, 1, 1))
    with pytest.raises(Rejected):
        rules.check_themes([7], [retired], [], date(2027, 1, 1))
    with pytest.raises(Rejected):
        rules.check_themes([8], [], [], date(2027, 1, 1))
    rules.check_themes([7], [retired], [7], date(2027, 1, 1))


def test_an_answer_may_change_until_the_end():
    invitation = Invitation(member_id=AMINA.id)
    rules.check_answering(AMINA, invitation, meeting(), MAYBE, NOON + timedelta(hours=2, minutes=59))
    with pytest.raises(Rejected, match="over"):
        rules.check_answering(AMINA, invitation, meeting(), MAYBE, NOON + timedelta(hours=3))
    rules.check_answering(SITA, invitation, meeting(), MAYBE, NOON + timedelta(days=9))


def test_answers_that_cannot_be():
    invitation = Invitation(member_id=AMINA.id)
    with pytest.raises(NotFound):
        rules.check_answering(OLU, invitation, meeting(), NO, NOON)
    with pytest.raises(Rejected, match="cancelled"):
        rules.check_answering(SITA, invitation, meeting(stage=Stage.CANCELLED), NO, NOON)
    with pytest.raises(Rejected, match="withdrawn"):
        rules.check_answering(AMINA, Invitation(member_id=AMINA.id, removed_at=NOON), meeting(), NO, NOON)
    with pytest.raises(Rejected, match="how it is held") as refusal:
        rules.check_answering(AMINA, invitation, meeting(mode=Mode.ONLINE), IN_PERSON, NOON)
    assert refusal.value.field == "answer"
    rules.check_answering(AMINA, invitation, meeting(mode=Mode.ONLINE), ONLINE, NOON)


@pytest.mark.parametrize(
    ("stage", "ends_in", "why"),
    [(Stage.DRAFT, 3, "draft"), (Stage.CANCELLED, 3, "cancelled"), (Stage.OPEN, 0, "over")],
)
def test_letters_leave_only_for_an_open_meeting_to_come(stage, ends_in, why):
    with pytest.raises(Rejected, match=why):
        rules.check_inviting(meeting(stage=stage, ends_at=NOON + timedelta(hours=ends_in)), NOON)
