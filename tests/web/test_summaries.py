"""Officials choose, see what falls in, make a summary and take it away."""

from __future__ import annotations

import pytest

from forum.base import history
from forum.base.db import db
from forum.reference.models import Marking
from forum.summaries import queries
from forum.summaries.models import Summary
from tests.challenges.builders import thread
from tests.summaries.builders import imported

CHOSEN = {"audience": "programme", "quotes": "3", "form_key": "one form"}
JULY = {"from_on-day": "1", "from_on-month": "7", "from_on-year": "2016"}


@pytest.fixture
def said(app, cast):
    with app.app_context():
        thread(cast.amina)
        thread(cast.bryn, marking=Marking.SENSITIVE)


def made(app) -> list[Summary]:
    with app.app_context():
        return list(db.session.scalars(db.select(Summary).order_by(Summary.id)))


def test_it_is_not_there_for_members(app, visit, cast, said):
    olu, amina = visit(cast.olu), visit(cast.amina)
    olu.post("/summaries/new", data=CHOSEN)
    for path in ("/summaries", "/summaries/new", "/summaries/1", "/summaries/1.odt"):
        assert amina.get(path).status_code == 404
        assert olu.get(path).status_code == 200
    assert amina.post("/summaries/new", data=CHOSEN).status_code == 404
    assert len(made(app)) == 1


def test_the_figures_are_shown_before_anything_is_made(app, visit, cast, said):
    browser = visit(cast.sita)
    first = browser.get("/summaries/new").text
    assert "1 contribution marked OFFICIAL-SENSITIVE will be left out" in first
    page = browser.post("/summaries/new", data={**CHOSEN, "takes_sensitive": "yes", "title": "Mine", "step": "preview"})
    assert "OFFICIAL-SENSITIVE contributions are taken" in page.text
    assert 'value="Mine"' in page.text
    assert made(app) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"from_on-day": "31", "from_on-month": "2", "from_on-year": "2016"}, "First day must be a real date"),
        (
            {**JULY, "to_on-day": "30", "to_on-month": "6", "to_on-year": "2016"},
            "The last day must be the same as or after",
        ),
        ({"theme": "999"}, "what was selected is no longer available"),
        ({"title": "x" * 201}, "Title must be 200 characters or fewer"),
        ({"audience": "publication", "takes_sensitive": "yes"}, "cannot take OFFICIAL-SENSITIVE"),
        ({"to_on-day": "1", "to_on-month": "1", "to_on-year": "1999"}, "No contributions fall in this"),
        ({"title": "a\0b"}, "characters that cannot be stored"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(app, visit, cast, said, wrong, message):
    page = visit(cast.olu).post("/summaries/new", data={**CHOSEN, "title": "Kept", **wrong, "step": "make"})
    assert page.status_code == 200
    assert message in page.text
    assert "There is a problem" in page.text
    if "title" not in wrong:
        assert 'value="Kept"' in page.text
    assert made(app) == []


def test_an_impossible_period_is_refused_before_anything_is_made(visit, cast, said):
    browser = visit(cast.olu)
    for wrong in (
        {"to_on-day": "31", "to_on-month": "2", "to_on-year": "2016"},
        {**JULY, "to_on-day": "30", "to_on-month": "6", "to_on-year": "2016"},
    ):
        page = browser.post("/summaries/new", data={**CHOSEN, **wrong, "step": "preview"})
        assert "There is a problem" in page.text
        assert "Put right what is wrong above" in page.text


def test_one_form_sent_twice_makes_one(app, visit, cast, said):
    browser = visit(cast.olu)
    places = {browser.post("/summaries/new", data=CHOSEN).headers["Location"] for _ in range(2)}
    assert places == {"/summaries/1"}
    assert len(made(app)) == 1


def test_the_page_shows_the_whole_summary_marked_above_and_below(app, visit, cast, said):
    browser = visit(cast.olu)
    browser.post("/summaries/new", data={**CHOSEN, "takes_sensitive": "yes", "title": "<b>Tell</b> & ask"})
    page = browser.get("/summaries/1").text
    assert page.count("OFFICIAL-SENSITIVE</p>") == 2
    assert "&lt;b&gt;Tell&lt;/b&gt; &amp; ask" in page
    assert "2 of 2 contributions are in this summary." in page
    assert 'href="/feedback/1"' in page
    assert "no longer matches its seal" not in page
    assert "Tell" in browser.get("/summaries").text


def test_a_summary_that_was_altered_says_so(app, visit, cast, said):
    browser = visit(cast.olu)
    browser.post("/summaries/new", data=CHOSEN)
    with app.app_context():
        summary = db.session.get(Summary, 1)
        summary.content = {**summary.content, "took_part": "All 4 of 4."}
        db.session.commit()
    assert "no longer matches its seal" in browser.get("/summaries/1").text


def test_each_download_is_a_file_and_a_line_in_the_history(app, visit, cast, said):
    browser = visit(cast.olu)
    browser.post("/summaries/new", data=CHOSEN)
    for kind, starts in (
        ("odt", b"PK"),
        ("ods", b"PK"),
        ("csv", b"\xef\xbb\xbf"),
        ("json", b"{"),
        ("html", b"<!DOCTYPE html>"),
    ):
        page = browser.get(f"/summaries/1.{kind}")
        assert page.data.startswith(starts)
        assert page.headers["Content-Disposition"] == f'attachment; filename="sum-1.{kind}"'
    assert browser.get("/summaries/1.csv?for=programs").data.startswith(b"Reference,")
    with app.app_context():
        lines = history.lines("summary").items
    assert [line.details.get("file") for line in reversed(lines)] == [None, "odt", "ods", "csv", "json", "html", "csv"]
    for path in ("/summaries/2", "/summaries/2.odt", "/summaries/1.exe", "/summaries/99999999999999999999"):
        assert browser.get(path).status_code == 404


def test_no_summaries_and_a_second_page(app, visit, cast, said):
    browser = visit(cast.olu)
    assert "No summaries yet" in browser.get("/summaries").text
    browser.post("/summaries/new", data=CHOSEN)
    with app.app_context():
        first = db.session.get(Summary, 1)
        columns = {c.key: getattr(first, c.key) for c in Summary.__table__.columns if c.key not in {"id", "form_key"}}
        db.session.execute(db.insert(Summary), [columns] * 60)
        db.session.commit()
        second = queries.made(cast.olu).next_key
    assert "SUM-61" in browser.get("/summaries").text
    page = browser.get("/summaries", query_string={"key": second}).text
    assert "SUM-1<" in page
    assert "SUM-61" not in page


@pytest.mark.parametrize("count", [20, 2_000])
def test_pages_cost_the_same_however_much_was_said(app, visit, cast, statements, count):
    with app.app_context():
        imported(count, count, count)
    browser = visit(cast.olu)
    for path, most in (("/summaries", 4), ("/summaries/new", 6)):
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, seen
    with statements() as seen:
        assert browser.post("/summaries/new", data=CHOSEN).status_code == 302
    assert len(seen) <= 18, seen
    with statements() as seen:
        assert browser.get("/summaries/1").status_code == 200
    assert len(seen) <= 3, seen
