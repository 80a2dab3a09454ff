"""What is read of challenges: the log, one challenge, you said we did, and what other pages show."""

from datetime import UTC, date, datetime, timedelta

import pytest

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotFound
from forum.challenges import commands, queries
from forum.challenges.models import Rating, Status
from forum.challenges.queries import CROSS_CUTTING, Filter
from forum.challenges.rules import Quarter
from forum.feedback import commands as feedback
from forum.feedback.commands import supporting
from forum.feedback.models import Attribution
from forum.reference.models import Marking
from tests import builders
from tests.challenges.builders import SAID, challenge, reply, thread

WORDS = "We wait nine weeks for a first appointment."


def quotes(reader, one):
    return queries.quotes_of(reader, one)


def found(reader, **wanted):
    return [row.id for row in queries.log(reader, Filter(**wanted)).items]


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribution", "shown"),
    [
        (Attribution.NAMED, "Bryn Heron, Canopy Youth Trust"),
        (Attribution.ORGANISATION, "Canopy Youth Trust"),
        (Attribution.UNATTRIBUTED, "A Forum member"),
    ],
)
def test_words_are_attributed_as_their_author_allows(inside, cast, attribution, shown):
    one = challenge(cast.sita, (thread(cast.bryn, attribution=attribution), WORDS))
    for reader in cast:
        assert quotes(reader, one)[0].author == shown


def test_the_name_of_an_unattributed_author_is_not_even_read(inside, cast, statements):
    one = challenge(cast.sita, (thread(cast.bryn, attribution=Attribution.UNATTRIBUTED), WORDS))
    assert not any("Bryn" in str(value) or "Canopy" in str(value) for value in quotes(cast.ada, one)[0])


def test_only_the_author_sees_that_the_words_are_theirs(inside, cast):
    one = challenge(cast.sita, (thread(cast.bryn, attribution=Attribution.UNATTRIBUTED), WORDS))
    assert [quotes(reader, one)[0].is_yours for reader in cast] == [False, True, False, False, False]
    assert [queries.log(reader, Filter()).items[0].is_yours for reader in (cast.amina, cast.bryn)] == [False, True]


def test_withdrawn_words_leave_a_tombstone(inside, cast):
    post = thread(cast.bryn)
    one = challenge(cast.sita, (post, WORDS))
    with transaction():
        feedback.withdraw(cast.bryn, post, "Named a child.")
    quote = quotes(cast.sita, one)[0]
    assert (quote.words, quote.is_withdrawn) == ("", True)


def test_words_that_were_edited_away_are_not_shown_any_more(inside, cast):
    post = thread(cast.bryn)
    one = challenge(cast.sita, (post, WORDS), (post, "Nobody tells the family why."))
    with transaction():
        feedback.edit(cast.bryn, post, **worded(post, "Nobody tells the family why."))
    gone, stays = quotes(cast.sita, one)
    assert (gone.words, gone.is_edited_away) == ("", True)
    assert (stays.words, stays.is_edited_away) == ("Nobody tells the family why.", False)


def worded(post, happening):
    return {
        "title": post.title, "happening": happening, "affected": "", "would_help": "", "kind": post.kind,
        "priority_id": post.priority_id, "theme_ids": [builders.theme().id], "force_id": None, "marking": post.marking,
        "attribution": post.attribution, "version": post.version,
    }  # fmt: skip


def test_steps_are_told_newest_first(inside, cast):
    one = challenge(cast.sita)
    for month, status in ((8, Status.UNDER_CONSIDERATION), (9, Status.CLOSED)):
        with transaction():
            commands.change_status(cast.olu, one, status, "Because.", at=datetime(2030, month, 1, tzinfo=UTC))
    steps = queries.steps_of(one)
    assert [step.status for step in steps] == [Status.CLOSED, Status.UNDER_CONSIDERATION, Status.NEW]
    assert steps[0].by == "Olu Hazel"


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_is_narrowed(inside, cast):
    red = challenge(cast.sita, title="Nine weeks", priority_id=None, owner_id=cast.olu.id)
    green = challenge(cast.sita, title="Letters", prevalence=1, theme_ids=[builders.theme("social-media").id])
    with transaction():
        commands.change_status(cast.olu, green, Status.CLOSED, "Done.")
        commands.respond(cast.olu, red, "We will.")
    assert found(cast.amina, statuses=[Status.CLOSED]) == [green.id]
    assert found(cast.amina, priority=CROSS_CUTTING) == [red.id]
    assert found(cast.amina, priority=builders.priority().id) == [green.id]
    assert found(cast.amina, theme=builders.theme("social-media").id) == [green.id]
    assert found(cast.amina, rating=Rating.RED) == [red.id]
    assert found(cast.amina, owner=cast.olu.id) == [red.id]
    assert found(cast.amina, text="WEEKS nine") == [red.id]
    assert found(cast.amina, text=f"ch-{green.id:03}") == [green.id]
    assert found(cast.amina, text="100%") == []
    assert found(cast.amina, text="CH-" + "9" * 40) == []
    assert found(cast.amina, without_response=True) == []


