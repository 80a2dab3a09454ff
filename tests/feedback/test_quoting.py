"""Quotes: they say whose words they are, lead there, and go when these words go."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from forum.base import richtext
from forum.base.db import db, transaction
from forum.feedback import commands, queries
from forum.feedback.commands import settling
from forum.feedback.models import Attribution, Draft, Edition, Reply
from forum.feedback.rules import quoting as rules
from tests.feedback.builders import reply, thread


def body(posted):
    return db.session.get_one(Reply, posted.id, populate_existing=True).body


def test_a_quote_names_links_and_leaves_out_what_it_quotes_itself():
    words = "> [Bryn, FB-61](/feedback/61#post-0) wrote:\n>\n> Old\n\nNew\n\n```\n> code\n```"
    made = rules.quote("Amina [A] *Rowan*", 61, 3, words)
    assert made.startswith("> [Amina \\[A\\] \\*Rowan\\*, FB-61 reply 3](/feedback/61?at=3#post-3) wrote:\n>\n> New\n")
    assert "Old" not in made
    assert "> > code" in made
    shown = richtext.to_html(made)
    assert '<blockquote>\n<p><a href="/feedback/61?at=3#post-3"' in shown
    assert "Amina [A] *Rowan*, FB-61 reply 3</a> wrote:" in shown


def test_a_long_post_is_quoted_from_its_beginning():
    made = rules.quote("Amina", 61, 3, "word " * 4_000)
    assert len(made) < rules.LONGEST + 200
    assert made.rstrip().endswith("…")
    assert rules.quote("Amina", 61, 3, "> all quoted").count("all quoted") == 1


@given(st.text(alphabet="ab> \n[]()*`~", max_size=60), st.text(alphabet="ab\n ", min_size=1, max_size=20))
def test_what_is_taken_back_is_gone_and_the_rest_stays(words, own):
    secret = words.replace("a", "q")
    said = rules.quote("Amina", 61, 3, f"qq{secret}") + f"own{own.replace('q', '')}"
    left = rules.taken_back(said, 61, 3)
    assert "q" not in left
    assert "Amina" not in left
    assert left.endswith(f"own{own}")
    assert rules.taken_back(left, 61, 3) == left
    assert rules.taken_back(said, 61, 33) == rules.taken_back(said, 6, 3) == said


def test_of_two_quotes_in_a_row_one_is_taken():
    said = rules.quote("Amina", 61, 3, "Secret").rstrip() + "\n" + rules.quote("Bryn", 61, 4, "Open")
    left = rules.taken_back(said, 61, 3)
    assert "Secret" not in left
    assert "> Open" in left
    assert "[Bryn, FB-61 reply 4]" in left


@pytest.mark.parametrize("how", ["withdraw", "hide"])
def test_words_that_go_leave_every_quote_of_them(inside, cast, how):
    posted = thread(cast.amina)
    said = reply(cast.bryn, posted, "The van was turned away.", attribution=Attribution.NAMED)
    quote = queries.words_to_quote(cast.sita, posted.id, said.id)
    assert quote.startswith(f"> [Bryn Heron, Canopy Youth Trust, FB-{posted.id} reply {said.id}](")
    quoting = reply(cast.sita, posted, f"{quote}Which van?")
    with transaction():
        commands.edit_reply(cast.sita, quoting, f"{quote}Which van was it?", Attribution.NAMED, version=quoting.version)
        db.session.add(Draft(member_id=cast.amina.id, about=f"reply:{posted.id}", fields={"body": [quote]}, saved_at=said.posted_at))  # fmt: skip
    with transaction():
        if how == "withdraw":
            commands.withdraw(cast.bryn, said, "I was wrong")
        else:
            settling.hide(cast.sita, said, "identifies")
    left = body(quoting)
    assert left.endswith("Which van was it?")
    assert rules.GONE in left
    kept = [left, quoting.html, *(one.words["body"] for one in db.session.scalars(sa.select(Edition).where(Edition.reply_id == quoting.id)))]  # fmt: skip
    kept += db.session.scalars(sa.select(Draft)).one().fields["body"]
    for text in kept:
        assert "turned away" not in text
        assert "Heron" not in text
    assert queries.words_to_quote(cast.sita, posted.id, said.id) == ""


def test_a_withdrawn_first_post_leaves_its_quotes_too(inside, cast):
    posted = thread(cast.amina, happening="Nine hours.", attribution=Attribution.NAMED)
    quoting = reply(cast.bryn, posted, queries.words_to_quote(cast.bryn, posted.id, None) + "Here too.")
    with transaction():
        commands.withdraw(cast.amina, posted, "Gone")
    assert "Nine hours" not in body(quoting)
    assert "Amina" not in body(quoting)


def test_quotes_name_an_author_as_they_choose_now(inside, cast):
    posted = thread(cast.amina)
    said = reply(cast.bryn, posted, "Ours too.", attribution=Attribution.NAMED)
    quoting = reply(cast.sita, posted, queries.words_to_quote(cast.sita, posted.id, said.id) + "Thank you.")
    assert "Bryn Heron" in quoting.html
    with transaction():
        commands.edit_reply(cast.bryn, said, "Ours too.", Attribution.UNATTRIBUTED, version=said.version)
    now = db.session.get_one(Reply, quoting.id, populate_existing=True)
    assert "Heron" not in now.html + now.body
    assert "A Forum member, FB-" in now.html
    assert "Ours too." in now.html
    assert now.edited_at is None


def test_the_history_says_who_edited_as_they_are_attributed(inside, cast):
    posted = thread(cast.amina, attribution=Attribution.NAMED)
    said = reply(cast.bryn, posted, "One", attribution=Attribution.UNATTRIBUTED)
    with transaction():
        commands.edit_reply(cast.bryn, said, "Two", Attribution.UNATTRIBUTED, version=said.version)
    assert [change.author for change in queries.changes(posted.id).items] == ["A Forum member"]


def test_a_quote_is_fetched_by_the_page_and_posted_without_complaint(app, visit, cast):
    with app.app_context():
        posted = thread(cast.amina, attribution=Attribution.NAMED)
        number = posted.id
    browser = visit(cast.bryn)
    quote = browser.get(f"/feedback/{number}/quote/0")
    assert quote.mimetype == "text/plain"
    assert quote.text.startswith(f"> [Amina Rowan, Essex Police area, FB-{number}](/feedback/{number}#post-0) wrote:")
    page = browser.post(f"/feedback/{number}/reply", data={"body": quote.text + "Yes", "attribution": "named"})
    assert page.status_code == 302
    assert f'<a href="/feedback/{number}#post-0"' in browser.get(f"/feedback/{number}").text
    assert browser.get(f"/feedback/{number}/quote/999").status_code == 404
    assert browser.get("/feedback/999/quote/0").status_code == 404
