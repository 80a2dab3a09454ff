"""What themes ask, and what is answered: asked, checked, shown, found, edited, and kept in the history."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.challenges.rules import text_of
from forum.feedback import commands, queries
from forum.feedback.commands import asking
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Flag
from forum.feedback.queries import asking as asked
from forum.feedback.rules.asking import Asked, once
from forum.feedback.rules.guarding import MayIdentify
from forum.search.queries import search
from tests import builders
from tests.feedback.builders import reply, thread

WAIT = Asked("How long do people wait?", "In days.", is_required=True)
WHERE = Asked("Where does it happen?")


def ask(actor, theme, *questions, version=0, introduction=""):
    with transaction():
        asking.ask(actor, theme, introduction, questions, version=version)


def edited(actor, number, **changes):
    usual = {"kind": FeedbackKind.CHALLENGE, "title": "T", "happening": "Same", "attribution": Attribution.ORGANISATION}
    with transaction():
        feedback = queries.get(actor, number)
        commands.edit(actor, feedback, version=feedback.version, **(usual | changes))
    return db.session.get(Feedback, number)


def test_the_same_question_is_asked_once_and_required_when_one_requires_it():
    assert once([WHERE, WAIT, Asked("how long  do people WAIT?")]) == [WHERE, WAIT]
    assert once([WHERE, WHERE._replace(is_required=True)])[0].is_required


def test_only_whoever_runs_the_forum_decides_what_is_asked(inside, cast):
    theme = builders.theme()
    for actor in (cast.amina, cast.olu):
        with pytest.raises(NotAllowed):
            ask(actor, theme, WAIT)
    ask(cast.sita, theme, WAIT, WHERE, introduction="Tell us.")
    assert asked.of_themes([theme.id]) == ([(theme.title, "Tell us.")], [WAIT, WHERE])
    with pytest.raises(Rejected, match="Somebody saved"):
        ask(cast.ada, theme, WHERE)
    ask(cast.ada, theme, WHERE, WAIT, version=1)
    assert asked.of_themes([theme.id]).questions == [WHERE, WAIT]
    ask(cast.ada, theme, version=2)
    assert asked.of_themes([theme.id]) == ([], [])


@pytest.mark.parametrize(
    "questions", [[Asked("")], [Asked("x" * 201)], [WAIT, WAIT], [Asked(f"Q{n}") for n in range(13)]]
)
def test_a_bad_template_is_refused(inside, cast, questions):
    with pytest.raises(Rejected):
        ask(cast.sita, builders.theme(), *questions)


def test_answers_are_checked_shown_found_and_cited(inside, cast):
    theme = builders.theme()
    ask(cast.sita, theme, WAIT, WHERE)
    with pytest.raises(Rejected, match="How long") as refusal:
        thread(cast.amina, theme_ids=[theme.id], answers={WHERE.key: "Essex"})
    assert refusal.value.field == WAIT.key
    posted = thread(cast.amina, theme_ids=[theme.id], answers={WAIT.key: "Forty **sleeps**", "answer_x": "?"})
    assert asked.answers(posted.id) == [("How long do people wait?", "Forty **sleeps**")]
    assert "<h3>How long do people wait?</h3>" in queries.thread(cast.bryn, posted.id).html
    assert "Forty sleeps" in text_of(posted)
    assert [hit.card.number for hit in search(cast.bryn, "sleeps").hits] == [posted.id]


def test_what_is_brought_in_is_asked_nothing(inside, cast):
    theme = builders.theme()
    ask(cast.sita, theme, WAIT)
    assert asked.answers(thread(None, author=cast.amina, theme_ids=[theme.id]).id) == []


def test_editing_keeps_changes_and_remembers_answers(inside, cast):
    theme = builders.theme()
    ask(cast.sita, theme, WAIT)
    posted = thread(cast.amina, "T", happening="Same", theme_ids=[theme.id], answers={WAIT.key: "Forty"})
    assert "Forty" in edited(cast.amina, posted.id, theme_ids=[theme.id]).html
    ask(cast.sita, theme, WHERE, version=1)
    after = edited(cast.amina, posted.id, theme_ids=[theme.id], answers={WAIT.key: "Fifty", WHERE.key: "Here"})
    assert asked.answers(posted.id) == [(WHERE.label, "Here"), (WAIT.label, "Fifty")]
    assert "Fifty" in after.html
    assert "Forty" not in after.html
    parts = dict(queries.changes(posted.id).items[0].parts)
    assert ("gone", "Forty") in parts["answers"]
    with transaction():
        commands.withdraw(cast.amina, queries.get(cast.amina, posted.id), "Wrong place.")
    assert asked.answers(posted.id) == []


# --- the guard -------------------------------------------------------------------------------------------------------


def flags():
    return [(flag.kind.value, flag.words, flag.raised_by_id) for flag in db.session.scalars(sa.select(Flag))]


def test_the_guard_stops_what_may_identify_until_this_very_text_is_confirmed(inside, cast):
    text = "Kieran, 15, lives at 14 Acacia Road."
    with pytest.raises(MayIdentify) as stop:
        thread(cast.amina, "T", happening=text, confirmed="")
    assert [worry.words for worry in stop.value.worries] == ["Kieran", "14 Acacia Road"]
    with pytest.raises(MayIdentify):
        thread(cast.amina, "T", happening=text + " Ring 07700 900123.", confirmed=stop.value.seal)
    posted = thread(cast.amina, "T", happening=text, confirmed=stop.value.seal)
    assert ("personal-data", "address, name", None) in flags()
    with pytest.raises(MayIdentify) as stop:
        reply(cast.bryn, posted, "Ring 07700 900123.", confirmed="")
    reply(cast.bryn, posted, "Ring 07700 900123.", confirmed=stop.value.seal)
    assert ("personal-data", "phone number", None) in flags()
    reply(cast.bryn, posted, "We see it too.", confirmed="")


def test_the_guard_reads_answers_and_edits(inside, cast):
    theme = builders.theme()
    ask(cast.sita, theme, WHERE)
    given = {"theme_ids": [theme.id], "answers": {WHERE.key: "He lives at 14 Acacia Road"}}
    with pytest.raises(MayIdentify) as stop:
        thread(cast.amina, "T", **given, confirmed="")
    assert stop.value.worries[0].field == WHERE.key
    posted = thread(cast.amina, "T", **given, confirmed=stop.value.seal)
    with pytest.raises(MayIdentify):
        edited(cast.amina, posted.id, title="Ring 07700 900123", confirmed="")
