from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.history import HistoryLine
from forum.feedback import commands, queries
from forum.feedback.commands import drafting
from forum.feedback.models import Attribution, Draft, Edition, Feedback, FeedbackKind, Reply
from forum.members.models import Standing
from forum.reference.models import Marking
from tests import builders
from tests.feedback.builders import reply, thread

FILED = {
    "kind": FeedbackKind.CHALLENGE,
    "priority_id": None,
    "theme_ids": (),
    "force_id": None,
    "marking": Marking.OFFICIAL,
}
WORDED = FILED | {"attribution": Attribution.ORGANISATION}


def again(feedback):
    """The thread as it is stored now, as pages load it."""
    stored = sa.select(Feedback).where(Feedback.id == feedback.id).options(selectinload(Feedback.themes))
    return db.session.scalars(stored, execution_options={"populate_existing": True}).one()


# --- posting ---------------------------------------------------------------------------------------------------------


def test_a_thread_keeps_what_was_typed_and_who_sat_where(inside, cast):
    theme = builders.theme()
    posted = thread(cast.amina, " Two\r\nlines ", happening="**Nine** hours", theme_ids=[theme.id])
    kept = queries.get(cast.bryn, posted.id)
    assert (kept.title, kept.happening, kept.html.strip()) == (
        "Two lines",
        "**Nine** hours",
        "<p><strong>Nine</strong> hours</p>",
    )
    assert (kept.author_id, kept.posted_by_id, kept.organisation_id) == (
        cast.amina.id,
        cast.amina.id,
        cast.amina.organisation_id,
    )
    assert [one.slug for one in kept.themes] == ["mental-health"]
    assert kept.active_at == kept.posted_at


def test_the_same_form_sent_twice_starts_one_thread_and_makes_one_reply(inside, cast):
    first, second = (thread(cast.amina, "Once", form_key="k1") for _ in range(2))
    assert first.id == second.id
    said, repeated = (reply(cast.bryn, first, form_key="k2") for _ in range(2))
    assert said.id == repeated.id
    assert again(first).reply_count == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reply)) == 1


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"title": " \n "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"happening": " \0 "}, "happening"),
        ({"happening": "[" * 200_000}, "happening"),
        ({"would_help": "x" * 20_001}, "would_help"),
        ({"priority_id": 999}, "priority_id"),
        ({"force_id": 999}, "force_id"),
        ({"theme_ids": [999]}, "theme_ids"),
    ],
)
def test_a_bad_thread_is_refused_at_its_field(inside, cast, details, field):
    with pytest.raises(Rejected) as refusal:
        thread(cast.amina, details.get("title", "Good"), **{k: v for k, v in details.items() if k != "title"})
    assert refusal.value.field == field


def test_a_retired_theme_is_refused_but_stays_where_it_was(inside, cast):
    theme = builders.theme("housing")
    posted = thread(cast.amina, theme_ids=[theme.id])
    theme.valid_to = date(2016, 1, 1)
    db.session.commit()
    with pytest.raises(Rejected, match="“Housing and relocation” is no longer used"):
        thread(cast.amina, theme_ids=[theme.id])
    feedback = queries.get(cast.amina, posted.id)
    with transaction():
        details = WORDED | {"theme_ids": [theme.id]}
        commands.edit(cast.amina, feedback, title="New", happening="Same", version=1, **details)
    assert again(posted).title == "New"


def test_only_whoever_runs_the_forum_brings_in_words_of_others_and_of_earlier(inside, cast):
    early = builders.moment(2016, 7, 20, 9)
    for details in ({"author": cast.bryn}, {"posted_at": early}):
        with pytest.raises(NotAllowed):
            thread(cast.amina, **details)
    for actor in (cast.sita, cast.ada, None):
        brought = thread(actor, author=cast.bryn, posted_at=early)
        assert (brought.author_id, brought.posted_at, brought.active_at) == (cast.bryn.id, early, early)
        assert brought.organisation_id == cast.bryn.organisation_id


