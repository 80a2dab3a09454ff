from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.feedback import queries
from forum.feedback.commands.importing import bring_in, plan
from forum.feedback.commands.mapping import Mapping, Replies, read_mapping
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.reference.models import Theme
from forum.search.queries import search
from tests import builders

TABLE = """Number,Who,When,Answer,Type,Force,Housing,Trust in police
1,R1,20/07/2016,"They were moved twice.
Nobody told the school.",Worry,Essex,1,
2,R2,21/07/2016,=cmd|' /C calc'!A0 <b>bold</b>,,,,1
3,R1,12/31/2015,Two words,Worry,,1,1
4,R3,soon,No date,,,,
5,R4,22/07/2016,,,,1,
"""
MAPPING = """
source = "open-day"
id = "Number"
text = "Answer"
date = "When"
date_formats = ["%d/%m/%Y", "%m/%d/%Y"]
contributor = "Who"
kind = "Type"
area = "Force"
[values]
Worry = "challenge"
Essex = "essex"
[always]
kind = "idea"
priority = "county-lines"
[themes]
first = "Housing"
last = "Trust in police"
create = true
called = {Housing = "housing"}
"""
ARCHIVE = {
    "about": "an archive",
    "issues": [
        {
            "id": "a1", "title": "Open\nquestion", "body": "Said `code` and > quotes", "by": {"login": "mnot"},
            "at": "2025-04-10T13:47:22Z", "state": "CLOSED", "labels": ["vocabulary", {"name": "search"}],
            "comments": [
                {"by": {"login": "ada"}, "body": "First", "at": "2025-04-11T09:00:00Z"},
                {"by": {"login": "bob"}, "body": "x" * 20_001, "at": "2025-04-12T09:00:00Z"},
                {"by": None, "body": "Third", "at": "2025-04-13T09:00:00+01:00"},
            ],
        },
        {"id": "a2", "title": "No words", "body": None, "by": "zoe", "at": "2025-04-09T00:00:00Z", "labels": []},
        {"id": "a3", "title": "Too long", "body": "y" * 20_001, "at": "2025-04-09T00:00:00Z"},
    ],
}  # fmt: skip
JSON_MAPPING = """{"source": "archive", "list": "issues", "id": "id", "text": "body", "title": "title", "date": "at",
"contributor": "by.login", "always": {"attribution": "named", "kind": "question"},
"themes": {"column": "labels", "create": true}, "closed": {"column": "state", "words": ["CLOSED"]},
"replies": {"list": "comments", "text": "body", "date": "at", "contributor": "by.login"}}"""


def mapping(text=MAPPING, name="m.toml"):
    return read_mapping(text.encode(), name)


def bring(data, name, how, actor=None):
    with transaction():
        return bring_in(actor, plan(actor, data, name, how))


def threads():
    return db.session.scalars(
        sa.select(Feedback).options(selectinload(Feedback.themes)).order_by(Feedback.posted_at)
    ).all()


def test_a_table_is_planned_row_by_row_and_nothing_is_changed(inside, cast):
    planned = plan(None, TABLE.encode(), "t.csv", mapping())
    assert [(one.number, one.problem) for one in planned.threads] == [
        (2, ""),
        (3, ""),
        (4, ""),
        (5, "“soon” is not a date as the mapping says."),
        (6, "There are no words."),
    ]
    assert planned.made_themes == ["Trust in police"]
    assert planned.remarks == [
        "Dates are written in different ways: 2 as %d/%m/%Y, 1 as %m/%d/%Y. Check that days and months are right."
    ]
    assert threads() == []
    assert db.session.scalar(sa.select(Theme).where(Theme.title == "Trust in police")) is None


def test_a_table_is_brought_in_with_its_words_themes_and_contributors(inside, cast):
    assert bring(TABLE.encode(), "t.csv", mapping()) == 3
    third, first, second = threads()
    assert (first.title, first.happening) == (
        "They were moved twice.",
        "They were moved twice.\nNobody told the school.",
    )
    assert (first.contributor, first.author_id, first.attribution) == ("R1", None, Attribution.UNATTRIBUTED)
    assert (first.kind, second.kind) == (FeedbackKind.CHALLENGE, FeedbackKind.IDEA)
    assert first.posted_at == builders.moment(2016, 7, 19, 23)  # midnight in London, in summer
    assert first.force_id == builders.listed(builders.PoliceForce, "essex").id
    assert second.force_id is None
    assert first.priority_id == builders.priority("county-lines").id
    assert "&lt;b&gt;bold" in second.html
    assert [{theme.slug for theme in one.themes} for one in (first, second, third)] == [
        {"housing"},
        {"trust-in-police"},
        {"housing", "trust-in-police"},
    ]
    assert db.session.scalar(sa.select(Theme.kind).where(Theme.slug == "trust-in-police")) == "imported"
    row = queries.threads(cast.bryn, queries.Filter()).items[0]
    assert row.author == "A contributor"
    assert len(search(cast.bryn, "school").hits) == 1


def test_the_same_file_twice_adds_nothing_and_a_longer_one_what_is_new(inside, cast):
    bring(TABLE.encode(), "t.csv", mapping())
    assert bring(TABLE.encode(), "t.csv", mapping()) == 0
    assert bring((TABLE + "6,R6,23/07/2016,New words,,,,\n").encode(), "t.csv", mapping()) == 1
    assert len(threads()) == 4


