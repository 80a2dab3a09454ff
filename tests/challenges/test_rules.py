"""What counts as somebody's words, and when a challenge may be changed."""

from datetime import date

import pytest

from forum.base.errors import Rejected
from forum.challenges import rules
from forum.challenges.models import Challenge, Rating, Status
from forum.challenges.rules import Quarter
from forum.feedback.models import Feedback, Reply
from forum.reference.models import Marking

POST = Reply(html="<p>First  line<br>\nsecond line.</p>\n<ul>\n<li>One thing</li>\n<li>Another “thing”</li>\n</ul>")


@pytest.mark.parametrize(
    "words",
    [
        "second line. One thing",
        "First\u00a0line\r\nsecond",
        "• One thing",
        "First […] Another “thing”",
        "[…] second line",
        "  First line  ",
    ],
)
def test_words_of_a_post_may_be_cited_whatever_their_white_space(words):
    rules.check_citation(Challenge(status=Status.NEW), POST, words)


@pytest.mark.parametrize("words", ["Second line", "line first", "Another […] One thing", "First second line"])
def test_other_words_are_refused(words):
    with pytest.raises(Rejected, match="not the words") as refusal:
        rules.check_citation(Challenge(status=Status.NEW), POST, words)
    assert refusal.value.field == "words"


@pytest.mark.parametrize("words", ["", "  \n", "[…]", " […] […] "])
def test_no_words_are_refused(words):
    with pytest.raises(Rejected, match="Enter the words"):
        rules.check_citation(Challenge(status=Status.NEW), POST, words)


def test_a_first_post_says_all_of_its_parts():
    post = Feedback(html="<p>What happens</p>", html_affected="<p>Who</p>", html_would_help="")
    assert rules.says(rules.text_of(post), "What happens Who")


@pytest.mark.parametrize("status", [Status.CLOSED, Status.NOT_TAKEN_FORWARD])
def test_nothing_is_added_to_a_closed_challenge(status):
    with pytest.raises(Rejected, match="Reopen it before adding feedback"):
        rules.check_citation(Challenge(status=status), POST, "One thing")


def test_sentences_end_where_people_end_them():
    text = "We wait. “Why?” Nobody knows… He said: no. 3.5 weeks is long!\n• A point\n£10,000 was spent."
    assert rules.sentences(text) == [
        "We wait.", "“Why?”", "Nobody knows…", "He said: no.", "3.5 weeks is long!", "A point", "£10,000 was spent.",
    ]  # fmt: skip


def test_joined_sentences_are_words_of_the_post():
    text = "One is here. Two is there. Three is gone."
    first, _, third = rules.sentences(text)
    assert rules.says(text, f"{first} {rules.CUT} {third}")


@pytest.mark.parametrize(
    ("prevalence", "impact", "rating"),
    [(4, 5, Rating.RED), (5, 5, Rating.RED), (4, 4, Rating.AMBER), (3, 4, Rating.AMBER), (2, 5, Rating.GREEN), (1, 1, Rating.GREEN)],
)  # fmt: skip
def test_the_rating_follows_from_prevalence_and_impact(prevalence, impact, rating):
    challenge = Challenge(prevalence=prevalence, impact=impact)
    assert challenge.rating is rating
    assert rating.lowest <= challenge.score <= rating.highest


@pytest.mark.parametrize(
    ("prevalence", "impact", "field"), [(9, 3, "prevalence"), (0, 3, "prevalence"), (3, 6, "impact")]
)
def test_ratings_run_from_one_to_five(prevalence, impact, field):
    with pytest.raises(Rejected, match="from 1 to 5") as refusal:
        rules.check_rating(prevalence, impact)
    assert refusal.value.field == field


def test_a_challenge_is_marked_no_lower_than_what_it_quotes():
    with pytest.raises(Rejected, match="must be marked OFFICIAL-SENSITIVE"):
        rules.check_marking(Marking.OFFICIAL, [Marking.OFFICIAL, Marking.SENSITIVE])
    rules.check_marking(Marking.SENSITIVE, [Marking.OFFICIAL])


def test_a_response_is_overdue_from_the_day_after_it_was_due():
    due = date(2017, 1, 20)
    assert not rules.is_overdue(due, False, False, date(2017, 1, 20))
    assert rules.is_overdue(due, False, False, date(2017, 1, 21))
    assert not rules.is_overdue(due, True, False, date(2017, 1, 21))
    assert not rules.is_overdue(due, False, True, date(2017, 1, 21))
    assert not rules.is_overdue(None, False, False, date(2017, 1, 21))


def test_quarters():
    assert Quarter.of(date(2016, 11, 15)).label == "October to December 2016"
    assert Quarter.of(date(2016, 12, 31)).next == Quarter(2017, 1)
    assert Quarter.read("2016-3") == Quarter(2016, 3)
    assert Quarter.read("2016-5") is Quarter.read("2016-３") is Quarter.read("nonsense") is None
