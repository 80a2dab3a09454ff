"""The challenges pages, over HTTP."""

import io
import re
import zipfile

import pytest
import sqlalchemy as sa

from forum.base import history
from forum.base.db import db, transaction
from forum.challenges import commands
from forum.challenges.models import Challenge, Status
from forum.feedback import commands as feedback
from forum.feedback.models import Attribution, Feedback
from forum.reference.models import Marking
from tests import builders
from tests.challenges.builders import SAID, challenge, reply, thread

WORDS = "We wait nine weeks for a first appointment."


@pytest.fixture
def build(app):
    """Build something inside the application, as the tests of commands do."""

    def run(make, *args, **more):
        with app.app_context():
            made = make(*args, **more)
            db.session.refresh(made)
            return made

    return run


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def raising(page, **changes):
    """What the raise form sends when nothing but prevalence and impact is chosen by hand."""
    themes = re.findall(r'name="themes"[^>]*value="(\d+)" checked', page.text)
    details = {
        "feedback": hidden(page, "feedback"), "reply": hidden(page, "reply"), "form_key": hidden(page, "form_key"),
        "words": WORDS, "title": "Long waits", "description": "Young people wait.", "prevalence": "4", "impact": "5",
        "priority": "", "themes": themes, "marking": "OFFICIAL",
    }  # fmt: skip
    return details | changes


# --- from words to a challenge ---------------------------------------------------------------------------------------


def test_selected_words_become_a_challenge_in_two_clicks(app, visit, cast, build):
    post = build(thread, cast.amina)
    browser = visit(cast.sita)
    page = browser.post("/challenges/raise", data={"feedback": post.id, "reply": "", "words": f"  {WORDS}\r\n"})
    assert page.status_code == 200
    assert f">{WORDS}</textarea>" in page.text
    assert 'value="Referrals come back unopened"' in page.text
    done = browser.post("/challenges/raise", data=raising(page), follow_redirects=True)
    assert "CH-1 is raised" in done.text
    assert "Amina Rowan, Essex Police area" in done.text
    assert f'href="/feedback/{post.id}"' in done.text
    with app.app_context():
        one = db.session.get(Challenge, 1)
        assert (one.prevalence, one.priority_id, one.opened_by_id) == (4, None, cast.sita.id)


def test_without_script_sentences_are_ticked(visit, cast, build):
    post = build(thread, cast.amina, "One is here. Two is there. Three is gone.")
    browser = visit(cast.sita)
    page = browser.get(f"/challenges/words?feedback={post.id}")
    assert "Two is there." in page.text
    page = browser.post("/challenges/raise", data={"feedback": post.id, "reply": "", "sentences": ["2", "0"]})
    assert "One is here. […] Three is gone." in page.text
    page = browser.post("/challenges/raise", data={"feedback": post.id, "reply": ""})
    assert "Select the words to use" in page.text


def test_words_of_a_reply_are_added_to_an_open_challenge(app, visit, cast, build):
    post = build(thread, cast.amina)
    answer = build(reply, cast.bryn, post, "The same in Swansea.")
    build(challenge, cast.sita, title="Near")
    browser = visit(cast.sita)
    page = browser.post("/challenges/add", data={"feedback": post.id, "reply": answer.id, "words": "in Swansea"})
    assert "CH-1: Near" in page.text
    sent = {name: hidden(page, name) for name in ("feedback", "reply", "form_key")} | {"words": "in Swansea"}
    assert "Select a challenge" in browser.post("/challenges/add", data=sent).text
    page = browser.post("/challenges/add", data=sent | {"find": "nothing like it", "look": "yes"})
    assert "No open challenge matches" in page.text
    assert "There is a problem" not in page.text
    done = browser.post("/challenges/add", data=sent | {"challenge": "1"}, follow_redirects=True)
    assert "The words are part of CH-1" in done.text
    assert "Bryn Heron" in done.text
    again = browser.post("/challenges/add", data=sent | {"challenge": "1"})
    assert "These words are part of CH-1 already" in again.text


