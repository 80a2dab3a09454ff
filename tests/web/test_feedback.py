from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.challenges import commands as challenges
from forum.feedback import commands
from forum.feedback.models import Attribution, Feedback, FeedbackKind, ReadMark, Reply
from forum.reference.models import Marking
from tests import builders
from tests.feedback.builders import reply, thread

FORM = {
    "kind": "challenge",
    "title": "Nine hours",
    "happening": "It took nine hours.",
    "priority_id": "0",
    "attribution": "organisation",
    "marking": "OFFICIAL",
    "form_key": "a-key",
}


@pytest.fixture
def made(app, cast):
    """A way to make things beside the browser: `made(thread, cast.amina, "Title")` gives its number."""

    def make(builder, *args, **details):
        with app.app_context():
            return builder(*args, **details).id

    return make


@pytest.fixture
def stored(app):
    def ask(select):
        with app.app_context():
            return list(db.session.scalars(select))

    return ask


def many(author, count):
    """Rows as they would be after years of use: threads with themes, and replies in the first of them."""
    at = clock.now() - timedelta(days=1)
    usual = {"attribution": Attribution.NAMED, "author_id": author.id, "organisation_id": author.organisation_id}
    with transaction():
        themes = [builders.theme(), builders.theme("housing")]
        threads = [
            Feedback(
                **usual, kind=FeedbackKind.IDEA, title=f"Many {n}", happening="x", html="<p>x</p>", themes=themes,
                marking=Marking.OFFICIAL, posted_at=at, active_at=at + timedelta(seconds=n),
            )
            for n in range(count)
        ]  # fmt: skip
        db.session.add_all(threads)
        db.session.flush()
        first = threads[0]
        first.reply_count = count
        db.session.add_all(
            Reply(**usual, feedback_id=first.id, body="y", html="<p>y</p>", posted_at=at + timedelta(seconds=n))
            for n in range(count)
        )
    return first.id


# --- posting ---------------------------------------------------------------------------------------------------------


def test_the_form_begins_with_guidance_ones_own_area_and_ones_own_name(visit, cast):
    page = visit(cast.amina).get("/feedback/new").text
    assert "Do not name or describe a child" in page
    assert "Freedom of Information" in page
    assert "Others see: Amina Rowan, Essex Police area" in page
    assert re.search(r'<option value="\d+" selected>Essex', page)
    assert "Not to be forwarded" in page


def test_a_theme_that_leads_here_is_chosen_with_its_usual_priority(visit, cast, stored):
    theme = stored(sa.select(builders.Theme).where(builders.Theme.slug == "cuckooing"))[0]
    page = visit(cast.amina).get(f"/feedback/new?theme={theme.id}").text
    assert f"Themes: <strong>{theme.title}</strong>" in page  # the boxes themselves are folded away
    assert re.search(rf'name="theme_ids" type="checkbox" value="{theme.id}"[^>]* checked', page)
    assert re.search(rf'name="priority_id" type="radio" value="{theme.usual_priority_id}"[^>]* checked', page)
    assert visit(cast.amina).get("/feedback/new?theme=999").status_code == 404


def test_posting_leads_to_the_thread(visit, cast, stored):
    browser = visit(cast.amina)
    page = browser.post("/feedback/new", data=FORM, follow_redirects=True)
    posted = stored(sa.select(Feedback))[0]
    assert page.request.path == f"/feedback/{posted.id}"
    assert f"FB-{posted.id} is posted" in page.text
    assert (posted.title, posted.author_id, posted.priority_id) == ("Nine hours", cast.amina.id, None)


