"""From somebody's words to a challenge, its answer, and back to those who said it."""

import re

from forum.base.db import db
from forum.base.letters import Letter
from forum.feedback.models import Attribution
from tests.challenges.builders import thread

WORDS = "Nobody tells the family why."


def test_words_become_a_challenge_and_come_back_as_what_was_done(app, visit, cast):
    with app.app_context():
        named = thread(cast.amina)
        unattributed = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)

    # Sita selects words of two threads: she raises a challenge from the first and adds the second to it.
    sita = visit(cast.sita)
    form = sita.post("/challenges/raise", data={"feedback": named.id, "reply": "", "words": WORDS}).text
    sent = dict(re.findall(r'name="(feedback|reply|form_key)" value="([^"]*)"', form))
    sent |= {"words": WORDS, "title": "Families are not told", "description": "Nobody explains.", "marking": "OFFICIAL"}
    shown = sita.post("/challenges/raise", data=sent | {"prevalence": 5, "impact": 4}, follow_redirects=True).text
    assert "CH-1 is raised" in shown
    form = sita.post("/challenges/add", data={"feedback": unattributed.id, "reply": "", "words": WORDS}).text
    sent = dict(re.findall(r'name="(feedback|reply|form_key)" value="([^"]*)"', form))
    sita.post("/challenges/add", data=sent | {"words": WORDS, "challenge": 1})

    # Olu finds it without a response, takes it on, answers it and cannot do it.
    olu = visit(cast.olu)
    assert "Families are not told" in olu.get("/challenges?response=none&rating=red").text
    olu.post("/challenges/1/owner", data={"version": 1, "owner": cast.olu.id})
    answer = {"text": "The law does not allow it.", "status": "not-taken-forward", "reason": "It needs a new Act."}
    assert olu.post("/challenges/1/response", data=answer | {"version": 2, "form_key": "answer"}).status_code == 302
    assert "Families are not told" not in olu.get("/challenges?response=none").text

    # One letter to each of the two, and none says who the other is.
    with app.app_context():
        letters = db.session.query(Letter).order_by(Letter.to_address).all()
    assert [letter.to_address for letter in letters] == ["amina@cast.example", "bryn@cast.example"]
    assert [letter.is_recipient_withheld for letter in letters] == [False, True]
    for letter in letters:
        assert "The law does not allow it." in letter.text
        assert "It needs a new Act." in letter.text
        assert not re.search("Amina|Bryn|Canopy|Essex", letter.text + letter.html + letter.subject)

    # Each finds their own words again; nobody else learns whose the unattributed ones are.
    for person in (cast.amina, cast.bryn):
        told = visit(person).get("/you-said-we-did").text
        assert "From your feedback" in told
        assert told.index(WORDS) < told.index("We could not, because") < told.index("It needs a new Act.")
        assert "Bryn" not in told.split("<main")[1].split("</main")[0]
    assert "A Forum member" in visit(cast.amina).get("/challenges/1").text