def test_adding_to_a_challenge_that_was_closed_meanwhile_says_what_to_do(app, visit, cast, build):
    post, one = build(thread, cast.amina), build(challenge, cast.sita)
    browser = visit(cast.sita)
    page = browser.post("/challenges/add", data={"feedback": post.id, "words": WORDS})
    with app.app_context(), transaction():
        commands.change_status(cast.olu, db.session.get(Challenge, one.id), Status.CLOSED, "Done.")
    sent = {"feedback": post.id, "form_key": hidden(page, "form_key"), "words": WORDS, "challenge": one.id}
    page = browser.post("/challenges/add", data=sent)
    assert "Reopen it before adding feedback" in page.text
    assert WORDS in page.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": "I never said that."}, "These are not the words of the contribution"),
        ({"words": " "}, "Enter the words to use"),
        ({"prevalence": "9"}, "Prevalence: what was selected is no longer available"),
        ({"impact": ""}, "Select how much it matters"),
        ({"title": " \r\n "}, "Enter a title"),
        ({"themes": ["99999"]}, "Themes: what was selected is no longer available"),
        ({"priority": "99999999999999999999999"}, "Priority: what was selected is no longer available"),
        ({"response_due-day": "31", "response_due-month": "2", "response_due-year": "2017"}, "must be a real date"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_kept(app, visit, cast, build, changes, message):
    post = build(thread, cast.amina)
    browser = visit(cast.sita)
    page = browser.post("/challenges/raise", data={"feedback": post.id, "words": WORDS})
    page = browser.post("/challenges/raise", data=raising(page, description="Kept as typed") | changes)
    assert page.status_code == 200
    assert message in page.text
    assert "Kept as typed" in page.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Challenge)) == 0


def test_a_theme_that_was_retired_while_the_form_was_open_is_refused(app, visit, cast, build):
    post = build(thread, cast.amina)
    browser = visit(cast.sita)
    page = browser.post("/challenges/raise", data={"feedback": post.id, "words": WORDS})
    with app.app_context(), transaction():
        builders.theme().valid_to = builders.moment(2016, 1, 1).date()
    page = browser.post("/challenges/raise", data=raising(page))
    assert "Themes: what was selected is no longer available" in page.text


def test_a_line_break_in_a_title_is_a_space(app, visit, cast, build):
    post = build(thread, cast.amina)
    browser = visit(cast.sita)
    page = browser.post("/challenges/raise", data={"feedback": post.id, "words": WORDS})
    browser.post("/challenges/raise", data=raising(page, title="Long waits\r\nBcc: all@all.example"))
    with app.app_context():
        assert db.session.get(Challenge, 1).title == "Long waits Bcc: all@all.example"


def test_a_form_sent_twice_raises_one_challenge(app, visit, cast, build):
    post = build(thread, cast.amina)
    browser = visit(cast.sita)
    sent = raising(browser.post("/challenges/raise", data={"feedback": post.id, "words": WORDS}))
    places = [browser.post("/challenges/raise", data=sent).headers["Location"] for _ in range(2)]
    assert places[0] == places[1] == "/challenges/1"


@pytest.mark.parametrize("who", ["amina", "olu"])
def test_raising_is_for_the_secretariat(visit, cast, build, who):
    post = build(thread, cast.amina)
    browser = visit(getattr(cast, who))
    assert browser.get(f"/challenges/words?feedback={post.id}").status_code == 404
    for page in ("raise", "add"):
        assert browser.post(f"/challenges/{page}", data={"feedback": post.id, "words": WORDS}).status_code == 404


@pytest.mark.parametrize("query", ["", "feedback=404", "feedback=1&reply=404", "feedback=-1", f"feedback={2**70}"])
def test_words_of_nothing_are_not_found(visit, cast, build, query):
    build(thread, cast.amina)
    assert visit(cast.sita).get(f"/challenges/words?{query}").status_code == 404


def test_words_are_removed_with_a_reason(app, visit, cast, build):
    one = build(challenge_with_words, cast)
    browser = visit(cast.sita)
    assert "Enter a reason" in browser.post(f"/challenges/{one.id}/words/1/remove", data={}).text
    page = browser.post(f"/challenges/{one.id}/words/1/remove", data={"reason": "Off the point"}, follow_redirects=True)
    assert "The words are no longer part of CH-1" in page.text
    assert browser.get(f"/challenges/{one.id}/words/1/remove").status_code == 404


def challenge_with_words(cast, **more):
    return challenge(cast.sita, (thread(cast.amina, **more), WORDS))


# --- answering -------------------------------------------------------------------------------------------------------


def test_an_official_takes_a_challenge_from_new_to_closed(app, visit, cast, build):
    one = build(challenge_with_words, cast)
    browser = visit(cast.olu)
    due = {"response_due-day": "20", "response_due-month": "january", "response_due-year": "2017"}
    page = browser.post(
        f"/challenges/{one.id}/owner", data={"version": 1, "owner": cast.olu.id} | due, follow_redirects=True
    )
    assert "Olu Hazel, Gangs and exploitation unit" in page.text
    assert "20 January 2017 (overdue)" in page.text
    page = browser.post(
        f"/challenges/{one.id}/response",
        data={"version": 2, "form_key": "k", "text": "We *will*.", "status": "responded", "reason": "It is answered."},
        follow_redirects=True,
    )
    assert "We <em>will</em>." in page.text
    assert "It is answered." in page.text
    assert "overdue" not in page.text
    page = browser.post(
        f"/challenges/{one.id}/progress", data={"form_key": "p", "text": "Half way."}, follow_redirects=True
    )
    assert "Half way." in page.text
    page = browser.post(
        f"/challenges/{one.id}/status",
        data={"version": 3, "status": "closed", "reason": "Done."},
        follow_redirects=True,
    )
    assert "The status is now: closed" in page.text
    assert "Reopen" in page.text


