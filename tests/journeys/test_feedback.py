"""Amina tells the Forum what stands in the way; others find it, answer it, and she sees what became of it."""

from __future__ import annotations

import re

POST = {
    "kind": "challenge",
    "title": "Referrals come back unopened",
    "happening": "We referred **17** young people. Eleven were returned.",
    "would_help": "One written rule.",
    "priority_id": "0",
    "attribution": "organisation",
    "marking": "OFFICIAL",
    "form_key": "k",
}


def test_feedback_from_a_first_post_to_a_closed_thread(visit, cast):
    amina, bryn, olu, sita = (visit(person) for person in (cast.amina, cast.bryn, cast.olu, cast.sita))

    # Amina forgets the title; what she wrote is still there, and she looks at it before she posts it.
    page = amina.post("/feedback/new", data=POST | {"title": ""}).text
    assert "Enter a title" in page
    assert "Eleven were returned." in page
    assert "<strong>17</strong>" in amina.post("/feedback/new", data=POST | {"preview": "1"}).text
    page = amina.post("/feedback/new", data=POST, follow_redirects=True)
    thread = page.request.path
    assert "Essex Police area (you)" in page.text

    # Bryn sees that it is new, finds it by its words too, and says the same.
    assert page.text.count("forum-unread") == 0
    assert "forum-unread" in bryn.get("/feedback").text
    assert thread in bryn.get("/search?q=referral").text
    page = bryn.post(
        f"{thread}/reply", data={"body": "The same here.", "attribution": "unattributed"}, follow_redirects=True
    )
    assert "A Forum member (you)" in page.text

    # Olu answers for the department, quoting her.
    page = olu.get(f"{thread}?quote=0").text
    assert "&gt; We referred **17** young people." in page
    answer = {
        "body": "> Eleven were returned.\n\nWe will ask why.",
        "attribution": "organisation",
        "official_kind": "answer",
    }
    page = olu.post(f"{thread}/reply", data=answer, follow_redirects=True).text
    assert "Official answer" in page
    assert "A Forum member" in page
    assert "Bryn" not in page

    # Amina is led to what is new to her; the secretariat closes the thread, and a late reply is refused but kept.
    page = amina.get(thread).text
    assert "new to you</a>" in page
    assert re.search(r"2 replies", page)
    sita.post(f"{thread}/close", data={"reason": "Taken up as a challenge."})
    page = bryn.post(f"{thread}/reply", data={"body": "One more thing", "attribution": "named"}).text
    assert "This thread is closed, so your reply has not been posted" in page
    assert "One more thing</textarea>" in page
    assert "Taken up as a challenge." in amina.get(thread).text


def test_words_survive_an_expired_session(visit, cast, app):
    browser = visit(cast.amina)
    browser.post("/sign-out")
    page = browser.post("/feedback/new", data=POST, headers={"Referer": "http://localhost/feedback/new"})
    assert page.status_code == 401
    assert "Nothing you wrote is lost" in page.text
    assert "We referred **17** young people. Eleven were returned." in page.text
    browser.post("/sign-in", data={"email": cast.amina.email, "password": "a long test password"})
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert browser.post("/feedback/new", data=kept).status_code == 302
