"""A summary says what fell in, to the number, and goes on saying it."""

from __future__ import annotations

from datetime import date

import pytest

from forum.base import clock, history
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.challenges import commands as challenges
from forum.feedback import commands as feedback
from forum.feedback.commands import supporting
from forum.feedback.models import Attribution, FeedbackKind
from forum.members.models import Standing
from forum.reference.models import Marking
from forum.summaries import commands, queries, rules
from forum.summaries.models import Summary
from forum.summaries.rules import CROSS_CUTTING, Scope
from tests import builders
from tests.challenges.builders import challenge, reply, thread
from tests.summaries.builders import earlier, imported


def make(actor, scope=Scope(), title="", **more) -> Summary:
    with transaction():
        return commands.make(actor, scope, title, **more)


def table(says, title):
    """The rows of a table by their first cell."""
    found = next(one for one in says["who"] + says["what"] if one["title"] == title)
    return {row[0]: row[1:] for row in found["rows"]}


def test_it_counts_contributions_people_and_organisations_apart(inside, cast):
    colleague = builders.member("Dilwen Ash", organisation=cast.amina.organisation)
    first = thread(cast.amina, theme_ids=[builders.theme().id, builders.theme("housing").id])
    thread(cast.amina)
    thread(colleague)
    thread(cast.bryn, attribution=Attribution.ORGANISATION, kind=FeedbackKind.QUESTION)
    reply(cast.bryn, first, "We see the same.")
    with transaction():
        feedback.reply(cast.olu, first.id, "Thank you.", attribution=Attribution.NAMED, is_official=True)
    says = make(cast.olu).says
    counts = says["counts"]
    assert [counts[key] for key in ("contributions", "people", "organisations", "labels")] == [4, 3, 2, 5]
    assert [counts[key] for key in ("replies", "official_replies")] == [1, 1]
    assert (counts["took_part"], counts["invited"]) == (3, 5)
    assert "3 of the 5 members" in says["took_part"]
    assert table(says, "By sector") == {"Police force": [3, 2, 1], "Charity, voluntary and community": [1, 1, 1]}
    assert table(says, "By kind") == {"Challenge": [3], "Question": [1]}
    assert table(says, "By theme") == {"Mental health": [4, "most", 2], "Housing and relocation": [1, "some", 1]}
    assert sum(row[0] for row in table(says, "By region").values()) == 4


def test_what_is_left_out_is_counted_and_named_nowhere(inside, cast):
    kept = thread(cast.amina)
    secret = thread(cast.bryn, "Nobody may read of the safe house.", marking=Marking.SENSITIVE, title="Safe house")
    gone = thread(cast.bryn, "I take this back.", title="Taken back")
    with transaction():
        feedback.withdraw(cast.bryn, gone, "Said too much.")
    challenge(cast.sita, (secret, "Nobody may read of the safe house."), title="Safe houses")
    made = make(cast.olu)
    assert "1 of 2 contributions is in this summary." in made.says["scope"]
    assert "1 contribution marked OFFICIAL-SENSITIVE is left out." in made.says["scope"]
    assert [row[0] for row in made.says["items"]["rows"]] == [kept.reference]
    assert made.marking == "OFFICIAL"
    assert "safe house" not in rules.written(made.content).lower()
    assert "Taken back" not in rules.written(made.content)


def test_taking_sensitive_contributions_marks_the_whole_summary(inside, cast):
    thread(cast.amina)
    secret = thread(cast.bryn, marking=Marking.SENSITIVE)
    challenge(cast.sita, (secret, "Nobody tells the family why."))
    made = make(cast.olu, Scope(takes_sensitive=True))
    assert made.marking == "OFFICIAL-SENSITIVE"
    assert made.says["counts"]["contributions"] == 2
    assert len(made.says["challenges"]) == 1