def test_the_log_has_pages(inside, cast):
    numbers = [challenge(cast.sita).id for _ in range(5)]
    first = queries.log(cast.amina, Filter(), size=3)
    second = queries.log(cast.amina, Filter(), first.next_key, size=3)
    assert [row.id for row in first.items + second.items] == numbers[::-1]


def test_the_choices_are_those_in_use(inside, cast):
    challenge(cast.sita, owner_id=cast.olu.id)
    offered = queries.choices()
    assert [words for _, words in offered.themes] == [builders.theme().title]
    assert offered.owners == [(cast.olu.id, "Olu Hazel")]
    assert len(offered.priorities) == 7


def test_suggestions_share_most_and_are_open(inside, cast):
    post = thread(cast.amina)
    near = challenge(cast.sita, title="Near")
    far = challenge(cast.sita, title="Far", priority_id=None, theme_ids=[])
    closed = challenge(cast.sita, title="Closed")
    with transaction():
        commands.change_status(cast.olu, closed, Status.CLOSED, "Done.")
    assert [one.id for one in queries.suggested(cast.sita, post)] == [near.id, far.id]
    assert [one.id for one in queries.suggested(cast.sita, post, "far")] == [far.id]
    assert [one.id for one in queries.suggested(cast.sita, post, "far", chosen=closed.id)] == [closed.id, far.id]


def test_an_unknown_challenge_is_not_found(inside, cast):
    with pytest.raises(NotFound):
        queries.get(cast.amina, 404)


# --- you said, we did ------------------------------------------------------------------------------------------------


def answer(cast, one, at, status=Status.RESPONDED):
    with transaction():
        commands.change_status(cast.olu, one, status, "Because of that.", at=at)


def test_what_was_done_is_told_by_quarter(inside, cast):
    one, two = challenge(cast.sita, (thread(cast.amina), WORDS)), challenge(cast.sita)
    challenge(cast.sita, title="Nothing yet")
    answer(cast, one, datetime(2016, 9, 30, 22, 59, tzinfo=UTC))
    answer(cast, two, datetime(2016, 9, 30, 23, 1, tzinfo=UTC))  # 1 October in London
    rows = queries.answered(cast.bryn).items
    assert [(row.id, row.quarter) for row in rows] == [(two.id, Quarter(2016, 4)), (one.id, Quarter(2016, 3))]
    assert [row.id for row in queries.answered(cast.bryn, quarter=Quarter(2016, 3)).items] == [one.id]
    assert queries.choices().quarters == [Quarter(2016, 4), Quarter(2016, 3)]
    assert rows[1].reason == "Because of that."
    assert [quote.words for quote in rows[1].quotes] == [WORDS]


def test_at_most_three_quotations_and_none_that_are_gone(inside, cast):
    posts = [thread(cast.amina, f"Point {number}.") for number in range(5)]
    one = challenge(cast.sita, *((post, f"Point {number}.") for number, post in enumerate(posts)))
    answer(cast, one, datetime(2016, 9, 1, tzinfo=UTC))
    with transaction():
        feedback.withdraw(cast.amina, posts[0], "Wrong.")
    assert [quote.words for quote in queries.answered(cast.bryn).items[0].quotes] == [
        "Point 1.",
        "Point 2.",
        "Point 3.",
    ]


def test_nothing_was_answered_yet(inside, cast):
    challenge(cast.sita)
    assert queries.answered(cast.amina).items == []
    assert queries.choices().quarters == []


# --- for other pages -------------------------------------------------------------------------------------------------


def test_threads_know_the_challenges_that_quote_them(inside, cast, statements):
    post, other = thread(cast.amina), thread(cast.bryn)
    said = reply(cast.bryn, post, "Here too.")
    one = challenge(cast.sita, (post, WORDS), (post, "Here too.", said))
    two = challenge(cast.sita, (post, WORDS))
    with statements() as seen:
        marks = queries.of_threads([post.id, other.id])
    assert len(seen) == 1
    assert {number: [mark.reference for mark in found] for number, found in marks.items()} == {
        post.id: [one.reference, two.reference]
    }


def test_challenges_without_response_come_overdue_first(inside, cast):
    today = clock.today()
    undated, later, overdue, closed, answered = (
        challenge(cast.sita, response_due_on=due)
        for due in (None, today + timedelta(9), today - timedelta(1), today - timedelta(9), today - timedelta(9))
    )
    with transaction():
        commands.change_status(cast.olu, closed, Status.CLOSED, "Done.")
        commands.respond(cast.olu, answered, "We will.")
    rows = queries.without_response(cast.olu)
    assert [row.id for row in rows] == [overdue.id, later.id, undated.id]
    assert [row.is_overdue for row in rows] == [True, False, False]


