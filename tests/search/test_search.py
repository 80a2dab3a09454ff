from __future__ import annotations

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.feedback import commands as feedback
from forum.feedback.models import Attribution, FeedbackKind
from forum.members.models import Standing
from forum.reference.models import Marking
from forum.search import commands
from forum.search.models import SearchEntry
from forum.search.queries import END, START, Found, Narrowing, finding, search
from forum.search.rules import Term, understand
from tests import builders
from tests.feedback.builders import reply, thread


def found(actor, question):
    """The posts that are found, as (number of the thread, number of the reply)."""
    hits = search(actor, question).hits
    return [(hit.card.number, hit.card.part) for hit in hits if hit.card.kind in ("feedback", "reply")]


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("county lines", [Term(("county",)), Term(("lines",))]),
        ('"county lines" phone', [Term(("county", "lines")), Term(("phone",))]),
        ("train*", [Term(("train",), True)]),
        ("relocat*", [Term(("relocat",), True)]),
        ('"never closed', [Term(("never", "closed"))]),
        ("don't", [Term(("don", "t"))]),
        ('  ! * ( ) "" ^ - : & | <-> \' ', []),
        ("a_b", [Term(("a", "b"))]),
        ("the Ŵyl of Siân", [Term(("Wyl",)), Term(("Sian",))]),
        ("the", []),
        (" ".join("bcdefghjklmnop"), [Term((letter,)) for letter in "bcdefghjklmn"]),
    ],
)
def test_what_a_question_asks(question, terms):
    assert understand(question) == terms


def test_threads_and_replies_are_found_by_stem_phrase_and_beginning(inside, cast):
    posted = thread(cast.amina, "Housing moves", happening="Families wait in relocation schemes.")
    other = thread(cast.amina, "Phones", happening="Lines of supply", would_help="A relocating scheme")
    said = reply(cast.bryn, posted, "The *county lines* team helped.")
    assert found(cast.bryn, "family") == [(posted.id, None)]
    assert set(found(cast.bryn, "relocat*")) == {(posted.id, None), (other.id, None)}
    assert found(cast.bryn, '"county lines"') == [(posted.id, said.id)]
    assert found(cast.bryn, '"lines county"') == []
    assert found(cast.bryn, "housing families") == [(posted.id, None)]
    assert found(cast.bryn, "housing nothing") == []


def test_beginnings_of_any_length_find_the_word(inside, cast):
    posted = thread(cast.amina, "Exploitation of communities", happening="Siân gave evidence in the gŵyl at Tŷ Hywel.")
    thread(cast.amina, "Explore what there is to do", happening="Commuters, Sioned")
    for word in ("exploitation", "communities"):
        for length in range(8 if word == "communities" else 6, len(word) + 1):
            assert found(cast.bryn, f"{word[:length]}*") == [(posted.id, None)], word[:length]
    for word in ("sian", "SIÂN", "gwyl", "Gw\u0302yl", "tŷ hywel", '"ty Hywel"', "sia*"):
        assert found(cast.bryn, word) == [(posted.id, None)], word
    assert f"{START}Siân{END} gave" in search(cast.bryn, "sian").hits[0].snippet
    assert f"the {START}gŵyl{END} at" in search(cast.bryn, "gwyl").hits[0].snippet


def test_signs_part_words_on_both_databases(inside, cast):
    text = "See https://forum.example/county-lines or <aside> and mail help@nightwatch.example"
    posted = thread(cast.amina, "Signs", happening=text)
    for question in (
        "forum",
        "county",
        '"county lines"',
        "county-lines",
        "aside",
        "nightwatch",
        "help@nightwatch.example",
    ):
        assert found(cast.bryn, question) == [(posted.id, None)], question
    assert "<aside>" in search(cast.bryn, "mail").hits[0].snippet


def test_a_word_in_the_title_counts_more(inside, cast):
    text = "Safeguarding was mentioned once among many other words of this post."
    low = thread(cast.amina, "Other", happening=text)
    high = thread(cast.amina, "Safeguarding", happening="Many other words of this post, that was mentioned once.")
    thread(cast.amina, "Third", happening="Nothing of the kind.")
    assert found(cast.bryn, "safeguarding") == [(high.id, None), (low.id, None)]


def test_what_was_edited_is_found_by_its_new_words_alone(inside, cast):
    posted = thread(cast.amina, "Old title", happening="Zebra")
    said = reply(cast.bryn, posted, "Giraffe")
    filed = {"kind": FeedbackKind.IDEA, "attribution": Attribution.NAMED}
    with transaction():
        feedback.edit(cast.amina, posted, title="New title", happening="Heron", version=1, **filed)
        feedback.edit_reply(cast.bryn, said, "Curlew", Attribution.NAMED, version=1)
    assert [found(cast.sita, word) for word in ("zebra", "giraffe", "old")] == [[], [], []]
    assert found(cast.sita, "heron") == [(posted.id, None)]
    assert found(cast.sita, "curlew") == [(posted.id, said.id)]


def test_what_was_withdrawn_is_not_found(inside, cast):
    posted = thread(cast.amina, "Zebra", happening="Crossing")
    said = reply(cast.bryn, posted, "Giraffe")
    with transaction():
        feedback.withdraw(cast.amina, posted, "Mistake")
        feedback.withdraw(cast.bryn, said, "Mistake")
    assert [found(cast.sita, word) for word in ("zebra", "crossing", "giraffe", "mistake", "withdrawn")] == [[]] * 5
    posts = SearchEntry.kind.in_(("feedback", "reply"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SearchEntry).where(posts)) == 0


def test_closing_a_thread_leaves_its_entry_as_it_was(inside, cast, statements):
    posted = thread(cast.amina)
    with statements() as seen, transaction():
        feedback.close(cast.sita, posted, "Answered")
    assert not [one for one in seen if "search_entry" in one]