def test_a_challenge_that_quotes_sensitive_words_too_is_left_out_with_them(inside, cast):
    kept, secret = thread(cast.amina), thread(cast.bryn, marking=Marking.SENSITIVE)
    words = "Nobody tells the family why."
    challenge(cast.sita, (kept, words), (secret, words))
    made = make(cast.olu)
    assert made.says["challenges"] == []
    assert "1 challenge marked OFFICIAL-SENSITIVE is left out." in made.says["scope"]
    assert made.says["items"]["rows"][0][-1] == ""


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({"from_on": date(2016, 7, 20)}, 2),
        ({"from_on": date(2016, 7, 20), "to_on": date(2016, 7, 20)}, 1),
        ({"to_on": date(2016, 7, 19)}, 1),
        ({"priority_id": CROSS_CUTTING}, 1),
        ({"priority": "county-lines"}, 2),
        ({"theme": "housing"}, 1),
    ],
)
def test_a_scope_takes_what_it_says(inside, cast, scope, found):
    """The days are London's: half past eleven in the evening of 19 July UTC is 20 July there."""
    late, next_day = builders.moment(2016, 7, 19, 23, 30), builders.moment(2016, 7, 20, 23, 30)
    for at, more in (
        (builders.moment(2016, 7, 19, 22, 30), {}),
        (late, {"priority_id": None}),
        (next_day, {"theme_ids": [builders.theme("housing").id]}),
    ):
        earlier(cast.sita, cast.amina, at, **more)
    given = dict(scope)
    if "priority" in given:
        given["priority_id"] = builders.priority(given.pop("priority")).id
    if "theme" in given:
        given["theme_id"] = builders.theme(given.pop("theme")).id
    asked = Scope(**given)
    assert queries.figures(cast.olu, asked).contributions == found
    assert make(cast.olu, asked).says["counts"]["contributions"] == found


def test_the_preview_and_the_summary_agree(inside, cast):
    thread(cast.amina)
    thread(cast.bryn, marking=Marking.SENSITIVE)
    imported(40, 30, 60)
    figures, counts = queries.figures(cast.olu, Scope()), make(cast.olu).says["counts"]
    assert figures == (41, 31, 1, 1, 0, 0)
    assert figures[:4] == tuple(
        counts[key] for key in ("contributions", "people", "organisations", "sensitive_left_out")
    )


def test_six_hundred_imported_contributions_come_out_as_they_went_in(inside, cast, statements):
    imported(600, 556, 963)
    with statements() as seen:
        says = make(cast.olu).says
    counts = says["counts"]
    assert [counts[key] for key in ("contributions", "people", "labels", "organisations")] == [600, 556, 963, 0]
    assert sum(row[1] for row in table_rows(says, "By theme")) == 963
    assert table(says, "By sector") == {"Not known": [600, 556, 0]}
    assert len(says["items"]["rows"]) == 600
    assert len(seen) <= 13, seen


def table_rows(says, title):
    return next(one["rows"] for one in says["what"] if one["title"] == title)


def test_two_files_may_number_their_respondents_alike(inside, cast):
    imported(3, 3, 3)
    db.session.execute(db.text("UPDATE feedback SET source = 'other.csv'"))
    imported(3, 3, 3)
    assert make(cast.olu).says["counts"]["people"] == 6


def test_an_unattributed_author_is_nowhere_in_it(inside, cast):
    said = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED, kind=FeedbackKind.QUESTION)
    challenge(cast.sita, (said, "Nobody tells the family why."))
    content = rules.written(make(cast.olu).content)
    for word in ("Bryn", "Heron", "Canopy", "South Wales", "Wales", "Charity, voluntary"):
        assert word not in content.replace("Wales and the Welsh language", "")
    assert "A Forum member" in content


def test_what_tables_tell_can_be_counted_again_in_the_list(inside, cast):
    """So no table gives away the sector that the list keeps: both say “Not told”."""
    thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)
    thread(cast.amina)
    says = make(cast.olu).says
    place = says["items"]["columns"].index("Sector")
    listed = [row[place] for row in says["items"]["rows"]]
    assert sorted(listed) == ["Not told", "Police force"]
    assert {name: row[0] for name, row in table(says, "By sector").items()} == {"Police force": 1, "Not told": 1}