def test_who_has_left_posts_nothing_and_reads_nothing(inside, cast):
    posted = thread(cast.amina)
    gone = builders.member(standing=Standing.LEFT)
    with pytest.raises(NotAllowed):
        thread(gone)
    with pytest.raises(NotFound):
        queries.get(gone, posted.id)
    with pytest.raises(NotAllowed):
        reply(gone, posted)


# --- replying --------------------------------------------------------------------------------------------------------


def test_a_reply_moves_its_thread_up_and_is_counted(inside, cast):
    posted = thread(cast.sita, author=cast.amina, posted_at=builders.moment(2016, 7, 20))
    reply(cast.bryn, posted)
    assert again(posted).reply_count == 1
    assert (clock.now() - again(posted).active_at).total_seconds() < 60


def test_an_old_reply_brought_in_late_does_not_move_its_thread_back(inside, cast):
    posted = thread(cast.amina)
    before = posted.active_at
    reply(cast.sita, posted, author=cast.bryn, posted_at=builders.moment(2016, 7, 20))
    assert again(posted).active_at == before


def test_official_replies_are_for_officials(inside, cast):
    posted = thread(cast.amina)
    assert not reply(cast.bryn, posted, is_official=True).is_official
    assert reply(cast.olu, posted, is_official=True).is_official
    assert not reply(cast.olu, posted).is_official


def test_nobody_replies_to_a_closed_withdrawn_or_unknown_thread(inside, cast):
    closed, withdrawn = thread(cast.amina), thread(cast.amina)
    with transaction():
        commands.close(cast.sita, closed, "Answered at the meeting.")
        commands.withdraw(cast.amina, withdrawn, "Posted by mistake.")
    for posted, words in ((closed, "closed"), (withdrawn, "withdrawn")):
        with pytest.raises(Rejected, match=words) as refusal:
            reply(cast.bryn, posted)
        assert refusal.value.field == "body"
        assert again(posted).reply_count == 0
    with pytest.raises(NotFound):
        commands.reply(cast.bryn, 999, "Hello", attribution=Attribution.NAMED)
    db.session.rollback()


def test_a_reply_waits_for_whoever_is_closing_the_thread(app, cast):
    """The thread is locked while it is being closed: the reply then sees that it is."""
    with app.app_context():
        posted = thread(cast.amina)
    outcome: list[object] = []

    def answer() -> None:
        with app.app_context():
            try:
                reply(cast.bryn, posted)
            except Rejected as refusal:
                outcome.append(refusal.message)

    with app.app_context():
        with transaction():
            commands.close(cast.sita, queries.get(cast.sita, posted.id), "Done.")
            db.session.flush()
            other = threading.Thread(target=answer)
            other.start()
            other.join(0.3)
            assert other.is_alive(), "the reply must wait"
        other.join(10)
        assert again(posted).reply_count == 0
    assert "closed" in outcome[0]


def test_no_reply_is_lost_when_several_answer_at_once(app, cast):
    with app.app_context():
        posted = thread(cast.amina)

    def answer() -> None:
        with app.app_context():
            reply(cast.bryn, posted)

    together = [threading.Thread(target=answer) for _ in range(8)]
    for one in together:
        one.start()
    for one in together:
        one.join(20)
    with app.app_context():
        assert again(posted).reply_count == 8
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Reply)) == 8


