"""Raising, citing, answering and closing challenges; and who is told."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from forum.base import history
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.letters import Letter, build
from forum.challenges import commands, queries
from forum.challenges.models import Challenge, Citation, Response, Status, StatusChange
from forum.feedback import commands as feedback
from forum.feedback.models import Attribution
from forum.members.models import Member, Notify, Role, Standing
from forum.reference.models import Marking
from tests import builders
from tests.challenges.builders import SAID, challenge, reply, thread
from tests.together import at_once

WORDS = "We wait nine weeks for a first appointment."


def letters() -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).order_by(Letter.id)))


def move(actor, one, status=Status.UNDER_CONSIDERATION, reason="Officials have read it.", **more):
    with transaction():
        return commands.change_status(actor, one, status, reason, **more)


# --- raising and citing ----------------------------------------------------------------------------------------------


def test_a_challenge_is_raised_with_the_words_that_say_so(inside, cast):
    post = thread(cast.amina)
    one = challenge(cast.sita, (post, "We  wait\r\nnine weeks"))
    assert (one.status, one.version, one.reference) == (Status.NEW, 1, f"CH-{one.id}")
    quote = queries.quotes_of(cast.bryn, one)[0]
    assert (quote.words, quote.author) == ("We wait nine weeks", "Amina Rowan, Essex Police area")
    assert [step.reason for step in queries.steps_of(one)] == ["Raised from what members said."]


def test_the_same_form_sent_twice_raises_one_challenge(inside, cast):
    passage = commands.Passage(thread(cast.amina), WORDS)
    details = {"title": "Waits", "description": "Long", "prevalence": 3, "impact": 3, "form_key": "once"}
    with transaction():
        first = commands.open(cast.sita, passage, **details)
    with transaction():
        assert commands.open(cast.sita, passage, **details).id == first.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Citation)) == 1


def test_a_form_sent_twice_at_the_same_moment_raises_one_challenge(inside, cast, monkeypatch):
    details = {"title": "Waits", "description": "Long", "prevalence": 3, "impact": 3, "form_key": "once"}
    with transaction():
        first = commands.open(cast.sita, **details)
    looks = iter([None, first])
    monkeypatch.setattr(queries, "made_from", lambda key: next(looks))
    with transaction():
        assert commands.open(cast.sita, **details) is first
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StatusChange)) == 1


@pytest.mark.parametrize("who", ["amina", "olu"])
def test_only_the_secretariat_raises_and_cites(inside, cast, who):
    post, one = thread(cast.amina), challenge(cast.sita)
    actor = getattr(cast, who)
    with pytest.raises(NotAllowed):
        commands.open(actor, title="Waits", description="Long", prevalence=3, impact=3)
    with pytest.raises(NotAllowed):
        commands.cite(actor, one, post, WORDS)


def test_words_of_a_reply_are_checked_against_that_reply(inside, cast):
    post = thread(cast.amina)
    answer = reply(cast.bryn, post, "The same in **Swansea** for two years.")
    one = challenge(cast.sita, (post, "The same in Swansea", answer))
    assert queries.quotes_of(cast.amina, one)[0].author == "Bryn Heron, Canopy Youth Trust"
    with pytest.raises(Rejected, match="not the words"):
        commands.cite(cast.sita, one, post, "The same in Swansea")
    with pytest.raises(Rejected, match="another thread"):
        commands.cite(cast.sita, one, thread(cast.bryn), "The same in Swansea", answer)


def test_the_same_words_stand_once(inside, cast):
    post = thread(cast.amina)
    one = challenge(cast.sita, (post, WORDS))
    with pytest.raises(Rejected, match=f"part of CH-{one.id} already"):
        commands.cite(cast.sita, one, post, f"  {WORDS}\n")


def test_a_challenge_carries_the_highest_marking_of_what_it_quotes(inside, cast):
    post = thread(cast.amina, marking=Marking.SENSITIVE)
    one = challenge(cast.sita, (post, WORDS))
    assert one.marking is Marking.SENSITIVE
    with pytest.raises(Rejected, match="must be marked"):
        edit(cast.sita, one, marking=Marking.OFFICIAL)


def test_closed_challenges_take_no_words_until_they_are_reopened(inside, cast):
    post, one = thread(cast.amina), challenge(cast.sita)
    move(cast.olu, one, Status.CLOSED, "Done.")
    assert one.closed_at is not None
    with pytest.raises(Rejected, match="Reopen it"):
        commands.cite(cast.sita, one, post, WORDS)
    move(cast.olu, one, Status.UNDER_CONSIDERATION, "It came back.")
    assert one.closed_at is None
    with transaction():
        commands.cite(cast.sita, one, post, WORDS)


def test_a_challenge_closed_by_somebody_else_meanwhile_takes_no_words(inside, cast):
    post, one = thread(cast.amina), challenge(cast.sita)
    db.session.execute(sa.update(Challenge).values(status=Status.CLOSED).execution_options(synchronize_session=False))
    assert one.status is Status.NEW
    with pytest.raises(Rejected, match="Reopen it"):
        commands.cite(cast.sita, one, post, WORDS)


def test_withdrawn_words_cannot_be_cited(inside, cast):
    post, one = thread(cast.amina), challenge(cast.sita)
    with transaction():
        feedback.withdraw(cast.amina, post, "Named a child.")
    with pytest.raises(Rejected, match="withdrawn"):
        commands.cite(cast.sita, one, post, WORDS)


def test_words_leave_a_challenge_with_a_reason_in_the_history(inside, cast):
    post = thread(cast.amina)
    one = challenge(cast.sita, (post, WORDS))
    words = queries.citation(one, queries.quotes_of(cast.sita, one)[0].citation_id)
    with pytest.raises(Rejected, match="Enter a reason"):
        commands.uncite(cast.sita, one, words, "")
    with transaction():
        commands.uncite(cast.sita, one, words, "They are about something else.")
    assert queries.quotes_of(cast.sita, one) == []
    line = history.lines("challenge", one.id).items[0]
    assert (line.verb, line.reason, line.about_id) == ("removed words from", "They are about something else.", post.id)


# --- keeping it up to date -------------------------------------------------------------------------------------------


def edit(actor, one, **changes):
    one = queries.get(actor, one.id)
    details = {
        "title": one.title, "description": one.description, "prevalence": one.prevalence, "impact": one.impact,
        "priority_id": one.priority_id, "theme_ids": [theme.id for theme in one.themes], "category": "", "marking": one.marking,
    }  # fmt: skip
    with transaction():
        commands.edit(actor, one, **(details | changes))


def test_a_title_is_one_line(inside, cast):
    one = challenge(cast.sita, title="Waits\r\nBcc: everybody@all.example")
    assert one.title == "Waits Bcc: everybody@all.example"
    with pytest.raises(Rejected, match="Enter a title"):
        challenge(cast.sita, title=" \r\n ")


def test_a_retired_theme_may_stay_but_not_come(inside, cast):
    one = challenge(cast.sita)
    retired = builders.theme("social-media")
    with transaction():
        for theme in (retired, builders.theme()):
            theme.valid_to = date(2016, 1, 1)
    edit(cast.olu, one, title="Still about mental health")
    with pytest.raises(Rejected, match="no longer used") as refusal:
        edit(cast.olu, one, theme_ids=[retired.id])
    assert refusal.value.field == "themes"
    with pytest.raises(Rejected, match="not in it"):
        edit(cast.olu, one, theme_ids=[10**9])
    assert [theme.slug for theme in queries.get(cast.olu, one.id).themes] == ["mental-health"]


def test_of_two_who_change_it_at_once_the_second_is_told_who_was_first(inside, cast):
    one = challenge(cast.sita)
    move(cast.olu, one, version=1)
    for change in (
        lambda: move(cast.sita, one, Status.CLOSED, "Done.", version=1),
        lambda: edit(cast.sita, one, version=1),
        lambda: commands.assign(cast.sita, one, None, version=1),
        lambda: commands.respond(cast.sita, one, "We did.", version=1),
    ):
        with pytest.raises(Rejected, match="Olu Hazel changed this challenge"):
            change()
    assert one.status is Status.UNDER_CONSIDERATION


def test_a_change_needs_a_reason_and_a_new_status(inside, cast):
    one = challenge(cast.sita)
    with pytest.raises(Rejected, match="Enter a reason"):
        move(cast.olu, one, reason=" ")
    move(cast.olu, one)
    with pytest.raises(Rejected, match="under consideration already"):
        move(cast.olu, one)
    with pytest.raises(Rejected, match="only once"):
        move(cast.olu, one, Status.NEW)
    with pytest.raises(NotAllowed):
        move(cast.amina, one, Status.CLOSED)


def test_the_owner_is_an_active_official(inside, cast):
    one = challenge(cast.sita)
    left = builders.member(role=Role.OFFICIAL, standing=Standing.LEFT)
    for nobody in (cast.amina.id, left.id, 10**9):
        with pytest.raises(Rejected, match="must be an official"):
            commands.assign(cast.sita, one, nobody)
    with transaction():
        commands.assign(cast.sita, one, cast.olu.id, date(2017, 1, 20))
    assert (one.owner_id, one.response_due_on) == (cast.olu.id, date(2017, 1, 20))


def test_a_response_is_shown_safely_and_once(inside, cast):
    one = challenge(cast.sita)
    for _ in range(2):
        with transaction():
            said = commands.respond(cast.olu, one, "We **will** <script>alert(1)</script>", form_key="once")
    assert "<strong>will</strong>" in said.html
    assert "<script>" not in said.html
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Response)) == 1
    with pytest.raises(Rejected, match="Enter a response"):
        commands.respond(cast.olu, one, "\r\n ")
    with pytest.raises(NotAllowed):
        commands.respond(cast.bryn, one, "No.")


@pytest.mark.parametrize("verb", [commands.respond, commands.report_progress])
def test_what_the_department_says_in_a_form_sent_four_times_at_once_stands_once(app, cast, verb):
    with app.app_context():
        number = challenge(cast.sita).id

    def press(_: int) -> None:
        with transaction():
            verb(cast.olu, queries.get(cast.olu, number), "We will.", form_key="once")

    assert at_once(app, press) == [None] * 4
    with app.app_context():
        assert len(db.session.scalars(sa.select(Response)).all()) == 1


def test_what_happened_is_in_the_history(inside, cast):
    one = challenge(cast.sita, (thread(cast.amina), WORDS))
    move(cast.olu, one)
    with transaction():
        commands.respond(cast.olu, one, "We will.")
        commands.report_progress(cast.olu, one, "Half way.")
        commands.assign(cast.olu, one, cast.olu.id)
    verbs = [line.verb for line in history.lines("challenge", one.id).items]
    assert verbs == ["assigned", "reported progress on", "responded to", "changed the status of", "cited", "opened"]
    assert list(history.breaks()) == []


# --- who is told -----------------------------------------------------------------------------------------------------


def test_each_author_gets_one_letter_a_change(inside, cast):
    post = thread(cast.amina)
    said = reply(cast.bryn, post, "The same here.")
    other = thread(cast.amina, "A second thing to say.")
    one = challenge(cast.sita, (post, WORDS), (post, "The same here.", said), (other, "A second thing"))
    move(cast.olu, one)
    first = letters()
    assert [letter.to_address for letter in first] == ["amina@cast.example", "bryn@cast.example"]
    assert "Under consideration" in first[0].text
    assert "Officials have read it." in first[0].text
    assert f"https://forum.example/challenges/{one.id}" in first[0].html
    assert "A second thing" in first[0].text
    assert "The same here" not in first[0].text
    assert [letter.list_name for letter in first] == ["feedback", "feedback"]  # one press leaves it, as all of its kind
    assert all(letter.unsubscribe_path in part for letter in first for part in (letter.text, letter.html))
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in build(first[0])
    with transaction():
        commands.respond(cast.olu, one, "We will.", status=Status.RESPONDED, reason="It is answered.")
    bundled = letters()[2:]
    assert len(bundled) == 2
    assert "We will." in bundled[0].text
    assert "It is answered." in bundled[0].text


def test_progress_and_evidence_bring_no_letters(inside, cast):
    one = challenge(cast.sita, (thread(cast.amina), WORDS))
    with transaction():
        commands.report_progress(cast.olu, one, "Half way.")
        commands.assign(cast.olu, one, cast.olu.id)
    assert letters() == []


def test_an_unattributed_author_is_told_and_named_nowhere(inside, cast):
    post = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)
    one = challenge(cast.sita, (post, WORDS))
    move(cast.olu, one)
    letter = letters()[0]
    assert (letter.to_address, letter.is_recipient_withheld, letter.member_id) == ("bryn@cast.example", True, None)
    for shown in (letter.subject, letter.text, letter.html):
        assert "Bryn" not in shown
        assert "Canopy" not in shown


@pytest.mark.parametrize(
    "gone", [{"notify": Notify.NONE}, {"standing": Standing.LEFT}, {"email": None}], ids=["silent", "left", "by post"]
)
def test_those_who_cannot_or_will_not_be_told_are_not(inside, cast, gone):
    one = challenge(cast.sita, (thread(cast.amina), WORDS))
    with transaction():
        for name, value in gone.items():
            setattr(db.session.get(Member, cast.amina.id), name, value)
    move(cast.olu, one)
    assert letters() == []


def test_withdrawn_words_bring_no_letter(inside, cast):
    post = thread(cast.amina)
    one = challenge(cast.sita, (post, WORDS))
    with transaction():
        feedback.withdraw(cast.amina, post, "Named a child.")
    move(cast.olu, one)
    assert letters() == []


def test_a_sensitive_challenge_says_nothing_in_a_letter(inside, cast):
    one = challenge(cast.sita, (thread(cast.amina, marking=Marking.SENSITIVE), WORDS))
    move(cast.olu, one, reason="A secret reason")
    letter = letters()[0]
    for shown in (letter.subject, letter.text, letter.html):
        assert one.title not in shown
        assert "secret" not in shown
        assert "nine weeks" not in shown
    assert one.reference in letter.subject


def test_what_is_loaded_at_a_given_date_writes_to_nobody(inside, cast):
    then = datetime(2016, 7, 20, tzinfo=UTC)
    with transaction():
        one = commands.open(
            cast.sita, commands.Passage(thread(cast.amina), SAID), title="Waits", description="Long", prevalence=5,
            impact=5, at=then,
        )  # fmt: skip
        commands.change_status(cast.olu, one, Status.ACTION_AGREED, "Agreed.", at=datetime(2016, 8, 1, tzinfo=UTC))
        commands.respond(cast.olu, one, "We will.", at=datetime(2016, 7, 25, tzinfo=UTC))
    assert letters() == []
    assert (one.opened_at, one.active_at.date(), one.answered_at.date()) == (then, date(2016, 8, 1), date(2016, 8, 1))