def test_cited_words_are_quoted_first_and_others_open_with_their_first_sentence(inside, cast):
    cited = thread(cast.amina)
    thread(cast.bryn, theme_ids=[builders.theme("housing").id], happening="One flat. Ten people.")
    challenge(cast.sita, (cited, "Nobody tells the family why."))
    themes = {theme["title"]: theme["quotes"] for theme in make(cast.olu).says["themes"]}
    assert [quote["words"] for quote in themes["Mental health"]] == ["Nobody tells the family why."]
    assert [quote["words"] for quote in themes["Housing and relocation"]] == ["One flat."]
    assert themes["Mental health"][0]["by"] == "Amina Rowan, Essex Police area"
    without = make(cast.olu, quotes=0).says["themes"]
    assert [theme["quotes"] for theme in without] == [[], []]


def test_words_edited_away_or_withdrawn_are_not_quoted(inside, cast):
    said = thread(cast.amina)
    answered = thread(cast.bryn, "Ours were kept.")
    back = reply(cast.amina, answered, "We lost them all.")
    challenge(cast.sita, (said, "Nobody tells the family why."), (answered, "We lost them all.", back))
    db.session.execute(
        db.text("UPDATE feedback SET html = '<p>It is better now.</p>', edited_at = :at WHERE id = :id"),
        {"at": clock.now().replace(tzinfo=None), "id": said.id},
    )
    db.session.execute(
        db.text("UPDATE reply SET withdrawn_at = :at WHERE id = :id"),
        {"at": clock.now().replace(tzinfo=None), "id": back.id},
    )
    db.session.commit()
    content = rules.written(make(cast.olu).content)
    assert "Nobody tells" not in content
    assert "We lost" not in content


def test_the_department_is_not_quoted_as_the_forum(inside, cast):
    said = thread(cast.amina, "One. Two.")
    with transaction():
        answer = feedback.reply(cast.olu, said.id, "We will pay.", attribution=Attribution.NAMED, is_official=True)
    challenge(cast.sita, (said, "We will pay.", answer))
    assert "We will pay" not in rules.written(make(cast.olu).content)


def test_challenges_come_with_owner_response_and_what_is_owed(inside, cast):
    said = thread(cast.amina)
    due = date(2017, 1, 20)
    open_one = challenge(cast.sita, (said, "Nobody tells the family why."), owner_id=cast.olu.id, response_due_on=due)
    answered = challenge(cast.sita, (said, "We wait nine weeks for a first appointment."), title="Long waits")
    with transaction():
        challenges.respond(cast.olu, answered, "We **fund** ten posts.")
    says = make(cast.olu).says
    assert [one["reference"] for one in says["challenges"]] == [open_one.reference, answered.reference]
    assert [says["challenges"][0][key] for key in ("owner", "due")] == ["Policy adviser", "20 January 2017"]
    assert says["challenges"][1]["response"] == "We fund ten posts."
    assert len(says["next_steps"]) == 1
    assert "20 January 2017" in says["next_steps"][0]
    assert says["themes"][0]["challenges"] == [open_one.reference, answered.reference]


def test_for_publication_nothing_lets_a_small_count_be_worked_out(inside, cast):
    for _ in range(6):
        thread(cast.amina, "The words of a member.")
    thread(cast.bryn, "The words of a member.")
    says = make(cast.olu, is_for_publication=True, quotes=0).says
    assert [one["title"] for one in says["who"]] == ["By sector", "By region"]
    assert table(says, "By sector") == {
        "Police force": ["not shown"],
        "Charity, voluntary and community": ["not shown"],
    }
    assert not {"Sector", "Region", "Text", "Attribution"} & set(says["items"]["columns"])
    assert says["themes"][0]["sectors"] is None
    assert "The words of a member" not in rules.written(says)


