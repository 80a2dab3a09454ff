"""What the department answers: kinds of replies, who is told, who answers by when, and notes among officials."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.feedback import queries
from forum.feedback.commands import answering, mailing
from forum.feedback.models import Attribution, Feedback, FollowKind, FollowLevel, InternalNote, OfficialKind, Support
from forum.feedback.queries import answering as asked
from forum.feedback.rules import answering as rules
from forum.members.models import Group, Member, Notify
from forum.reference.models import Marking
from tests.feedback.builders import reply, thread
from tests.feedback.test_following import follow, tell, written
from tests.together import at_once


def answer(person, posted, body="We pay for it.", kind=OfficialKind.ANSWER, **more):
    return reply(person, posted, body, official_kind=kind, **more)


def assign(person, posted, officer):
    with transaction():
        answering.assign(person, posted, officer.id if officer else None)


def supported(posted, person):
    with transaction():
        db.session.add(Support(feedback_id=posted.id, member_id=person.id, supported_at=clock.now()))


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 11, 16), date(2026, 11, 16), 0),
        (date(2026, 11, 16), date(2026, 11, 19), 3),
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # over a weekend
        (date(2026, 12, 24), date(2026, 12, 29), 1),  # Christmas Day, and Boxing Day kept on the Monday
    ],
)
def test_working_days_leave_out_weekends_and_bank_holidays(first, last, days):
    assert rules.working_days_between(first, last) == days


def test_the_median_is_of_working_days():
    monday = date(2026, 11, 16)
    spans = [(monday, monday), (monday, monday + timedelta(days=2)), (monday, monday + timedelta(days=7))]
    assert rules.median_days(spans) == 2
    assert rules.median_days([]) is None


# --- official replies ------------------------------------------------------------------------------------------------


def test_the_first_official_reply_answers_the_thread_once(inside, cast):
    posted = thread(cast.amina)
    reply(cast.olu, posted, "My own words.")
    assert db.session.get(Feedback, posted.id, populate_existing=True).first_answered_at is None
    first = answer(cast.olu, posted, kind=OfficialKind.ACKNOWLEDGE)
    answer(cast.sita, posted)
    assert first.is_official
    assert first.official_kind is OfficialKind.ACKNOWLEDGE
    assert db.session.get(Feedback, posted.id, populate_existing=True).first_answered_at == first.posted_at


def test_who_does_not_answer_for_the_department_cannot_say_so(inside, cast):
    posted = thread(cast.amina)
    with pytest.raises(NotAllowed):
        answer(cast.bryn, posted, kind=OfficialKind.CLOSE)
    assert queries.get(cast.amina, posted.id).closed_at is None


def test_a_last_answer_closes_the_thread_with_it(inside, cast):
    posted = thread(cast.amina)
    said = answer(cast.olu, posted, "It is not ours to change.", OfficialKind.CLOSE, form_key="once")
    found = db.session.get(Feedback, posted.id, populate_existing=True)
    assert found.closed_at == said.posted_at
    assert found.closed_because == rules.CLOSED_BECAUSE
    with pytest.raises(Rejected, match="closed"):
        answer(cast.sita, posted, "Too late.")
    assert answer(cast.olu, posted, "It is not ours to change.", OfficialKind.CLOSE, form_key="once").id == said.id


def test_no_line_names_who_closed_a_thread_without_being_named(inside, cast):
    posted = thread(cast.amina)
    answer(cast.olu, posted, "Closed.", OfficialKind.CLOSE, attribution=Attribution.UNATTRIBUTED)
    lines = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb.in_(["posted", "closed"]))).all()
    assert cast.olu.id not in {line.actor_id for line in lines}


def test_author_and_supporters_are_told_of_an_answer_with_its_words_and_nobody_twice(inside, cast):
    posted = thread(cast.amina, "Referrals")
    supported(posted, cast.bryn)
    supported(posted, cast.amina)
    follow(cast.bryn, FollowKind.THREAD, posted.id)
    tell()
    said = answer(cast.olu, posted)
    tell()
    told = [letter for letter in written() if letter.key.startswith(f"post:{said.id}:")]
    assert {letter.key for letter in told} == {f"post:{said.id}:{person.id}" for person in (cast.amina, cast.bryn)}
    assert all("We pay for it." in letter.text and letter.is_recipient_withheld for letter in told)
    assert all("it answers, for the department" in letter.text for letter in told)


def test_who_wants_no_emails_about_a_thread_gets_none_of_its_answers_either(inside, cast):
    posted = thread(cast.amina)
    supported(posted, cast.bryn)
    follow(cast.bryn, FollowKind.THREAD, posted.id, FollowLevel.NONE)
    with transaction():
        db.session.get(Member, cast.amina.id).notify = Notify.NONE
    answer(cast.olu, posted)
    assert tell() == []


# --- who answers it --------------------------------------------------------------------------------------------------


def test_an_officer_is_told_once_that_a_thread_is_theirs(inside, cast):
    posted = thread(cast.amina, "Referrals come back")
    for _ in range(2):
        assign(cast.sita, posted, cast.olu)
    letter = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("assigned:"))).one()
    assert letter.to_address == "olu@cast.example"
    assert "Referrals come back" in letter.text
    found = queries.threads(cast.olu, queries.Filter(only_assigned=True)).items
    assert [row.id for row in found] == [posted.id]
    assert queries.thread(cast.olu, posted.id).assigned_to == "Olu Hazel"
    assign(cast.olu, posted, None)
    assert not queries.threads(cast.olu, queries.Filter(only_assigned=True)).items


def test_threads_are_given_by_officials_to_officials_who_may_read_them(inside, cast):
    posted = thread(cast.amina)
    with pytest.raises(NotAllowed):
        assign(cast.amina, posted, cast.olu)
    with pytest.raises(Rejected, match="Select an official"):
        assign(cast.sita, posted, cast.bryn)
    with transaction():
        group = Group(slug="nights", title="Nights", members=[cast.amina])
        db.session.add(group)
        db.session.flush()
        posted.group_id = group.id
    with pytest.raises(Rejected, match="may not read"):
        assign(cast.sita, posted, cast.olu)
    with pytest.raises(NotFound):
        assign(cast.olu, posted, cast.olu)
    with pytest.raises(NotFound):
        answering.note(cast.olu, posted.id, "Hm")


def test_the_title_of_a_sensitive_thread_is_in_no_letter(inside, cast):
    posted = thread(cast.amina, "Where they meet", marking=Marking.SENSITIVE)
    assign(cast.sita, posted, cast.olu)
    letter = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("assigned:"))).one()
    assert "Where they meet" not in letter.text + letter.html + letter.subject


def test_an_officer_is_reminded_once_after_ten_working_days(inside, cast, monkeypatch):
    posted, answered = thread(cast.amina), thread(cast.amina)
    for one in (posted, answered):
        assign(cast.sita, one, cast.olu)
    answer(cast.olu, answered)
    today = clock.today()

    def reminded():
        with transaction():
            while answering.remind():
                pass
        return db.session.scalars(sa.select(Letter.key).where(Letter.key.startswith("answer-due:"))).all()

    for days, keys in ((9, []), (40, [f"answer-due:{posted.id}:{cast.olu.id}"]), (80, None)):
        monkeypatch.setattr(clock, "today", lambda days=days: today + timedelta(days=days))
        found = reminded()
        assert found == (keys if keys is not None else [f"answer-due:{posted.id}:{cast.olu.id}"])


def test_how_long_answers_take_is_the_median(inside, cast):
    assert asked.pace(cast.olu) is None
    for posted in (thread(cast.amina), thread(cast.bryn)):
        answer(cast.olu, posted)
    thread(cast.amina)
    assert asked.pace(cast.olu) == (0, 2)


# --- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_sent_four_times_at_once_stands_once(app, cast):
    with app.app_context():
        posted = thread(cast.amina)

    def press(_: int) -> int:
        with transaction():
            return answering.note(cast.olu, posted.id, "Ask the unit first.", "a-key").id

    assert len(set(at_once(app, press))) == 1


def test_notes_are_read_by_officials_alone_and_one_form_makes_one(inside, cast):
    posted = thread(cast.amina)
    for _ in range(2):
        with transaction():
            answering.note(cast.olu, posted.id, "Ask the **unit** first.", "a-key")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InternalNote)) == 1
    for person in (cast.olu, cast.sita, cast.ada):
        assert [note.author for note in asked.notes(person, posted.id)] == ["Olu Hazel"]
    assert asked.notes(cast.amina, posted.id) == []
    with pytest.raises(NotAllowed):
        answering.note(cast.amina, posted.id, "Let me in")
    with pytest.raises(Rejected, match="Enter your note"):
        answering.note(cast.olu, posted.id, " ")
    with transaction():
        mailing.tell_followers()
    assert not [letter for letter in written() if "unit" in letter.text]


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app, cast):
    with app.app_context():
        posted = thread(cast.amina, "Referrals")
        with transaction():
            answering.note(cast.olu, posted.id, "Marzipan is code.")
        return posted.id


def test_members_see_no_notes_officers_or_figures_anywhere(app, visit, cast, world):
    with app.app_context():
        assign(cast.sita, db.session.get(Feedback, world), cast.olu)
    member, official = visit(cast.amina), visit(cast.olu)
    shown = official.get(f"/feedback/{world}").text
    assert "Internal note: members do not see this" in shown
    assert "Marzipan" in shown
    assert "Who answers it" in shown
    assert "Assigned to me" in official.get("/feedback").text
    assert "Referrals" in official.get("/feedback?assigned=me").text
    pages = [f"/feedback/{world}", "/feedback", "/search?q=marzipan", f"/feedback/{world}/history"]
    for path in pages:
        page = member.get(path).text
        for word in ("Internal note", "code.", "Who answers it", "Olu Hazel", "Assigned to me"):
            assert word not in page, (path, word)
    assert "code." not in official.get("/search?q=marzipan").text
    for path in (f"/feedback/{world}/assign", f"/feedback/{world}/note"):
        assert member.get(path).status_code == 404
        assert official.get(path).status_code == 200


def test_an_official_answers_and_closes_on_one_form(app, visit, cast, world):
    official = visit(cast.olu)
    assert "What is this?" in official.get(f"/feedback/{world}").text
    assert "What is this?" not in visit(cast.amina).get(f"/feedback/{world}").text
    form = {"body": "The rule **stays**.", "attribution": "named", "form_key": "k"}
    official.post(f"/feedback/{world}/reply", data={**form, "official_kind": "close"})
    page = official.get(f"/feedback/{world}").text
    assert "Closed with this answer" in page
    assert rules.CLOSED_BECAUSE in page
    assert "Answered within the day" in page
    assert "Half of the 1 thread answered" in official.get("/").text


def test_what_an_official_says_as_their_own_words_is_not_official(app, visit, cast, world):
    visit(cast.olu).post(
        f"/feedback/{world}/reply", data={"body": "I was a nurse.", "attribution": "named", "official_kind": "own"}
    )
    page = visit(cast.amina).get(f"/feedback/{world}").text
    assert "I was a nurse." in page
    assert "forum-official" not in page
    browser = visit(cast.amina)
    browser.post(f"/feedback/{world}/reply", data={"body": "Me too", "attribution": "named", "official_kind": "close"})
    assert "Me too" in browser.get(f"/feedback/{world}").text
    with app.app_context():
        assert db.session.get(Feedback, world).closed_at is None


def test_assigning_and_noting_on_their_pages(app, visit, cast, world):
    official = visit(cast.olu)
    official.post(f"/feedback/{world}/assign", data={"officer": str(cast.sita.id)})
    assert "Sita Curlew" in official.get(f"/feedback/{world}").text
    assert "Enter your note" in official.post(f"/feedback/{world}/note", data={"words": ""}).text
    official.post(f"/feedback/{world}/note", data={"words": "Second thoughts", "form_key": "n"})
    assert "2 internal notes" in official.get(f"/feedback/{world}").text
    assert official.post(f"/feedback/{world}/assign", data={"officer": str(cast.bryn.id)}).status_code == 200