def test_a_response_may_leave_the_status_as_it_is(visit, cast, build):
    one = build(challenge_with_words, cast)
    page = visit(cast.olu).post(
        f"/challenges/{one.id}/response",
        data={"version": 1, "form_key": "k", "text": "We are looking at it.", "status": "", "reason": ""},
        follow_redirects=True,
    )
    assert "There is a problem" not in page.text
    assert "We are looking at it." in page.text


def test_of_two_who_change_the_status_the_second_sees_the_first(visit, cast, build):
    one = build(challenge_with_words, cast)
    first, second = visit(cast.olu), visit(cast.sita)
    first.post(f"/challenges/{one.id}/status", data={"version": 1, "status": "action-agreed", "reason": "Agreed."})
    sent = {"version": 1, "status": "closed", "reason": "My own reason"}
    page = second.post(f"/challenges/{one.id}/status", data=sent)
    assert "Olu Hazel changed this challenge while you were writing" in page.text
    assert "My own reason" in page.text
    assert "Action agreed" in page.text
    assert hidden(page, "version") == "2"
    assert second.post(f"/challenges/{one.id}/status", data=sent | {"version": 2}).status_code == 302


def test_of_two_who_edit_the_second_keeps_their_text_beside_the_first(visit, cast, build):
    one = build(challenge_with_words, cast)
    sent = {
        "version": 1, "title": "Mine", "description": "My text", "prevalence": 3, "impact": 3, "marking": "OFFICIAL",
    }  # fmt: skip
    visit(cast.olu).post(f"/challenges/{one.id}/edit", data=sent | {"title": "Theirs"})
    page = visit(cast.sita).post(f"/challenges/{one.id}/edit", data=sent)
    assert 'value="Mine"' in page.text
    assert "As it is saved now" in page.text
    assert "Theirs" in page.text


def test_editing_starts_from_what_is_there(visit, cast, build):
    one = build(challenge_with_words, cast)
    page = visit(cast.olu).get(f"/challenges/{one.id}/edit").text
    assert f'value="{one.title}"' in page
    assert re.search(r'name="prevalence"[^>]* value="4" checked', page)
    assert re.search(r'name="themes"[^>]* value="\d+" checked', page)


@pytest.mark.parametrize("page", ["edit", "owner", "status", "response", "progress"])
def test_members_do_not_answer(visit, cast, build, page):
    one = build(challenge_with_words, cast)
    browser = visit(cast.amina)
    assert browser.get(f"/challenges/{one.id}/{page}").status_code == 404
    assert browser.post(f"/challenges/{one.id}/{page}", data={}).status_code == 404
    assert f"/challenges/{one.id}/{page}" not in browser.get(f"/challenges/{one.id}").text


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_log_is_empty_at_first_and_says_why(visit, cast, build):
    browser = visit(cast.amina)
    assert "No challenges yet" in browser.get("/challenges").text
    assert "Nothing to tell yet" in browser.get("/you-said-we-did").text
    build(challenge_with_words, cast)
    assert "No challenges match these filters" in browser.get("/challenges?rating=green").text
    assert "Nothing matches" in browser.get("/you-said-we-did?priority=-1").text


def test_the_log_is_filtered_by_what_the_address_says(visit, cast, build):
    build(challenge_with_words, cast)
    browser = visit(cast.amina)
    for query in ("status=open", "status=new", "rating=red", "response=none", "q=waits", "priority=", "owner=nobody"):
        assert "Long waits for mental health" in browser.get(f"/challenges?{query}").text, query
    for query in ("status=closed", "rating=green", "q=nothing", "q=CH-9", "priority=-1"):
        assert "No challenges match" in browser.get(f"/challenges?{query}").text, query
    assert "Red (20)" in browser.get("/challenges").text


def test_members_see_which_challenges_come_from_their_feedback(visit, cast, build):
    one = build(challenge_with_words, cast, attribution=Attribution.UNATTRIBUTED)
    for path in ("/challenges", f"/challenges/{one.id}"):
        assert "From your feedback" in visit(cast.amina).get(path).text
        assert "From your feedback" not in visit(cast.bryn).get(path).text


