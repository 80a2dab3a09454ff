"""The gallery and the error pages stand on their own: no database, no person, every address answered."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect

from forum.base import clock
from forum.web import gallery, static
from forum.web.furniture import Site, plural

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def browser() -> FlaskClient:
    app = Flask("gallery", template_folder=str(ROOT / "templates"))
    app.config.update(SECRET_KEY="x" * 32, FORUM_ENV="development", TESTING=True)
    CSRFProtect(app)
    app.jinja_env.globals["plural"] = plural
    app.jinja_env.filters["date"] = clock.show_date
    site = Site("EGVE Forum", "Home Office", True, "forum-demo-2016")
    app.context_processor(
        lambda: {"me": None, "messages": [("success", "Saved.")], "navigation": [], "nonce": "n", "site": site}
    )
    app.register_blueprint(gallery.blueprint)
    static.wrap(app)
    return app.test_client()


def test_the_gallery_shows_everything_with_ids_of_its_own(browser: FlaskClient) -> None:
    page = browser.get("/gallery").get_data(as_text=True)
    assert "<title>Error: Gallery – EGVE Forum</title>" in page
    twice = [name for name, times in Counter(re.findall(r'\sid="([^"]+)"', page)).items() if times > 1]
    assert twice == []
    assert not re.search(r"\sstyle=|\son\w+=|javascript:", page)
    assert "&amp;#10;" not in page


def test_labels_and_descriptions_point_at_something(browser: FlaskClient) -> None:
    page = browser.get("/gallery").get_data(as_text=True)
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    pointed = [
        name
        for names in re.findall(r'(?:for|aria-describedby|aria-labelledby)="([^"]+)"', page)
        for name in names.split()
    ]
    assert set(pointed) <= ids


def test_strangers_see_the_demonstration_password(browser: FlaskClient) -> None:
    assert "forum-demo-2016" in browser.get("/gallery").get_data(as_text=True)


@pytest.mark.parametrize("name", gallery.ERROR_PAGES)
def test_error_pages_have_one_heading_and_a_way_on(browser: FlaskClient, name: str) -> None:
    page = browser.get(f"/gallery/errors/{name}").get_data(as_text=True)
    main = page[page.index("<main") : page.index("</main>")]
    assert main.count("<h1") == 1
    assert 'href="/' in main


def test_pages_for_bad_days_need_nothing_but_their_address() -> None:
    app = Flask("bare", template_folder=str(ROOT / "templates"))
    app.jinja_env.globals["static_url"] = lambda name: f"/static/{name}"
    for name in ("500", "503"):
        assert "Sorry" in app.jinja_env.get_template(f"errors/{name}.html").render()


def test_unknown_error_page_is_not_found(browser: FlaskClient) -> None:
    assert browser.get("/gallery/errors/999").status_code == 404


def test_kept_words_come_back_whole(browser: FlaskClient) -> None:
    page = browser.get("/gallery/errors/signed-out").get_data(as_text=True)
    assert 'name="title" value="No bed for a 16-year-old"' in page
    assert 'name="body" value="First line.&#10;&#10;Second line.' in page
    assert 'href="/sign-in"' in page
    assert "Continue</button>" in page
    assert "Sign in" not in browser.get("/gallery/errors/kept").get_data(as_text=True).split("<main")[1]
