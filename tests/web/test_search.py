from __future__ import annotations

import pytest

from forum.base.db import db, transaction
from forum.feedback.models import Attribution, Feedback
from tests import builders
from tests.feedback.builders import reply, thread


@pytest.fixture
def zebra(app, cast):
    with app.app_context():
        posted = thread(cast.amina, "Zebra <b>crossing</b>", attribution=Attribution.NAMED)
        return posted.id, reply(cast.bryn, posted, "A zebra & <script>alert(1)</script>").id


def test_results_lead_to_the_words_which_are_marked_and_safe(visit, cast, zebra):
    number, said = zebra
    page = visit(cast.bryn).get("/search?q=zebra").text
    assert "2 results" in page
    assert f'href="/feedback/{number}"><mark>Zebra</mark> &lt;b&gt;crossing' in page
    assert f'href="/feedback/{number}?at={said}#post-{said}"' in page
    assert "<mark>zebra</mark> &amp; &lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "Amina Rowan, Essex Police area" in page


def test_nothing_found_and_nothing_asked(visit, cast, zebra):
    browser = visit(cast.bryn)
    assert "Nothing was found" in browser.get("/search?q=quagga").text
    assert "Nothing was found" not in browser.get("/search").text
    for query in ("q=%22", "q=AND", "q=(*", "q=zebra&page=0", "q=zebra&page=99999999999999999999", "q=zebra&page=x"):
        assert browser.get(f"/search?{query}").status_code == 200
    assert browser.get("/search?q=%00").status_code == 404


def test_further_pages(app, visit, cast):
    with app.app_context():
        for number in range(21):
            thread(cast.amina, f"Zebra {number}")
    first, second = (visit(cast.bryn).get(f"/search?q=zebra&page={page}").text for page in (1, 2))
    assert "Page 1 of 2" in first
    assert "page=2" in first
    assert second.count("forum-list__item") == 1


def test_filters_stay_over_pages_and_what_is_wrong_with_a_date_is_said(app, visit, cast):
    with app.app_context():
        theme = builders.theme().id
        for number in range(21):
            thread(cast.amina, f"Zebra {number}", theme_ids=[theme])
    browser = visit(cast.bryn)
    address = f"/search?q=zebra&in=feedback&theme={theme}&from=2016-01-01"
    page = browser.get(address).text
    assert f"in=feedback&amp;theme={theme}&amp;from=2016-01-01&amp;page=2" in page
    assert "Theme: Mental health" in page
    assert browser.get(f"{address}&page=2").text.count("forum-list__item") == 1
    wrong = browser.get("/search?q=zebra&from=yesterday&theme=x&area=99999999999999999999&in=nowhere").text
    assert "Enter the date from which to look" in wrong
    assert 'value="yesterday"' in wrong
    assert wrong.count("forum-list__item") == 20


def test_nothing_found_shows_the_ways_on(visit, cast, zebra):
    browser = visit(cast.bryn)
    number, _said = zebra
    page = browser.get("/search?q=zebraphones+crossings&in=papers&area=1").text
    assert "q=zebrapho%2A+crossi%2A" not in browser.get("/search?q=zeb*").text
    for words in ("start the same", "Clear the filters", "Look in everything, not in papers alone"):
        assert words in page
    hit = browser.get(f"/search?q=fb-{number}").text
    assert f'href="/feedback/{number}">Zebra' in hit


def test_the_page_takes_the_same_few_statements_however_much_is_found(app, visit, cast, zebra, statements):
    browser = visit(cast.bryn)
    browser.get("/search?q=zebra")
    with statements() as few:
        browser.get("/search?q=zebra")
    with app.app_context():
        for number in range(15):
            reply(cast.amina, thread(cast.amina, f"Zebra {number}"), "zebra")
        builders.organisation("Zebra House")
    with statements() as many:
        browser.get("/search?q=zebra&priority=0&from=2016-01-01")
    asked = [one for one in many if "is_demonstration" not in one]  # asked for every page of a test
    assert len(many) == len(few)
    assert len(asked) <= 5


def test_similar_threads_are_shown_while_writing_and_on_the_preview(app, visit, cast, statements):
    with app.app_context():
        posted = thread(cast.amina, "Housing moves break the link with schools")
        thread(cast.amina, "Phones <b>again</b>")
        kept = thread(cast.amina, "Housing moves and the secret school link")
        with transaction():
            kept = db.session.get_one(Feedback, kept.id)
            kept.held_at = kept.posted_at
    browser = visit(cast.bryn)
    with statements() as seen:
        page = browser.post("/feedback/similar", data={"title": "When housing moves, the school link is lost"}).text
    assert len([one for one in seen if "is_demonstration" not in one]) <= 3
    assert f'href="/feedback/{posted.id}"' in page
    assert page.count("<li>") == 1
    assert f'href="/feedback/{posted.id}/same-here"' in page
    assert (
        "same-here"
        not in visit(cast.amina).post("/feedback/similar", data={"title": "Housing moves and school links"}).text
    )
    assert "secret" not in page
    for title in ("Schools", "Knife arches at the mosque", "", "the of and", '"*', "x" * 9_000, "ŵ 的 \u202e"):
        said = browser.post("/feedback/similar", data={"title": title, "happening": "y " * 9_000})
        assert (said.status_code, said.text.strip()) == (200, "")
    sent = {"title": "Housing moves break school links", "happening": "As it says", "preview": "1"}
    assert "Somebody may have said this already" in browser.post("/feedback/new", data=sent).text
    begun = browser.post("/feedback/new", data={"begin": "1", "words": "Housing moves break school links"}).text
    assert "Somebody may have said this already" in begun
    assert "Somebody may" not in browser.get("/feedback/new").text