@pytest.mark.parametrize("who", ["bryn", "sita", "olu", "ada"])
def test_an_unattributed_author_is_on_no_page(app, visit, cast, build, who):
    one = build(challenge_with_words, cast, attribution=Attribution.UNATTRIBUTED)
    with app.app_context(), transaction():
        commands.change_status(cast.olu, db.session.get(Challenge, one.id), Status.CLOSED, "Done.")
    browser = visit(getattr(cast, who))
    for path in ("/challenges", f"/challenges/{one.id}", "/you-said-we-did", "/challenges/export.csv"):
        page = browser.get(path).text
        assert "Amina" not in page
        assert "Essex" not in page
    assert "A Forum member" in browser.get(f"/challenges/{one.id}").text


def test_withdrawn_words_are_on_no_page(app, visit, cast, build):
    one = build(challenge_with_words, cast)
    with app.app_context(), transaction():
        commands.change_status(cast.olu, db.session.get(Challenge, one.id), Status.CLOSED, "Done.")
        feedback.withdraw(cast.sita, db.session.get(Feedback, 1), "Named a child.")
    browser = visit(cast.bryn)
    for path in (f"/challenges/{one.id}", "/you-said-we-did"):
        page = browser.get(path).text
        assert "nine weeks" not in page
        assert "withdrawn" in page


def test_sensitive_challenges_are_marked(visit, cast, build):
    one = build(challenge_with_words, cast, marking=Marking.SENSITIVE)
    for path in ("/challenges", f"/challenges/{one.id}"):
        assert visit(cast.amina).get(path).text.count("OFFICIAL-SENSITIVE") >= 2


def test_officials_take_the_filtered_log_away(app, visit, cast, build):
    build(challenge_with_words, cast)
    browser = visit(cast.olu)
    page = browser.get("/challenges?status=new&q=waits")
    for kind in ("ods", "csv"):
        assert f"/challenges/export.{kind}?status=new&amp;q=waits" in page.text
    taken = browser.get("/challenges/export.csv?status=new")
    assert "CH-1,Long waits" in taken.text
    assert "attachment" in taken.headers["Content-Disposition"]
    sheet = browser.get("/challenges/export.ods?status=closed").data
    assert "CH-1" not in zipfile.ZipFile(io.BytesIO(sheet)).read("content.xml").decode()
    with app.app_context():
        assert [line.verb for line in history.lines("member", cast.olu.id).items][:2] == ["exported", "exported"]
    assert visit(cast.amina).get("/challenges/export.csv").status_code == 404
    assert "Download" not in visit(cast.amina).get("/challenges").text


def test_you_said_we_did_says_why_not(app, visit, cast, build):
    one = build(challenge_with_words, cast)
    with app.app_context(), transaction():
        commands.change_status(
            cast.olu, db.session.get(Challenge, one.id), Status.NOT_TAKEN_FORWARD, "There is no money.",
            at=builders.moment(2016, 11, 15),
        )  # fmt: skip
    page = visit(cast.bryn).get("/you-said-we-did?quarter=2016-4").text
    assert "October to December 2016" in page
    assert WORDS in page
    assert page.index("We could not, because") < page.index("There is no money.")


# --- how many statements ---------------------------------------------------------------------------------------------


def _many(cast, number):
    posts = [thread(cast.amina, f"Point {place}. {SAID}") for place in range(4)]
    with transaction():
        for place in range(number):
            one = commands.open(cast.sita, title=f"Challenge {place}", description="Long", prevalence=3, impact=4)
            commands.cite(cast.sita, one, posts[place % 4], f"Point {place % 4}.")
            commands.change_status(
                cast.olu, one, Status.RESPONDED, "Said so.", at=builders.moment(2016, 11, 1 + place % 9)
            )
    return one


@pytest.mark.parametrize(("path", "most"), [("/challenges", 5), ("/you-said-we-did", 5), ("/challenges/1", 8)])
@pytest.mark.parametrize("number", [1, 60])
def test_pages_take_few_statements_however_much_there_is(visit, cast, build, statements, path, most, number):
    build(_many, cast, number)
    browser = visit(cast.amina)
    browser.get(path)
    with statements() as seen:
        page = browser.get(path)
    assert page.status_code == 200
    assert len(seen) <= most, seen


def test_the_log_and_what_we_did_have_a_second_page(visit, cast, build):
    build(_many, cast, 60)
    browser = visit(cast.amina)
    for path, title in (("/challenges", "Challenge 0<"), ("/you-said-we-did", "Challenge 0<")):
        page, count = browser.get(path).text, 1
        while title not in page and count < 5:
            page = browser.get(re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")).text
            count += 1
        assert title in page
        assert count > 1