def test_an_author_sees_what_became_of_their_words(inside, cast):
    post = thread(cast.amina)
    said = reply(cast.bryn, post, "Here too.", Attribution.UNATTRIBUTED)
    one = challenge(cast.sita, (post, WORDS), (post, "Here too.", said))
    answer(cast, one, None)
    assert [(row.id, row.feedback_id, row.reason) for row in queries.for_author(cast.bryn)] == [
        (one.id, post.id, "Because of that.")
    ]
    assert queries.for_author(cast.olu) == []


def test_a_summary_gets_a_row_for_each_thread_and_challenge(inside, cast):
    post = thread(cast.amina, marking=Marking.SENSITIVE)
    one = challenge(cast.sita, (post, WORDS), (post, "Nobody tells the family why."))
    for number in ("first", "second"):
        with transaction():
            commands.respond(cast.olu, one, f"The {number} answer.")
    rows = queries.for_summary([post.id, 999])
    assert [(row.feedback_id, row.id, row.is_sensitive, row.rating) for row in rows] == [
        (post.id, one.id, True, Rating.RED)
    ]
    assert "second answer" in rows[0].response


def test_challenges_are_counted(inside, cast):
    challenge(cast.sita)
    closed = challenge(cast.sita, prevalence=1)
    with transaction():
        commands.change_status(cast.olu, closed, Status.NOT_TAKEN_FORWARD, "There is no money.")
    counts = queries.counts()
    assert (counts.by_status[Status.NEW], counts.by_status[Status.NOT_TAKEN_FORWARD]) == (1, 1)
    assert counts.by_rating == {Rating.RED: 1, Rating.AMBER: 0, Rating.GREEN: 0}


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_export_says_everything_but_who(inside, cast):
    one = challenge(
        cast.sita,
        (thread(cast.amina), WORDS),
        (thread(cast.bryn, SAID, attribution=Attribution.UNATTRIBUTED, marking=Marking.SENSITIVE), WORDS),
        owner_id=cast.olu.id,
        response_due_on=date(2017, 1, 20),
    )
    with transaction():
        commands.respond(cast.olu, one, "We **will**.")
        commands.report_progress(cast.olu, one, "Half way.")
        commands.change_status(cast.olu, one, Status.CLOSED, "It is done.")
    row = queries.export_rows(cast.olu, Filter())[0]
    assert row.sources == "FB-1; FB-2"
    assert "Essex" in row.raised_by
    assert "Amina" not in str(row)
    assert "Bryn" not in str(row)
    assert "Canopy" not in str(row)
    assert "South Wales" not in row.raised_by
    assert (row.response, row.progress, row.closed_because) == ("We will.", "Half way.", "It is done.")
    assert (row.status, row.rating, row.marking, row.owner) == ("Closed", "Red", "OFFICIAL-SENSITIVE", "Olu Hazel")
    assert row.history.endswith("closed. It is done.")


def test_the_export_takes_five_statements_however_long(inside, cast, statements):
    for number in range(12):
        challenge(cast.sita, (thread(cast.amina, f"Point {number}."), f"Point {number}."))
    db.session.expunge_all()
    with statements() as seen:
        assert len(queries.export_rows(cast.olu, Filter(text="waits"))) == 12
    assert len(seen) == 5


# --- same here -------------------------------------------------------------------------------------------------------


def test_organisations_that_say_same_here_to_what_is_quoted_count_once_wherever_it_is_told(inside, cast, statements):
    """Two threads of one challenge, quoted three times; three supporters of two organisations."""
    posts = [thread(cast.amina), thread(cast.amina)]
    one = challenge(cast.sita, *((post, WORDS) for post in posts), (posts[0], "Nobody tells the family why."))
    other = challenge(cast.sita)
    with transaction():
        for post in posts:
            supporting.support(cast.bryn, post.id, force_id=cast.bryn.organisation.force_id)
    with transaction():
        supporting.support(builders.member(organisation=cast.bryn.organisation), posts[0].id)
        supporting.support(builders.member(), posts[1].id)
    with statements() as seen:
        rows = {row.id: row.supporters for row in queries.log(cast.olu, Filter()).items}
    assert len(seen) == 1
    assert rows == {one.id: 2, other.id: 0}
    assert [row.supporters for row in queries.export_rows(cast.olu, Filter())] == [2, 0]
    assert queries.backing_of(cast.olu, one) == (2, 1)
    with transaction():
        feedback.withdraw(cast.amina, posts[1], "Posted by mistake.")
    assert queries.backing_of(cast.olu, one) == (1, 1)
    assert {row.id: row.supporters for row in queries.log(cast.olu, Filter()).items} == {one.id: 1, other.id: 0}