def test_nothing_is_found_by_who_may_not_read_it_nor_by_an_unattributed_name(inside, cast):
    thread(cast.amina, "Zebra", attribution=Attribution.UNATTRIBUTED)
    gone = builders.member(standing=Standing.LEFT)
    assert search(gone, "zebra") == Found([])
    for word in ("Amina", "Rowan", "Essex"):
        assert found(cast.sita, word) == []
    hit = search(cast.sita, "zebra").hits[0]
    assert hit.author == "A Forum member"


def test_hits_say_where_and_who_with_the_words_marked(inside, cast):
    posted = thread(
        cast.amina, "A <b>zebra</b> & more", attribution=Attribution.NAMED, marking=Marking.SENSITIVE,
        happening="word " * 200 + "the zebras crossed &#xE000; " + "word " * 200,
    )  # fmt: skip
    hit = search(cast.bryn, "zebra").hits[0]
    start, end = START, END
    assert (hit.card.number, hit.author) == (posted.id, "Amina Rowan, Essex Police area")
    assert hit.card.is_sensitive
    assert hit.title == f"A <b>{start}zebra{end}</b> & more"
    assert f"{start}zebras{end} crossed" in hit.snippet
    assert len(hit.snippet) < 400
    assert hit.snippet.count(start) == 1
    said = reply(cast.bryn, posted, "Quagga")
    hit = search(cast.bryn, "quagga").hits[0]
    assert (hit.card.part, hit.title) == (said.id, "A <b>zebra</b> & more")


@pytest.mark.parametrize(
    "question",
    ["", " ", '"', '"""', "'", "a AND", "NOT", "OR OR", "NEAR(a b)", "col:a", "*", "a*b*", "^a", "-a", "a & | !", "(((",
     "\\", "a\\'b", "%", "{x}", "🏴", "<->", "a:*", "ŵ ŷ", "x" * 5_000, "'); DROP TABLE feedback; --", "\ud800", "的"],
)  # fmt: skip
def test_no_question_is_an_error(inside, cast, question):
    thread(cast.amina, "Something")
    search(cast.amina, question)


def test_pages_of_hits_and_their_number(inside, cast):
    for number in range(25):
        thread(cast.amina, f"Zebra {number}")
    first, second = search(cast.bryn, "zebra"), search(cast.bryn, "zebra", 2)
    assert (len(first.hits), len(second.hits), first.total, second.total) == (20, 5, 25, 25)
    assert len({hit.card.number for hit in first.hits + second.hits}) == 25
    assert search(cast.bryn, "zebra", 3) == Found([])


def test_common_words_are_not_weighed_but_found_and_the_title_comes_first(inside, cast, monkeypatch):
    """As on a database with a million posts: on SQLite all words of the question are too common, or one is."""
    monkeypatch.setattr(finding, "COMMON", 1)
    low = thread(cast.amina, "Other", happening="The zebra was seen, with one quagga.")
    high = thread(cast.amina, "Zebra quagga", happening="Words")
    last = thread(cast.amina, "Third", happening="zebra zebra heron")
    said = reply(cast.bryn, last, "A zebra said")
    builders.organisation("Zebra House")
    everything = {(low.id, None), (high.id, None), (last.id, None), (last.id, said.id)}
    assert found(cast.bryn, "zebra")[0] == (high.id, None)
    assert set(found(cast.bryn, "zebra")) == everything
    assert found(cast.bryn, "zebra quagga") == [(high.id, None), (low.id, None)]
    assert found(cast.bryn, "zebra heron") == [(last.id, None)]
    assert found(cast.bryn, '"zebra heron"') == [(last.id, None)]
    first = search(cast.bryn, "zebra").hits
    assert all(START in hit.title + hit.snippet for hit in first if hit.card.kind != "reply")


def test_what_is_narrowed_is_looked_for_among_the_newest(inside, cast, monkeypatch):
    monkeypatch.setattr(finding, "MOST_WALKED", 3)
    finding._statement.cache_clear()
    theme = builders.theme().id
    old = thread(cast.amina, "Zebra", theme_ids=[theme])
    for _ in range(3):
        thread(cast.amina, "Zebra")
    narrowed = search(cast.bryn, "zebra", 1, Narrowing(theme_id=theme))
    assert (narrowed.total, narrowed.more) == (0, False)
    monkeypatch.undo()
    finding._statement.cache_clear()
    narrowed = search(cast.bryn, "zebra", 1, Narrowing(theme_id=theme))
    assert [hit.card.id for hit in narrowed.hits] == [old.id]


def test_rebuilding_finds_the_same_again(inside, cast):
    posted = thread(cast.amina, "Zebra")
    said = reply(cast.bryn, posted, "zebra too")
    with transaction():
        feedback.withdraw(cast.bryn, reply(cast.bryn, posted, "zebra gone"), "Mistake")
    before = db.session.execute(sa.select(SearchEntry.kind, SearchEntry.thing_id, SearchEntry.text)).all()
    with transaction():
        db.session.execute(sa.delete(SearchEntry))
        assert found(cast.bryn, "zebra") == []
        assert commands.rebuild() == len(before)
    after = db.session.execute(sa.select(SearchEntry.kind, SearchEntry.thing_id, SearchEntry.text)).all()
    assert sorted(map(tuple, after)) == sorted(map(tuple, before))
    assert set(found(cast.bryn, "zebra")) == {(posted.id, None), (posted.id, said.id)}


def test_finding_takes_at_most_three_statements(inside, cast, statements):
    thread(cast.amina, "Zebra")
    with statements() as seen:
        search(cast.bryn, "zebra")
    assert len(seen) <= 3
