"""Posting as people meet it: questions of themes, drafts, the guard; all without script."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.feedback.commands import asking, drafting
from forum.feedback.models import Draft, Feedback, Flag, Reply, TemplateQuestion
from forum.feedback.rules.asking import Asked
from forum.feedback.rules.beginning import title_of
from tests import builders
from tests.feedback.builders import thread
from tests.web.test_feedback import FORM

WAIT = Asked("How long do people wait?", is_required=True)


@pytest.fixture
def stored(app):
    def ask(select):
        with app.app_context():
            return list(db.session.scalars(select))

    return ask


@pytest.fixture
def theme(app, cast):
    """A theme that asks one question."""
    with app.app_context():
        found = builders.theme()
        with transaction():
            asking.ask(cast.sita, found, "Tell us how long.", [WAIT], version=0)
        return found


def test_the_secretariat_makes_a_template_without_code(visit, cast, theme, stored):
    assert visit(cast.amina).get("/feedback/templates").status_code == 404
    browser = visit(cast.sita)
    assert theme.title in browser.get("/feedback/templates").text
    path = f"/feedback/templates/{theme.id}"
    rows = {"version": "1", "introduction": "", "label": ["First?", "Second?"], "hint": ["", "A hint"], "required": "1"}
    page = browser.post(path, data=rows | {"do": "up-1"}).text
    assert page.index("Second?") < page.index("First?")
    assert re.search(r'id="required-0"[^>]*checked', page)
    assert 'id="label-2"' in browser.post(path, data=rows | {"do": "add"}).text
    assert "Second?" not in browser.post(path, data=rows | {"do": "remove-1"}).text
    assert "Enter question 2, or remove it" in browser.post(path, data=rows | {"label": ["First?", ""]}).text
    assert browser.post(path, data=rows).status_code == 302
    assert [one.label for one in stored(sa.select(TemplateQuestion).order_by("position"))] == ["First?", "Second?"]
    assert "Somebody saved" in browser.post(path, data=rows).text


def test_questions_follow_the_themes_and_must_be_answered(visit, cast, theme, stored):
    browser = visit(cast.amina)
    page = browser.get(f"/feedback/new?theme={theme.slug}").text
    assert page.index('name="happening"') < page.index(WAIT.label) < page.index('name="affected"')
    assert WAIT.label in browser.get(f"/feedback/questions?theme={theme.id}").text
    filled = FORM | {"theme_ids": str(theme.id)}
    shown = browser.post("/feedback/new", data=filled | {"ask": "1"}).text
    assert WAIT.label in shown
    assert "There is a problem" not in shown
    assert "Enter an answer to “How long" in browser.post("/feedback/new", data=filled).text
    assert stored(sa.select(Feedback)) == []
    browser.post("/feedback/new", data=filled | {WAIT.key: "Forty sleeps"})
    posted = stored(sa.select(Feedback))[0]
    assert "Forty sleeps" in visit(cast.bryn).get(f"/feedback/{posted.id}").text
    assert "Forty sleeps" in browser.get(f"/feedback/{posted.id}/edit").text


def test_the_guard_shows_what_and_why_and_loses_nothing(visit, cast, stored):
    browser = visit(cast.amina)
    filled = FORM | {"happening": "Ring Kieran on 07700 900123 <b>"}
    page = browser.post("/feedback/new", data=filled).text
    assert "<mark>07700 900123</mark>" in page
    assert "phone number" in page
    assert '<a href="#guard">What you wrote may tell who somebody is.' in page
    assert "Ring Kieran on 07700 900123 &lt;b&gt;</textarea>" in page
    seal = re.search(r'name="confirmed" type="checkbox" value="(\w+)"', page)[1]
    assert stored(sa.select(Feedback)) == []
    assert browser.post("/feedback/new", data=filled | {"confirmed": seal}).status_code == 302
    assert [flag.words for flag in stored(sa.select(Flag))] == ["name, phone number"]
    number = stored(sa.select(Feedback))[0].id
    page = browser.post(f"/feedback/{number}/reply", data={"body": "Ring 07700 900124", "attribution": "named"}).text
    assert "<mark>07700 900124</mark>" in page
    assert stored(sa.select(Reply)) == []


def test_a_draft_waits_on_any_device_and_goes_when_it_is_posted(visit, cast, stored):
    browser = visit(cast.amina)
    half = {"title": "Half a thought", "happening": "It was <late>", "form_key": "a-key", "theme_ids": ["1", "2"]}
    assert browser.post("/feedback/new", data=half | {"save": "1"}).status_code == 302
    told = browser.post("/feedback/draft", data=half | {"about": "feedback", "title": "Half a better thought"})
    assert re.fullmatch(r"Draft saved \d+:\d\d[ap]m|Draft saved .*", told.json["message"])
    draft = stored(sa.select(Draft))[0]
    elsewhere = visit(cast.amina)
    page = elsewhere.get("/feedback/new").text
    assert "You began this on" in page
    assert "Half a better thought" in page
    page = elsewhere.get(f"/feedback/new?draft={draft.id}").text
    assert "It was &lt;late&gt;</textarea>" in page
    assert len(re.findall(r'name="theme_ids"[^>]*checked', page)) == 2
    assert "Half a better" not in visit(cast.ada).get(f"/feedback/new?draft={draft.id}").text
    elsewhere.post("/feedback/new", data=FORM)
    assert stored(sa.select(Draft)) == []
    late = browser.post("/feedback/draft", data=half | {"about": "feedback"})
    assert late.json["message"] == "This has been posted already"
    assert stored(sa.select(Draft)) == []


def test_two_windows_keep_two_drafts(visit, cast, stored):
    browser = visit(cast.amina)
    for key in ("one", "two", "one"):
        told = browser.post("/feedback/draft", data={"about": "feedback", "form_key": key, "title": key})
    drafts = stored(sa.select(Draft).order_by(Draft.id))
    assert [(draft.fields["title"], draft.version) for draft in drafts] == [(["one"], 2), (["two"], 1)]
    assert "another" not in told.json["message"]
    visit(cast.bryn).post(f"/feedback/drafts/{drafts[0].id}/throw-away")
    assert len(stored(sa.select(Draft))) == 2
    browser.post(f"/feedback/drafts/{drafts[0].id}/throw-away")
    assert [draft.fields["title"] for draft in stored(sa.select(Draft))] == [["two"]]


@pytest.mark.parametrize("about", ["", "reply:0", "feedback~x", "password"])
def test_a_draft_of_no_form_is_refused(visit, cast, about):
    assert visit(cast.amina).post("/feedback/draft", data={"about": about, "title": "x"}).status_code == 400


def test_a_reply_waits_in_its_thread(app, visit, cast, stored):
    with app.app_context():
        number = thread(cast.bryn).id
    browser = visit(cast.amina)
    browser.post(f"/feedback/{number}/reply", data={"body": "So far", "form_key": "r", "save": "1"})
    page = browser.get(f"/feedback/{number}").text
    assert "So far</textarea>" in page
    assert "This is your draft" in page
    assert "So far" not in visit(cast.bryn).get(f"/feedback/{number}").text
    sent = {"body": "So far, so good", "attribution": "named", "form_key": "r", "drafted": "1"}
    assert browser.post(f"/feedback/{number}/reply", data=sent).status_code == 302
    assert stored(sa.select(Draft)) == []


def test_drafts_that_nobody_touched_for_90_days_go(app, cast, stored):
    with app.app_context():
        for days in (1, 91):
            with transaction():
                at = clock.now() - timedelta(days=days)
                db.session.add(Draft(member_id=cast.amina.id, about=f"reply:{days}", fields={}, saved_at=at))
        with transaction():
            assert drafting.forget_old() is False
    assert [draft.about for draft in stored(sa.select(Draft))] == ["reply:1"]


# --- the short way in, and the area ----------------------------------------------------------------------------------


def test_one_box_leads_to_a_post_in_two_steps(visit, cast, stored):
    browser = visit(cast.amina)
    for path in ("/", "/feedback"):
        assert "Any questions, thoughts, comments?" in browser.get(path).text
    page = browser.post("/feedback/new", data={"begin": "1", "words": "Nobody answers the phone. We wait."}).text
    assert 'value="Nobody answers the phone"' in page
    assert "Nobody answers the phone. We wait.</textarea>" in page
    assert re.search(r'name="priority_id" type="radio" value="0"[^>]* checked', page)
    assert not re.search(r'name="kind"[^>]* checked', page)
    assert stored(sa.select(Feedback)) == []


def test_what_the_short_way_folds_away_opens_where_something_in_it_is_wrong(visit, cast):
    browser, short = visit(cast.amina), FORM | {"short": "1"}
    wrong = {"kind": ""}, {"happening": "Ring 07700 900123"}, {"priority_id": ""}, {"affected": "Ring 07700 900123"}
    pages = [browser.post("/feedback/new", data=short | one).text for one in wrong]
    assert all("There is a problem" in page for page in pages)
    assert ['<details class="govuk-details" id="more" open>' in page for page in pages] == [False, False, True, True]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("", ""),
        ("\n One line only\nMore.", "One line only"),
        ("Is it so? Yes.", "Is it so?"),
        ("word " * 60, "word " * 19 + "word…"),
        ("x" * 300, "x" * 99 + "…"),
    ],
)
def test_the_first_sentence_is_the_title_proposed(words, title):
    assert title_of(words) == title


def test_an_area_that_tells_who_somebody_is_is_asked_about_once(visit, cast, stored):
    browser = visit(cast.amina)
    own = re.search(r'<option value="(\d+)" selected', browser.get("/feedback/new").text)[1]
    filled = FORM | {"attribution": "unattributed", "force_id": own}
    page = browser.post("/feedback/new", data=filled).text
    assert "This area may tell who you are" in page
    assert stored(sa.select(Feedback)) == []
    seen = re.search(r'name="seen_area" value="(\d+)"', page)[1]
    assert browser.post("/feedback/new", data=filled | {"seen_area": seen}).status_code == 302


def test_a_form_sent_several_times_at_once_posts_once_and_leads_there(app, visit, cast, stored):
    """As by somebody who presses the button again and again: the last answer is the one they see."""
    browsers = [visit(cast.amina) for _ in range(4)]
    for path, filled in (
        ("/feedback/new", FORM | {"form_key": "k1"}),
        ("/feedback/1/reply", {"body": "Once", "attribution": "named", "form_key": "k2"}),
    ):
        pages: list[Any] = []
        together = [
            threading.Thread(target=lambda one=one: pages.append(one.post(path, data=filled)))  # noqa: B023
            for one in browsers
        ]
        for one in together:
            one.start()
        for one in together:
            one.join(20)
        assert [page.status_code for page in pages] == [302] * 4
        assert len({page.headers["Location"] for page in pages}) == 1
    assert (len(stored(sa.select(Feedback))), len(stored(sa.select(Reply)))) == (1, 1)
    assert stored(sa.select(Feedback.reply_count)) == [1]