@pytest.mark.parametrize("is_posted", [False, True])
def test_of_one_form_saved_twice_at_once_one_draft_stays_and_none_once_it_is_posted(app, cast, is_posted):
    """As when somebody presses a button while the page's script saves what they typed."""
    typed, saved = {"title": ["Half a thought"], "form_key": ["k1"]}, []

    def save() -> None:
        with app.app_context(), transaction():
            saved.append(drafting.save(cast.amina, "feedback", typed, "k1"))

    other = threading.Thread(target=save)
    with app.app_context(), transaction():
        if is_posted:
            commands.post(cast.amina, **WORDED, title="Whole", happening="Words", form_key="k1")
            drafting.forget_posted(cast.amina, "feedback", "k1")
        else:
            drafting.save(cast.amina, "feedback", typed, "k1")
        other.start()
        other.join(0.3)
        assert other.is_alive(), "the second must wait"
    other.join(10)
    with app.app_context():
        versions = db.session.scalars(sa.select(Draft.version)).all()
    assert (versions, [one and one.is_beside for one in saved]) == (([], [None]) if is_posted else ([2], [False]))


def test_forms_whose_keys_begin_alike_are_told_apart(inside, cast):
    with transaction():
        for key in ("a" * 60 + end for end in "123"):
            drafting.save(cast.amina, "reply:2147483647", {"form_key": [key]}, key)
    assert len(set(db.session.scalars(sa.select(Draft.about)))) == 3


# --- editing ---------------------------------------------------------------------------------------------------------


def test_an_edit_keeps_how_it_read_before(inside, cast):
    posted = thread(cast.amina, "Old title", happening="Old words")
    with transaction():
        commands.edit(cast.amina, posted, title="New title", happening="New words", version=1, **WORDED)
    kept = again(posted)
    assert (kept.title, kept.happening, kept.version, kept.edited_at is not None) == ("New title", "New words", 2, True)
    assert db.session.scalars(sa.select(Edition)).one().words["happening"] == "Old words"


def test_filing_anew_is_no_edit_of_the_words(inside, cast):
    posted = thread(cast.amina, happening="Words")
    with transaction():
        commands.classify(cast.sita, posted, **(FILED | {"marking": Marking.SENSITIVE}), version=1)
    assert again(posted).edited_at is None
    assert again(posted).marking is Marking.SENSITIVE
    with pytest.raises(NotAllowed), transaction():
        commands.classify(cast.bryn, posted, **FILED, version=2)


def test_of_two_saves_from_one_version_one_wins(inside, cast):
    posted = thread(cast.amina)
    with transaction():
        commands.edit(cast.amina, posted, title="First", happening="Words", version=1, **WORDED)
    with pytest.raises(Rejected, match="The author changed this"), transaction():
        commands.edit(cast.amina, posted, title="Second", happening="Words", version=1, **WORDED)
    assert again(posted).title == "First"
    with transaction():
        commands.classify(cast.sita, posted, **FILED, version=2)
    with pytest.raises(Rejected, match="The secretariat changed this"), transaction():
        commands.edit(cast.amina, posted, title="Third", happening="Words", version=2, **WORDED)


@pytest.mark.parametrize("who", ["bryn", "sita", "olu", "ada"])
def test_nobody_edits_the_words_of_others(inside, cast, who):
    posted = thread(cast.amina)
    said = reply(cast.amina, posted)
    other = getattr(cast, who)
    with pytest.raises(NotAllowed), transaction():
        commands.edit(other, posted, title="X", happening="Y", version=1, **WORDED)
    with pytest.raises(NotAllowed), transaction():
        commands.edit_reply(other, said, "Y", Attribution.NAMED, version=1)


def test_a_reply_is_edited_and_keeps_how_it_read(inside, cast):
    said = reply(cast.bryn, thread(cast.amina), "Old")
    with transaction():
        commands.edit_reply(cast.bryn, said, "New", Attribution.NAMED, version=1)
    assert (said.body, said.attribution, said.version) == ("New", Attribution.NAMED, 2)
    assert db.session.scalars(sa.select(Edition)).one().words == {"body": "Old"}


# --- withdrawing and closing -----------------------------------------------------------------------------------------


