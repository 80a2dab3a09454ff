from __future__ import annotations

import pytest

from forum.feedback.models import Attribution
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