def test_a_preview_shows_the_words_and_stores_nothing(visit, cast, stored):
    page = visit(cast.amina).post("/feedback/new", data=FORM | {"happening": "It was **late**.", "preview": "1"}).text
    assert "Nothing is posted yet" in page
    assert "It was <strong>late</strong>." in page
    assert stored(sa.select(Feedback)) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "Enter a title"),
        ({"title": "x" * 201}, "Title must be 200 characters or fewer"),
        ({"happening": "[" * 200_000}, "What is happening must be 20,000 characters or fewer"),
        ({"happening": "a\0b"}, "characters that cannot be stored"),
        ({"priority_id": ""}, "Select the priority it concerns most"),
        ({"priority_id": "99"}, "no longer available"),
        ({"theme_ids": "999"}, "no longer available"),
        ({"kind": "complaint"}, "no longer available"),
        ({"attribution": ""}, "Select what name it should show"),
        ({"marking": "SECRET"}, "no longer available"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_keeps_what_was_typed(visit, cast, stored, changes, message):
    page = visit(cast.amina).post("/feedback/new", data=FORM | {"would_help": "A written <rule>"} | changes)
    assert page.status_code == 200
    assert "There is a problem" in page.text
    assert message in page.text
    assert "A written &lt;rule&gt;" in page.text
    assert stored(sa.select(Feedback)) == []


def test_errors_are_summed_up_in_the_order_of_the_page(visit, cast):
    page = visit(cast.amina).post("/feedback/new", data={}).text
    summary = page[page.index("There is a problem") : page.index("<h1")]
    wanted = ["a title", "what is happening", "what kind", "the priority", "what name", "how sensitive"]
    assert sorted(wanted, key=summary.index) == wanted


def test_a_retired_theme_is_refused_in_words(app, visit, cast, stored):
    with app.app_context(), transaction():
        theme = builders.theme()
        theme.valid_to = clock.today() - timedelta(days=1)
        number = theme.id
    page = visit(cast.amina).post("/feedback/new", data=FORM | {"theme_ids": str(number)})
    assert "Themes: what was selected is no longer available" in page.text
    assert stored(sa.select(Feedback)) == []


def test_line_breaks_in_a_title_become_spaces_and_the_same_form_posts_once(visit, cast, stored):
    browser = visit(cast.amina)
    for _ in range(2):
        page = browser.post("/feedback/new", data=FORM | {"title": "Two\r\nBcc: lines"})
        assert page.status_code == 302
    assert [one.title for one in stored(sa.select(Feedback))] == ["Two Bcc: lines"]


# --- lists -----------------------------------------------------------------------------------------------------------


def test_the_list_says_what_is_there_and_what_is_new(visit, cast, made, app):
    made(thread, cast.bryn, "Quiet", attribution=Attribution.UNATTRIBUTED, marking=Marking.SENSITIVE)
    with app.app_context():
        theme = builders.theme("housing").id
    number = made(thread, cast.bryn, "Loud", attribution=Attribution.NAMED, theme_ids=[theme])
    made(reply, cast.amina, db_thread(app, number))
    page = visit(cast.amina).get("/feedback").text
    assert page.index("Loud") < page.index("Quiet")
    assert "Housing and relocation" in page
    assert "Bryn Heron, Canopy Youth Trust" in page
    assert page.count("A Forum member") == 1
    assert "OFFICIAL-SENSITIVE</span>" in page
    assert page.count('class="forum-unread"') == 1  # her own reply is not new to her
    assert "1 reply" in page


def db_thread(app, number):
    with app.app_context():
        return db.session.get(Feedback, number)


def test_filters_narrow_and_unattributed_posts_have_no_sector(visit, cast, made, app):
    with app.app_context():
        housing, lines = builders.theme("housing").id, builders.priority("county-lines").id
        police = builders.listed(builders.Sector, "police").id
        essex = builders.listed(builders.PoliceForce, "essex").id
    made(thread, cast.amina, "One", theme_ids=[housing], priority_id=lines)
    made(thread, cast.bryn, "Two", kind=FeedbackKind.IDEA, marking=Marking.SENSITIVE, force_id=essex)
    made(thread, cast.amina, "Three", attribution=Attribution.UNATTRIBUTED)
    browser = visit(cast.bryn)

    def shown(query):
        found = re.findall(r'forum-list__title.*?href="/feedback/\d+">(\w+)<', browser.get(f"/feedback?{query}").text)
        return sorted(found)

    assert shown("") == ["One", "Three", "Two"]
    assert shown(f"theme={housing}") == ["One"]
    assert shown(f"priority={lines}") == ["One"]
    assert shown("priority=0") == ["Three", "Two"]
    assert shown("kind=idea") == ["Two"]
    assert shown(f"sector={police}") == ["One"]
    assert shown(f"area={essex}") == ["Two"]
    assert shown("marking=OFFICIAL-SENSITIVE") == ["Two"]
    assert shown("unread=1") == ["One", "Three"]
    assert shown("mine=1") == ["Two"]
    assert shown("theme=x&priority=-1&kind=%27&sector=99999999999999999999&key=zzz") == ["One", "Three", "Two"]
    assert "No feedback fits these filters" in browser.get(f"/feedback?theme={housing}&kind=idea").text
    assert "Theme: Housing and relocation" in browser.get(f"/feedback?theme={housing}").text


def test_ones_own_list_tells_what_became_of_it(visit, cast, made, app):
    number = made(thread, cast.amina, "Mine", happening="Some words stand here.")
    gone = made(thread, cast.amina, "Regretted")
    with app.app_context(), transaction():
        posted = db.session.get(Feedback, number)
        passage = challenges.Passage(posted, "Some words")
        opened = challenges.open(cast.sita, passage, title="C", description="D", prevalence=1, impact=1)
        reference = opened.reference
        commands.withdraw(cast.amina, db.session.get(Feedback, gone), "Mistake")
    page = visit(cast.amina).get("/feedback?mine=1").text
    assert f"{reference}</a>: New" in page
    assert "Withdrawn feedback" in page
    assert "Regretted" not in page
    assert "Withdrawn feedback" not in visit(cast.bryn).get("/feedback").text


@pytest.mark.parametrize("count", [20, 2_000])
def test_lists_and_threads_take_few_statements_however_much_there_is(app, visit, cast, statements, count):
    with app.app_context():
        number = many(cast.bryn, count)
    # Internal notes are one more statement for officials, and none for members.
    for person, most in ((cast.amina, 6), (cast.sita, 7)):
        browser = visit(person)
        for path, few in (
            ("/feedback", 5),
            ("/feedback?unread=1", 5),
            (f"/feedback/{number}", most),
            ("/search?q=many", 6),  # threads, and as many more as there are rooms it looks in
        ):
            with statements() as seen:
                assert browser.get(path).status_code == 200
            assert len(seen) <= few, seen


def test_pages_of_a_list_neither_repeat_nor_miss(app, visit, cast):
    with app.app_context():
        many(cast.bryn, 45)
    browser, found, path = visit(cast.amina), [], "/feedback"
    while path:
        page = browser.get(path).text
        found += re.findall(r">(Many \d+)<", page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        path = older[1].replace("&amp;", "&") if older else None
    assert found == [f"Many {n}" for n in reversed(range(45))]


# --- the thread ------------------------------------------------------------------------------------------------------


def test_a_thread_shows_post_replies_marks_and_what_one_may_do(visit, cast, made, app):
    number = made(thread, cast.amina, "Title <i>", happening="<script>alert(1)</script>", marking=Marking.SENSITIVE)
    posted = db_thread(app, number)
    made(reply, cast.olu, posted, "An **answer**", is_official=True)
    page = visit(cast.bryn).get(f"/feedback/{number}").text
    assert "Title &lt;i&gt;" in page
    assert "<script>alert" not in page
    assert "An <strong>answer</strong>" in page
    assert page.count("Official reply</span>") == 1
    assert page.count('class="forum-marking') == 2
    assert f"/feedback/{number}/edit" not in page
    assert "Use these words" not in page
    assert f"/feedback/{number}/edit" in visit(cast.amina).get(f"/feedback/{number}").text
    assert "Use these words" in visit(cast.sita).get(f"/feedback/{number}").text


def test_no_role_sees_the_name_of_an_unattributed_author_in_any_page(visit, cast, made, app):
    number = made(thread, cast.bryn, "Zebra", attribution=Attribution.UNATTRIBUTED)
    made(reply, cast.bryn, db_thread(app, number), "Zebra too", attribution=Attribution.UNATTRIBUTED)
    for other in (cast.amina, cast.sita, cast.olu, cast.ada):
        browser = visit(other)
        for path in ("/feedback", f"/feedback/{number}", f"/feedback/{number}/history", "/search?q=zebra"):
            page = browser.get(path).text
            for word in ("Bryn", "Heron", "Canopy"):
                assert word not in re.sub(r"<option[^>]*>.*?</option>", "", page), (path, other.name)


def test_replying_takes_eight_statements_and_leads_to_the_reply(app, visit, cast, made, statements):
    number = made(thread, cast.amina)
    browser = visit(cast.bryn)
    with statements() as seen:
        page = browser.post(f"/feedback/{number}/reply", data={"body": "Same here", "attribution": "named"})
    assert len(seen) <= 8, seen
    assert page.status_code == 302
    with app.app_context():
        said = db.session.scalars(sa.select(Reply)).one()
    assert page.headers["Location"] == f"/feedback/{number}?at={said.id}#post-{said.id}"
    assert "Same here" in browser.get(page.headers["Location"]).text
    assert said.attribution is Attribution.NAMED


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_a_reply_to_a_thread_that_was_closed_meanwhile_is_kept_on_the_page(app, visit, cast, made, stored, state):
    number = made(thread, cast.amina)
    browser = visit(cast.bryn)
    assert 'id="reply"' in browser.get(f"/feedback/{number}").text
    with app.app_context(), transaction():
        posted = db.session.get(Feedback, number)
        commands.close(cast.sita, posted, "Done") if state == "closed" else commands.withdraw(cast.amina, posted, "Oh")
    page = browser.post(f"/feedback/{number}/reply", data={"body": "My long words", "attribution": "named"})
    assert page.status_code == 200
    assert f"This thread {'is closed' if state == 'closed' else 'was withdrawn'}" in page.text
    assert "My long words</textarea>" in page.text
    assert stored(sa.select(Reply)) == []
    assert 'id="reply"' not in browser.get(f"/feedback/{number}").text


def test_an_empty_reply_is_refused_and_an_unknown_thread_is_not_there(visit, cast, made):
    number = made(thread, cast.amina)
    browser = visit(cast.bryn)
    assert "Enter your reply" in browser.post(f"/feedback/{number}/reply", data={"body": " "}).text
    assert browser.post("/feedback/999/reply", data={"body": "x", "attribution": "named"}).status_code == 404
    for path in ("/feedback/999", "/feedback/999/history", "/feedback/999/edit", "/feedback/9999999999999999999999"):
        assert browser.get(path).status_code == 404


def test_quoting_begins_the_reply_with_the_words(visit, cast, made, app):
    number = made(thread, cast.amina, happening="First line\n\nSecond")
    said = made(reply, cast.amina, db_thread(app, number), "Their words")
    browser = visit(cast.bryn)
    assert "&gt; First line&#10;&gt;&#10;&gt; Second" in browser.get(f"/feedback/{number}?quote=0").text
    assert "&gt; Their words" in browser.get(f"/feedback/{number}?quote={said}").text
    other = made(thread, cast.amina)
    assert "Their words" not in browser.get(f"/feedback/{other}?quote={said}").text
    assert browser.get(f"/feedback/{number}?quote=x&at=-1&key=%00").status_code in {200, 404}


def test_long_threads_are_read_in_pages_and_a_link_leads_to_a_reply(app, visit, cast, stored):
    with app.app_context():
        number = many(cast.bryn, 50)
    ids = stored(sa.select(Reply.id).order_by(Reply.id))
    browser = visit(cast.amina)

    def shown(page):
        return [int(found) for found in re.findall(r'id="post-(\d+)"', page)]

    first = browser.get(f"/feedback/{number}").text
    assert shown(first) == [0, *ids[:20]]
    later = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    assert shown(browser.get(later).text) == ids[20:40]
    linked = browser.get(f"/feedback/{number}?at={ids[30]}").text
    assert ids[30] in shown(linked)
    assert shown(linked)[0] == ids[15]
    assert "Go to the first post" in linked


# --- what is new -----------------------------------------------------------------------------------------------------


def test_reading_marks_what_was_shown_and_no_more(app, visit, cast, made, stored):
    number = made(thread, cast.amina)
    browser = visit(cast.bryn)
    page = browser.get(f"/feedback/{number}").text
    assert stored(sa.select(ReadMark).where(ReadMark.member_id == cast.bryn.id)) == []
    address = re.search(r'data-read="([^"]+)"', page)[1].replace("&amp;", "&")
    said = made(reply, cast.amina, db_thread(app, number), "Later words")
    assert browser.post(address).status_code == 204
    page = browser.get(f"/feedback/{number}").text
    assert f"?at={said}#post-{said}" in page
    assert "Go to the reply that is new to you" in page
    assert page.count('class="forum-unread"') == 1
    assert browser.post(f"/feedback/{number}/read", data={"return": "1"}).headers["Location"] == "/feedback"
    assert "data-read" not in browser.get(f"/feedback/{number}").text
    for until in ("x", "9999-01-01T00:00:00+00:00", "2016-01-01T00:00:00"):
        assert browser.post(f"/feedback/{number}/read", query_string={"until": until}).status_code == 204


def test_everything_is_marked_as_read_at_once(visit, cast, made):
    for _ in range(2):
        made(thread, cast.amina)
    browser = visit(cast.bryn)
    assert "forum-unread" in browser.get("/feedback").text
    browser.post("/feedback/read")
    assert "forum-unread" not in browser.get("/feedback").text
    assert "Nothing is new to you" in browser.get("/feedback?unread=1").text


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_an_edit_is_marked_and_its_history_shows_what_changed(visit, cast, made):
    number = made(thread, cast.amina, "Title", happening="It took nine hours to agree.")
    browser = visit(cast.amina)
    page = browser.get(f"/feedback/{number}/edit").text
    assert "It took nine hours to agree." in page
    changed = FORM | {"title": "Title", "happening": "It took eight hours to agree.", "version": "1"}
    assert browser.post(f"/feedback/{number}/edit", data=changed).status_code == 302
    assert "edited</a>" in visit(cast.bryn).get(f"/feedback/{number}").text
    history = visit(cast.bryn).get(f"/feedback/{number}/history").text
    assert re.search(r"<del>.*nine .*</del>", history)
    assert re.search(r"<ins>.*eight .*</ins>", history)


def test_two_who_edit_lose_nothing(visit, cast, made, stored):
    number = made(thread, cast.amina, "Title", happening="Old words")
    first, second = visit(cast.amina), visit(cast.amina)
    edited = FORM | {"title": "Title", "version": "1"}
    first.post(f"/feedback/{number}/edit", data=edited | {"happening": "Words of the first"})
    page = second.post(f"/feedback/{number}/edit", data=edited | {"happening": "Words of the second"}).text
    assert "The author changed this while you were writing" in page
    assert "Words of the first" in page
    assert "Words of the second</textarea>" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    second.post(f"/feedback/{number}/edit", data=edited | {"happening": "Both", "version": version})
    assert stored(sa.select(Feedback.happening)) == ["Both"]


def test_others_find_no_way_to_change_a_post(visit, cast, made, stored, app):
    number = made(thread, cast.amina, "Mine")
    said = made(reply, cast.amina, db_thread(app, number))
    paths = ("edit", "file", "withdraw", "close", f"replies/{said}/edit", f"replies/{said}/withdraw")
    browser = visit(cast.bryn)
    for path in paths:
        data = FORM | {"version": "1", "reason": "x", "body": "x"}
        assert browser.get(f"/feedback/{number}/{path}").status_code == 404
        assert browser.post(f"/feedback/{number}/{path}", data=data).status_code == 404
    assert browser.post(f"/feedback/{number}/reopen").status_code == 404
    assert visit(cast.sita).get(f"/feedback/{number}/edit").status_code == 404
    other = made(thread, cast.amina)
    assert visit(cast.amina).get(f"/feedback/{other}/replies/{said}/edit").status_code == 404


def test_withdrawing_leaves_a_tombstone(visit, cast, made, app):
    number = made(thread, cast.amina, "Zebra title", happening="Zebra words")
    said = made(reply, cast.bryn, db_thread(app, number), "Giraffe")
    browser = visit(cast.amina)
    assert "Enter a reason" in browser.post(f"/feedback/{number}/withdraw", data={"reason": " "}).text
    browser.post(f"/feedback/{number}/edit", data=FORM | {"happening": "Zebra words again", "version": "1"})
    assert f"/feedback/{number}/history" in browser.get(f"/feedback/{number}").text
    browser.post(f"/feedback/{number}/withdraw", data={"reason": "I named somebody"})
    assert f"/feedback/{number}/history" not in browser.get(f"/feedback/{number}").text
    visit(cast.sita).post(f"/feedback/{number}/replies/{said}/withdraw", data={"reason": "So did they"})
    for path in (
        f"/feedback/{number}",
        f"/feedback/{number}/history",
        "/feedback",
        "/search?q=zebra",
        "/search?q=giraffe",
    ):
        page = re.sub(r"<title>.*?</title>|value=\"(zebra|giraffe)\"", "", visit(cast.bryn).get(path).text)
        assert "Zebra" not in page
        assert "Giraffe" not in page
    page = visit(cast.bryn).get(f"/feedback/{number}").text
    assert "I named somebody" in page
    assert "So did they" in page


def test_the_secretariat_closes_files_and_reopens(visit, cast, made, stored):
    number = made(thread, cast.amina)
    browser = visit(cast.sita)
    browser.post(f"/feedback/{number}/close", data={"reason": "Answered in July"})
    assert "Answered in July" in visit(cast.bryn).get(f"/feedback/{number}").text
    browser.post(f"/feedback/{number}/reopen")
    assert 'id="reply"' in visit(cast.bryn).get(f"/feedback/{number}").text
    filed = {"kind": "idea", "priority_id": "0", "marking": "OFFICIAL-SENSITIVE", "version": "3"}
    assert browser.post(f"/feedback/{number}/file", data=filed).status_code == 302
    assert [(one.kind, one.marking) for one in stored(sa.select(Feedback))] == [(FeedbackKind.IDEA, Marking.SENSITIVE)]


def test_a_reply_is_edited_by_its_author(visit, cast, made, app, stored):
    number = made(thread, cast.amina)
    said = made(reply, cast.bryn, db_thread(app, number), "Old")
    browser = visit(cast.bryn)
    path = f"/feedback/{number}/replies/{said}/edit"
    assert "Old</textarea>" in browser.get(path).text
    page = browser.post(path, data={"body": "New", "attribution": "named", "version": "1"})
    assert page.headers["Location"] == f"/feedback/{number}?at={said}#post-{said}"
    page = browser.post(path, data={"body": "Newer", "attribution": "named", "version": "1"}).text
    assert "Saved meanwhile" in page
    assert "Newer</textarea>" in page
    assert stored(sa.select(Reply.body)) == ["New"]