def test_withdrawn_words_are_nowhere_that_a_page_reads(inside, cast):
    posted = thread(cast.amina, "Secret title", happening="Secret words", affected="Secret", would_help="Secret")
    said = reply(cast.bryn, posted, "Secret reply")
    with transaction():
        commands.withdraw(cast.bryn, said, "Named\nsomebody.")
    assert again(posted).reply_count == 0
    with transaction():
        commands.withdraw(cast.sita, posted, "Named a child.")
    kept = again(posted)
    shown = [getattr(kept, c.key) for c in sa.inspect(Feedback).column_attrs]
    shown += [getattr(said, c.key) for c in sa.inspect(Reply).column_attrs]
    assert "Secret" not in str(shown)
    assert (kept.withdrawn_because, said.withdrawn_because) == ("Named a child.", "Named somebody.")
    assert queries.changes(posted.id).items == []


def test_only_the_author_and_the_secretariat_withdraw_and_only_once(inside, cast):
    posted = thread(cast.amina)
    for other in (cast.bryn, cast.olu):
        with pytest.raises(NotAllowed), transaction():
            commands.withdraw(other, posted, "Reason")
    with pytest.raises(Rejected, match="reason"), transaction():
        commands.withdraw(cast.amina, posted, " ")
    with transaction():
        commands.withdraw(cast.amina, posted, "Reason")
    with pytest.raises(Rejected, match="withdrawn"), transaction():
        commands.withdraw(cast.amina, posted, "Reason")
    with pytest.raises(Rejected, match="withdrawn"), transaction():
        commands.edit(cast.amina, posted, title="X", happening="Y", version=2, **WORDED)


def test_the_secretariat_closes_and_reopens(inside, cast):
    posted = thread(cast.amina)
    with pytest.raises(NotAllowed), transaction():
        commands.close(cast.amina, posted, "Mine")
    with transaction():
        commands.close(cast.sita, posted, "Answered")
    with pytest.raises(Rejected, match="already"), transaction():
        commands.close(cast.sita, posted, "Answered")
    with transaction():
        commands.reopen(cast.sita, posted)
    assert not again(posted).is_closed
    reply(cast.bryn, posted)


# --- history and reading ---------------------------------------------------------------------------------------------


def test_history_never_says_who_an_unattributed_author_is(inside, cast):
    posted = thread(cast.amina, attribution=Attribution.UNATTRIBUTED)
    said = reply(cast.amina, posted, attribution=Attribution.UNATTRIBUTED)
    with transaction():
        commands.edit_reply(cast.amina, said, "Other", Attribution.UNATTRIBUTED, version=1)
        commands.withdraw(cast.amina, said, "Mistake")
    lines = db.session.execute(sa.select(HistoryLine.verb, HistoryLine.actor_id).order_by(HistoryLine.id)).all()
    assert [tuple(line) for line in lines] == [
        ("posted", None),
        ("posted", None),
        ("edited", None),
        ("withdrew", None),
    ]


def test_what_is_new_to_whom(inside, cast):
    posted = thread(cast.amina)
    assert (queries.unread_count(cast.amina), queries.unread_count(cast.bryn)) == (0, 1)
    reply(cast.bryn, posted)
    assert (queries.unread_count(cast.amina), queries.unread_count(cast.bryn)) == (1, 0)
    with transaction():
        commands.mark_read(cast.amina, posted.id)
    assert queries.unread_count(cast.amina) == 0
    with transaction():
        commands.mark_read(cast.amina, posted.id, builders.moment(2016, 1, 1))
    assert queries.unread_count(cast.amina) == 0, "reading never goes back in time"


def test_everything_is_read_at_once(inside, cast):
    for _ in range(3):
        thread(cast.amina)
    assert queries.unread_count(cast.bryn) == 3
    assert queries.unread_count(cast.bryn, most=2) == 2
    with transaction():
        commands.mark_all_read(cast.bryn)
    assert queries.unread_count(cast.bryn) == 0
    thread(cast.amina)
    assert queries.unread_count(cast.bryn) == 1
