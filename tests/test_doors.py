"""Doors are locked unless they are meant to be open, and nobody changes anything by looking."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from forum.base import history
from forum.base.db import db

OPEN = {
    "account.forgotten_password",
    "account.choose_password",
    "account.join",
    "account.sign_in",
    "calendars.read",
    "evaluations.give",
    "health.live",
    "health.ready",
    "pages.show",
    "replies.answer",
    "replies.calendar",
    "unsubscribe.leave",
}
ROUTES = Path(__file__).with_name("routes.txt")


def _value(converter: BaseConverter) -> object:
    """1 for a number, the first of several words, else a word that nothing is called."""
    if isinstance(converter, IntegerConverter):
        return 1
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return "n" * 64


def path_of(rule: Rule) -> str:
    """A path that fits the rule."""
    built = rule.build({name: _value(rule._converters[name]) for name in rule.arguments})
    assert built is not None
    return built[1]


def rules(app) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)


def test_a_stranger_gets_in_nowhere_but_through_the_open_doors(embedded):
    stranger, found = embedded.test_client(), set()
    for rule in rules(embedded):
        method = "GET" if "GET" in rule.methods else "POST"
        page = stranger.open(path_of(rule), method=method)
        locked = page.status_code == 302 and page.headers["Location"].startswith("/sign-in")
        locked = locked or page.status_code in {400, 401}
        if not locked:
            found.add(rule.endpoint)
    assert found == OPEN


def test_the_routes_are_those_we_promised(embedded):
    """tests/routes.txt is the golden list: a page that appears, moves or goes is seen in the review."""
    now = [f"{','.join(sorted(r.methods - {'HEAD', 'OPTIONS'}))} {r.rule}" for r in rules(embedded)]
    assert now == ROUTES.read_text("utf-8").splitlines()


@pytest.mark.parametrize("who", ["amina", "sita", "olu", "ada"])
def test_looking_changes_nothing(app, visit, cast, who, statements):
    browser = visit(getattr(cast, who))
    with statements() as seen:
        for rule in rules(app):
            if "GET" in rule.methods:
                page = browser.get(path_of(rule))
                assert page.status_code < 500, rule.rule
    changed = [s for s in seen if s.split()[0].upper() in {"INSERT", "UPDATE", "DELETE"}]
    # A download leaves a line in the history, and so does nothing else.
    assert all("history_line" in statement for statement in changed), changed


def test_the_history_holds_together(app, visit, cast):
    visit(cast.sita)
    with app.app_context():
        assert list(history.breaks()) == []
        db.session.execute(db.text("UPDATE history_line SET verb = 'did nothing' WHERE id = 1"))
        assert list(history.breaks()) == [1]