def test_for_publication_neither_order_nor_quotes_tell_what_the_table_hides(inside, cast):
    """Twelve from the police, 3 from housing, 2 from schools: the small ones stand by name, and quotes do not count them."""
    housing = builders.member(organisation=builders.organisation(sector="housing"))
    school = builders.member(organisation=builders.organisation(sector="education"))
    for author, count in ((cast.amina, 12), (housing, 3), (school, 2)):
        for _ in range(count):
            thread(author, theme_ids=[builders.theme().id])
    themed = thread(school, theme_ids=[builders.theme("housing").id], kind=FeedbackKind.QUESTION)
    says = make(cast.olu, is_for_publication=True, quotes=4).says
    assert next(one["rows"] for one in says["who"] if one["title"] == "By sector") == [
        ["Housing", "fewer than 5"],
        ["Police force", 12],
        ["Schools, colleges and alternative provision", "fewer than 5"],
    ]
    quotes = {theme["title"]: [quote["by"] for quote in theme["quotes"]] for theme in says["themes"]}
    assert quotes == {"Mental health": ["Police force"] * 4, "Housing and relocation": ["A Forum member"]}
    assert says["questions"] == [{"reference": themed.reference, "title": themed.title, "by": "A Forum member"}]
    assert "Organisations" not in {column for one in says["what"] for column in one["columns"]}
    assert "Amina" not in rules.written(says)


def test_members_who_joined_later_were_not_invited(inside, cast):
    earlier(cast.sita, cast.amina, builders.moment(2016, 7, 12, 12))
    builders.member(joined_on=date(2016, 11, 1))
    builders.member(standing=Standing.LEFT)
    builders.member(standing=Standing.INVITED)
    assert make(cast.olu, Scope(to_on=date(2016, 10, 31))).says["counts"]["invited"] == 4
    assert make(cast.olu, Scope(to_on=date(2016, 11, 1))).says["counts"]["invited"] == 5


def test_what_was_made_stays_as_it_was(inside, cast):
    said = thread(cast.amina)
    made = make(cast.olu)
    before = rules.written(made.content)
    with transaction():
        feedback.withdraw(cast.amina, said, "No longer so.")
    db.session.expire_all()
    again = queries.get(cast.olu, made.id)
    assert rules.written(again.content) == before
    assert rules.seal(again.content) == again.seal


def test_the_same_form_makes_one_summary_and_the_history_says_so(inside, cast):
    thread(cast.amina)
    assert make(cast.olu, form_key="once").id == make(cast.olu, form_key="once").id
    lines = history.lines("summary").items
    assert [(line.verb, line.actor_id, line.details) for line in lines] == [("made", cast.olu.id, {"contributions": 1})]


def test_members_neither_make_nor_read_nor_take_away_summaries(inside, cast):
    thread(cast.amina)
    made = make(cast.olu)
    with pytest.raises(NotAllowed):
        make(cast.amina)
    with pytest.raises(NotAllowed):
        commands.take_away(cast.amina, made, "odt")
    with pytest.raises(NotFound):
        queries.get(cast.amina, made.id)
    assert queries.made(cast.amina).items == []
    assert [row.id for row in queries.made(cast.sita).items] == [made.id]


def test_an_empty_scope_makes_nothing(inside, cast):
    with pytest.raises(Rejected, match="No contributions"):
        make(cast.olu)


def test_a_title_is_made_from_the_scope_and_stays_one_line(inside, cast):
    thread(cast.amina)
    scope = Scope(builders.theme().id, builders.priority().id, date(2016, 7, 1), date(2100, 1, 1))
    assert make(cast.olu, scope).title == "Feedback summary: Mental health, County lines, 1 July 2016 to 1 January 2100"
    assert make(cast.olu, title="What\r\nyou said").title == "What you said"
    with pytest.raises(Rejected):
        make(cast.olu, title="x" * 201)


def test_the_list_of_contributions_says_how_many_organisations_say_same_here(inside, cast):
    """Not in what is published: there small counts are hidden."""
    one, _ = thread(cast.amina), thread(cast.amina)
    with transaction():
        supporting.support(cast.bryn, one.id)
    items = make(cast.olu).says["items"]
    place = items["columns"].index("Same here")
    assert [row[place] for row in items["rows"]] == [1, 0]
    published = make(cast.olu, is_for_publication=True).says
    assert "Same here" not in published["items"]["columns"]
    assert "Same here" not in str(published)
