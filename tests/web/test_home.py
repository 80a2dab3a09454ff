"""Home: each role sees what waits for them, in a few statements however much there is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.letters import Letter, State
from forum.challenges import commands as challenging
from forum.challenges.models import Challenge, Status
from forum.feedback import commands as feedback
from forum.feedback.commands import answering
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.meetings.models import Answer, Invitation, Meeting, MeetingKind, Mode, Stage
from forum.members.models import Member, Role, Standing, theme_interest
from forum.reference.models import Marking
from tests import builders
from tests.base.letters import fields
from tests.challenges.builders import challenge
from tests.feedback.builders import reply, thread
from tests.meetings.builders import AFTER, BEFORE, answer, crowd, invite, meeting

pytestmark = pytest.mark.usefixtures("early")


@pytest.fixture
def early():
    """Before the meeting of the builders."""
    with time_machine.travel(BEFORE):
        yield


def text(browser) -> str:
    page = browser.get("/")
    assert page.status_code == 200
    return " ".join(page.text.split())


def interested(person: Member, slug: str = "mental-health") -> None:
    with transaction():
        db.session.execute(sa.insert(theme_interest).values(member_id=person.id, theme_id=builders.theme(slug).id))


# --- a member --------------------------------------------------------------------------------------------------------


def test_a_new_member_is_told_what_home_will_show(visit, cast):
    page = text(visit(cast.amina))
    for words in (
        "Welcome, Amina Rowan",
        'href="/feedback/new"',
        "Choose your themes",
        "Nothing new",
        "invited to a meeting",
    ):
        assert words in page
    assert "Will you come?" not in page


def test_a_member_answers_an_invitation_from_home_with_one_button(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita)
        invite(cast.sita, made)
    browser = visit(cast.amina)
    page = text(browser)
    assert "Will you come?" in page
    assert 'name="answer" value="yes-online"' in page
    assert ", and online" in page  # as on the meeting's own page
    assert browser.post(f"/meetings/{made.id}/reply", data={"answer": "yes-online"}).status_code == 302
    page = text(browser)
    assert "Will you come?" not in page
    assert "Your next meeting" in page
    assert "You: Yes, online" in page


def test_a_member_sees_what_became_of_their_words(app, visit, cast):
    with app.app_context():
        said = thread(cast.amina, "Referrals come back", happening="We wait nine weeks.")
        made = challenge(cast.sita, (said, "We wait nine weeks."), title="Long waits")
        with transaction():
            challenging.change_status(cast.olu, made, Status.UNDER_CONSIDERATION, "We are asking the health boards.")
    page = text(visit(cast.amina))
    for words in (
        "What became of what you said",
        "Long waits",
        "Under consideration",
        "We are asking the health boards.",
    ):
        assert words in page
    others = text(visit(cast.bryn))
    assert "Long waits" not in others
    assert "Nothing you posted is part of a challenge yet." in others
    assert 'href="/feedback?mine=1"' in others


def test_a_member_sees_new_replies_to_what_they_started_until_they_have_read_them(app, visit, cast):
    with app.app_context():
        own = thread(cast.amina, "What I started")
    browser = visit(cast.amina)
    assert "What I started" not in text(browser)
    with app.app_context():
        reply(cast.bryn, own)
    assert "New in what you started" in text(browser)
    assert "What I started" not in text(visit(cast.bryn))
    with app.app_context(), transaction():
        feedback.mark_read(cast.amina, own.id)
    assert "New in what you started" not in text(browser)


def test_a_member_sees_what_is_new_in_their_themes_alone(app, visit, cast):
    with app.app_context():
        interested(cast.amina)
        near = thread(cast.bryn, "About minds", theme_ids=[builders.theme().id])
        thread(cast.bryn, "About Wales", theme_ids=[builders.theme("wales").id])
        gone = thread(cast.bryn, "Withdrawn", theme_ids=[builders.theme().id])
        with transaction():
            feedback.withdraw(cast.bryn, gone, "A mistake")
    page = text(visit(cast.amina))
    assert "New in your themes" in page
    assert "About minds" in page
    assert "About Wales" not in page
    assert "Withdrawn" not in page
    with app.app_context(), transaction():
        feedback.mark_read(cast.amina, near.id)
    assert "About minds" not in text(visit(cast.amina))


def test_a_member_without_themes_sees_what_is_new_everywhere(app, visit, cast):
    with app.app_context():
        thread(cast.bryn, "About Wales", theme_ids=[builders.theme("wales").id])
    assert "About Wales" in text(visit(cast.amina))


def test_nobody_is_named_who_asked_not_to_be(app, visit, cast):
    with app.app_context():
        said = thread(cast.bryn, "Quietly", attribution=Attribution.UNATTRIBUTED, kind=FeedbackKind.QUESTION)
        challenge(cast.sita, (said, "Referrals come back unopened."))
    for person in (cast.amina, cast.sita, cast.olu, cast.ada):
        page = text(visit(person))
        assert "Bryn" not in page
        assert "Canopy" not in page


# --- the secretariat -------------------------------------------------------------------------------------------------


def test_an_empty_forum_begins_with_first_steps(app, visit, cast):
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Member).where(Member.role == Role.MEMBER))
    for person in (cast.sita, cast.ada):
        page = text(visit(person))
        for words in ("First steps", 'href="/members/import"', 'href="/meetings/new"'):
            assert words in page
        assert "Nothing waits for you" not in page


def test_a_quiet_day_says_so(visit, cast):
    page = text(visit(cast.sita))
    assert "Nothing waits for you" in page
    assert "No meeting is planned" in page
    assert "First steps" not in page


def test_the_secretariat_sees_what_is_to_be_done(app, visit, cast):
    with app.app_context():
        meeting(cast.sita, title="A draft", is_open=False)
        meeting(cast.sita, title="An open one")
        builders.member("Not yet", standing=Standing.INVITED)
        challenge(cast.sita, title="Nobody's")
        with transaction():
            for number, state in enumerate((State.REFUSED, State.BOUNCED, State.HELD)):
                letter = letters.write(**fields(number))
                letter.state, letter.next_try_at = state, None
    page = text(visit(cast.sita))
    for words in (
        "Finish “A draft” and open it",
        "Invite people to “An open one”",
        "1 member has not joined yet",
        "Choose who answers for CH-1",
        "2 letters failed",
        "1 letter is held",
    ):
        assert words in page
    assert "nothing sends them" not in page


def test_a_silent_worker_is_the_first_thing_to_be_seen(app, visit, cast):
    with app.app_context(), transaction():
        letters.write(**fields())
    browser = visit(cast.sita)
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert "Letters wait and nothing sends them" in text(browser)


def test_the_answers_to_the_next_meeting_are_counted(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita)
        crowd(3)
        invite(cast.sita, made)
        answer(cast.amina, made)
    page = text(visit(cast.sita))
    assert "1 yes, 0 no, 6 no answer" in page
    assert "7 people invited" in page


def test_minutes_wait_until_they_are_published(app, visit, cast):
    with app.app_context():
        meeting(cast.sita, title="The held one")
    with time_machine.travel(AFTER):
        assert "Write the minutes of “The held one”" in text(visit(cast.sita))


def test_feedback_waits_until_it_is_part_of_a_challenge_closed_or_withdrawn(app, visit, cast):
    with app.app_context():
        old, cited, closed, withdrawn = (thread(cast.amina, title) for title in ("Oldest", "Cited", "Closed", "Gone"))
        challenge(cast.sita, (cited, "Referrals come back unopened."))
        with transaction():
            feedback.close(cast.sita, closed, "Nothing more to do")
            feedback.withdraw(cast.amina, withdrawn, "A mistake")
        thread(cast.amina, "Newest")
    page = text(visit(cast.sita))
    assert "2 contributions are not part of a challenge yet" in page
    assert page.index(old.title) < page.index("Newest")
    assert ">Cited<" not in page
    assert ">Closed<" not in page


# --- an official -----------------------------------------------------------------------------------------------------


def test_an_official_sees_their_challenges_overdue_first(app, visit, cast):
    with app.app_context():
        today = clock.today()
        for title, due in (("In time", 15), ("Soon", 14), ("Late", -1)):
            due_on = today + timedelta(days=due)
            challenge(cast.sita, title=title, owner_id=cast.olu.id, response_due_on=due_on)
        challenge(cast.sita, title="No hurry", owner_id=cast.olu.id)
        answered = challenge(cast.sita, title="Answered", owner_id=cast.olu.id)
        challenge(cast.sita, title="Another's", owner_id=cast.sita.id)
        with transaction():
            challenging.respond(cast.olu, answered, "We did it.")
    page = text(visit(cast.olu))
    headings = (
        "Your responses that are overdue",
        "Late",
        "Due in the next 14 days",
        "Soon",
        "without a response",
        "In time",
        "No hurry",
    )
    places = [page.index(words) for words in headings]
    assert places == sorted(places)
    assert "Answered<" not in page
    assert "Another&#39;s" not in page


def test_an_official_who_owns_nothing_sees_what_others_owe(app, visit, cast):
    with app.app_context():
        challenge(cast.sita, title="Another's", owner_id=cast.sita.id)
    page = text(visit(cast.olu))
    assert "You owe no response" in page
    assert "Another&#39;s" in page


def test_what_is_assigned_waits_on_home_for_an_official_reply(app, visit, cast):
    with app.app_context():
        asked = thread(cast.amina, title="Nobody answers")
        thread(cast.amina, title="Of somebody else")
        with transaction():
            answering.assign(cast.sita, asked, cast.olu.id)
    page = text(visit(cast.olu))
    assert "1 thread assigned to you has no official reply" in page
    assert "Of somebody else" not in page
    with app.app_context():
        reply(cast.olu, asked, "We have read it.", attribution=Attribution.NAMED, is_official=True)
    assert "assigned to you has no" not in text(visit(cast.olu))


def test_questions_wait_for_an_official_reply(app, visit, cast):
    with app.app_context():
        asked = thread(cast.amina, "What is the plan?", kind=FeedbackKind.QUESTION)
        thread(cast.amina, "No question")
        reply(cast.bryn, asked, "I wonder too.")
    browser = visit(cast.olu)
    assert "1 question without an official reply" in text(browser)
    assert "No question" not in text(browser)
    with app.app_context():
        reply(cast.olu, asked, "It is published in May.", attribution=Attribution.NAMED, is_official=True)
    assert "without an official reply" not in text(browser)


# --- how much it costs -----------------------------------------------------------------------------------------------


def plenty(cast, many: int) -> None:
    """So many threads, replies, challenges, meetings, invitations and letters."""
    now, places = clock.now(), range(1, many + 1)
    by = {
        "author_id": cast.amina.id,
        "posted_at": now,
        "attribution": Attribution.NAMED,
        "withdrawn_because": "",
        "contributor": "",
        "version": 1,
    }
    words = {"title": "Words", "happening": "x", "html": "x", "marking": Marking.OFFICIAL, "active_at": now, "affected": "", "would_help": "", "html_affected": "", "html_would_help": ""}  # fmt: skip
    kinds = (FeedbackKind.QUESTION, FeedbackKind.IDEA)
    threads = [by | words | {"id": n, "kind": kinds[n % 2], "source": "site", "reply_count": 1} for n in places]
    owners = (None, cast.olu.id, cast.sita.id)
    opened = {"title": "In the way", "description": "x", "status": Status.NEW, "opened_at": now, "active_at": now}
    held = {"title": "Meeting", "kind": MeetingKind.FORUM, "starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=2), "mode": Mode.ONLINE, "place": "", "joining_link": "", "description": "", "marking": Marking.OFFICIAL, "is_chatham_house": False, "changed_at": now}  # fmt: skip
    stages = (Stage.DRAFT, Stage.OPEN)
    people = (cast.amina.id, cast.olu.id)
    with transaction():
        db.session.execute(sa.insert(Feedback), threads)
        db.session.execute(sa.insert(Reply), [by | {"author_id": cast.bryn.id, "feedback_id": n, "body": "x", "html": "x"} for n in places])  # fmt: skip
        db.session.execute(sa.insert(Challenge), [opened | {"owner_id": owners[n % 3], "response_due_on": date(2026, 12, 1 + n % 28)} for n in places])  # fmt: skip
        db.session.execute(sa.insert(Meeting), [held | {"id": n, "stage": stages[n % 2], "ical_uid": str(n)} for n in places])  # fmt: skip
        db.session.execute(sa.insert(Invitation), [{"meeting_id": n, "member_id": person, "invited_at": now, "sent_at": now, "answer": (None, Answer.NO)[n % 2]} for n in places for person in people])  # fmt: skip
        letters.write_many(fields(number) for number in places)
        db.session.execute(sa.update(Letter).where(Letter.id % 2 == 0).values(state=State.REFUSED, next_try_at=None))


@pytest.mark.parametrize("many", [20, 2_000])
def test_home_costs_a_few_statements(app, visit, cast, statements, many):
    with app.app_context():
        plenty(cast, many)
        interested(cast.bryn)
    for person in (cast.amina, cast.bryn, cast.sita, cast.olu, cast.ada):
        browser = visit(person)
        with statements() as seen:
            text(browser)
        assert len(seen) <= (11 if person.runs_the_forum else 10), (person.name, seen)