def test_rows_without_an_identity_are_known_by_their_content(inside, cast):
    how = Mapping(source="s", text="a")
    assert bring(b"a,b\nhello,1\nhello,2\nhello,1\n", "t.csv", how) == 2
    assert bring(b"a,b\nhello,2\n", "t.csv", how) == 0


def test_an_archive_in_json_is_brought_in_with_its_replies(inside, cast):
    planned = plan(None, json.dumps(ARCHIVE).encode(), "a.json", mapping(JSON_MAPPING, "m.json"))
    assert [bool(one.problem) for one in planned.threads] == [False, False, True]
    assert "20,000" in planned.threads[2].problem
    assert planned.threads[0].remarks[0].startswith("Reply 2 is left out: Your text is 20,001 characters")
    with transaction():
        assert bring_in(None, planned) == 2
    empty, asked = threads()
    assert (empty.title, empty.happening, empty.themes) == ("No words", "No words", [])
    assert (asked.title, asked.contributor, asked.reply_count, asked.is_closed) == ("Open question", "mnot", 2, True)
    assert {theme.title for theme in asked.themes} == {"vocabulary", "search"}
    assert asked.active_at == builders.moment(2025, 4, 13, 8)
    said = db.session.scalars(sa.select(Reply).order_by(Reply.id)).all()
    assert [(one.contributor, one.body) for one in said] == [("ada", "First"), ("", "Third")]
    page = queries.replies(builders.member(), asked.id)
    assert [one.author for one in page.items] == ["ada", "A contributor"]
    assert bring(json.dumps(ARCHIVE).encode(), "a.json", mapping(JSON_MAPPING, "m.json")) == 0


def test_lines_of_json_are_read_too(inside, cast):
    lines = b'{"response_id": 1, "response": "One"}\n\n{"response_id": 2, "response": "Two"}\n'
    how = Mapping(source="s", text="response", id="response_id", replies=Replies(list="none"))
    assert bring(lines, "r.jsonl", how) == 2


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"x,y\n1,2\n", "t.csv", "no column “Answer”"),
        (b"{", "t.json", "is not JSON"),
        (b"[" * 100_000, "t.json", "is not JSON"),
        (b'{"issues": 1}', "t.json", "no list of threads"),
        (b"[1, 2]", "t.json", "no list of threads"),
        (b"\x00\xff\xfe", "t.jsonl", "is not JSON"),
        (b"", "t.csv", "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(inside, cast, data, name, words):
    with pytest.raises(Rejected, match=words):
        plan(None, data, name, mapping())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source = 1", "source must be text"),
        ("text = 'a'", "must give source"),
        ("source = 's'\ntext = 'a'\ncolour = 'red'", "“colour”, which means nothing"),
        ("source = 's'\ntext = 'a'\n[themes]\ncreate = 'yes'", "create must be true or false"),
        ("source = 's'\ntext = 'a'\nthemes = 'x'", "must hold names and values"),
        ("source = 's'\ntext = 'a'\n[themes]\ncolumns = [1]", "columns must be a list of texts"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_in_words(text, words):
    with pytest.raises(Rejected, match=words):
        mapping(text)


def test_words_nobody_knows_are_rejected_or_told(inside, cast):
    how = Mapping(source="s", text="a", kind="k", priority="p", organisation="o")
    planned = plan(None, b"a,k,p,o\nx,moan,,\ny,,urgent,\nz,,,Nobody Ltd\nw,,,canopy youth trust\n", "t.csv", how)
    assert [one.problem[:28] for one in planned.threads] == ["“moan” is no kind. Known are", "The priority “urgent” is not", "", ""]  # fmt: skip
    assert planned.threads[3].values["organisation_id"] == cast.bryn.organisation_id
    assert planned.remarks == ["No organisation is called “Nobody Ltd”: these words are kept without one."]


def test_only_whoever_runs_the_forum_brings_in(inside, cast):
    with pytest.raises(NotAllowed):
        plan(cast.olu, TABLE.encode(), "t.csv", mapping())
    assert bring(TABLE.encode(), "t.csv", mapping(), cast.sita) == 3


def test_six_hundred_rows_take_less_than_three_seconds(inside, cast):
    rows = "\n".join(f"{n},R{n},20/07/2016,{'Words of many a kind. ' * 20},,,1,1" for n in range(600))
    head = TABLE.split("\n")[0]
    began = time.process_time()
    assert bring(f"{head}\n{rows}\n".encode(), "t.csv", mapping()) == 600
    assert time.process_time() - began < 3


def test_the_command_line_says_what_it_would_do_and_does_it(app, cast, tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "m.toml").write_text(MAPPING)
    command = ["feedback", "import", str(tmp_path / "t.csv"), "--mapping", str(tmp_path / "m.toml")]
    run = app.test_cli_runner()
    said = run.invoke(args=command)
    assert said.exit_code == 0
    assert (
        "3 new threads with 0 replies and 4 theme labels, from 2 contributors; 0 here already; 2 rejected."
        in said.output
    )
    assert "Nothing has been changed" in said.output
    assert "Imported: 3 threads." in run.invoke(args=[*command, "--commit"]).output
    assert "0 new threads" in run.invoke(args=[*command, "--commit"]).output
    assert (
        run.invoke(args=["feedback", "index"]).output == "11 things can be found.\n"
    )  # with the cast and their organisations
    (tmp_path / "m.toml").write_text("nonsense")
    refused = run.invoke(args=command)
    assert refused.exit_code == 1
    assert "cannot be read" in refused.output
