"""Whatever is sent to whatever door: never a fault of ours, and an answer that is an error has changed nothing.

SQLite alone: its data_version tells in a moment whether anything at all was committed, and what a request did change
is put back before the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from forum.base.db import transaction
from forum.minutes import commands as minutes
from forum.summaries import commands as summaries
from forum.summaries.rules import Scope
from forum.web.account import routes as account
from tests import builders
from tests.challenges.builders import SAID, challenge, reply, thread
from tests.conftest import EVERY, PASSWORD
from tests.meetings.builders import invite, item, meeting

FORM = "application/x-www-form-urlencoded"

# As they travel: a lone surrogate cannot be written otherwise.
JUNK = {
    "nothing": "", "NUL": "a%00b", "surrogate": "%ED%A0%80", "not UTF-8": "%FF%FE", "line ends": "a%0D%0ABcc: x@y.example",
    "beyond": str(2**63), "largest": str(2**63 - 1), "negative": "-1", "zero": "0", "words": "none%20such",
    "superscript": quote("²"), "thousands": "1" * 5_000, "signs": quote("%s{{7*7}}<script>'\"--"), "hidden": quote("\u202e\u2066\ufeff"),
}  # fmt: skip
# In one field while the others are right; NUL is refused at the door, wherever it stands.
ALONE = ("largest", "NUL") if EVERY else ("largest",)
AT_THE_DOOR = ("NUL", "surrogate", "not UTF-8")  # refused before any form is looked at: one of them is enough
LONG = {"brackets": "[" * 200_000, "long": "y" * 70_000, "lines": "%0A" * 19_000, "quotes": "%3E" * 15_000}

# What is sent where there is no form to read the fields from.
FIELDS = {
    "feedback.reply": {"body": "Yes.", "attribution": "organisation", "form_key": "k", "official_kind": "answer"},
    "challenges.raise_challenge": {"feedback": "1", "reply": "1", "words": SAID, "form_key": "k", "title": "T",
                                   "description": "D", "prevalence": "3", "impact": "3", "marking": "OFFICIAL"},
    "challenges.add_to_challenge": {"feedback": "1", "reply": "", "words": SAID, "form_key": "k", "challenge": "1"},
    "meetings.send": {"people": "1"},
    "meetings.move_item": {"by": "1", "seen_at": "1"},
    "meetings.reply": {"answer": "yes", "note": ""},
    "minutes.begin": {},
}  # fmt: skip
KNOWN = ("key", "page", "q", "text", "at", "quote", "until", "sector", "area", "force", "region", "theme", "priority", "kind",
         "marking", "mine", "unread", "status", "rating", "owner", "response", "quarter", "role", "standing", "state", "about",
         "number", "organisation", "from", "show", "columns", "email", "next", "feedback", "reply", "for", "answer", "letter",
         "_external", "_scheme", "_anchor", "_method", "endpoint", "values")  # fmt: skip

# Failed attempts to get in are counted, whatever the page then says.
COUNTS_ATTEMPTS = {"account.sign_in", "check_in.check_in"}
# What was uploaded is kept though the form comes back.
KEEPS_FILES = {"feedback.post", "feedback.reply", "feedback.add_files", "feedback.add_files_to_reply"}
SHOWS_ONCE = {"calendars.mine", "calendars.renew"}  # what was made is on the answer, and nowhere else


class Reader(HTMLParser):
    """The fields of the forms in a page's main part, with the values a browser would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.select = ""
        self.feed(page.partition("<main")[2].partition("</main")[0])

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        if tag == "select":
            self.select = said["name"]
        elif tag == "option" and (self.select not in self.fields or "selected" in said):
            self.fields[self.select] = said.get("value", "")
        elif tag in {"input", "textarea"} and said.get("name") and said["name"] != "csrf_token":
            is_choice = said.get("type") in {"radio", "checkbox"}
            if not is_choice or "checked" in said or said["name"] not in self.fields:
                self.fields[said["name"]] = said.get("value", "x")


class House:
    """The application with one of everything in it, and a browser for each role."""

    def __init__(self, home: Any) -> None:
        self.home, self.app = home, home.app
        with self.app.app_context():
            cast = builders.cast(PASSWORD)
            post = thread(cast.amina)
            reply(cast.amina, post, "The same here.")
            challenge(cast.sita, (post, SAID))
            coming = meeting(cast.sita)
            item(cast.sita, coming)
            invite(cast.sita, coming)
            with transaction():
                minutes.begin(cast.sita, coming)
            with transaction():
                summaries.make(cast.olu, Scope())
        people = {"member": cast.amina, "official": cast.olu, "secretariat": cast.sita, "admin": cast.ada}
        self.browsers = {"stranger": self.app.test_client()}
        for role, person in people.items():
            self.browsers[role] = self.app.test_client()
            page = self.browsers[role].post("/sign-in", data={"email": person.email, "password": PASSWORD})
            assert page.status_code == 302
        self.kept = home.file.with_name("bad_input.db")
        self.watcher = sqlite3.connect(home.file)
        target = sqlite3.connect(self.kept)
        self.watcher.backup(target)
        target.close()

    def version(self) -> int:
        return int(self.watcher.execute("PRAGMA data_version").fetchone()[0])

    def put_back(self) -> None:
        with sqlite3.connect(self.kept) as source:
            source.backup(self.watcher)
        source.close()

    def path(self, rule: Rule, **values: Any) -> str:
        usual: dict[str, Any] = {"slug": "themes", "token": "n" * 40, "sha256": "n" * 64}
        for name in rule.arguments:
            items = getattr(rule._converters[name], "items", None)
            usual[name] = sorted(items)[0] if items else usual.get(name, 1)
        built = rule.build({**{name: usual[name] for name in rule.arguments}, **values})
        assert built is not None
        return built[1]

    def rules(self, method: str) -> list[Rule]:
        return [rule for rule in self.app.url_map.iter_rules() if method in rule.methods]


@pytest.fixture
def house(sqlite_home, monkeypatch) -> Iterator[House]:
    monkeypatch.setattr(account, "ANSWER_TAKES", 0)
    sqlite_home.refresh()
    sqlite_home.app.extensions.pop("forum.demonstration", None)
    built = House(sqlite_home)
    yield built
    built.watcher.close()
    Path(built.kept).unlink()


class Sent(NamedTuple):
    """A body and what it is called in a failure."""

    what: str
    body: bytes
    kind: str = FORM


def _form(fields: dict[str, str]) -> bytes:
    return "&".join(f"{quote(name)}={value}" for name, value in fields.items()).encode()


def fields_of(house: House, browser: FlaskClient, rule: Rule) -> dict[str, str]:
    """The fields of the page's form, as they travel."""
    if "GET" in rule.methods:
        page = browser.get(house.path(rule))
        found = Reader(page.text).fields if page.status_code == 200 else {}
    else:
        found = FIELDS.get(rule.endpoint, {"form_key": "k", "next": "/"})
    return {name: quote(value) for name, value in found.items()}


def few(fields: dict[str, str]) -> Iterator[Sent]:
    """For those who may not get far: the form as it is, nothing, and junk in every field at once."""
    yield Sent("nothing", b"")
    yield Sent("the form", _form(fields))
    yield Sent("junk", _form(dict.fromkeys(fields, JUNK["NUL"])))


def in_turn(kinds: list[Any], turn: int) -> list[Any]:
    """One of those that no form tells apart, another one for each form; all of them with FORUM_EVERY=1."""
    return kinds if EVERY else [kinds[turn % len(kinds)]]


def everything(fields: dict[str, str], turn: int) -> Iterator[Sent]:
    yield from few(fields)
    refused = in_turn(list(AT_THE_DOOR), turn)
    for name, value in JUNK.items():
        if name in AT_THE_DOOR and name not in refused:
            continue
        yield Sent(f"{name} everywhere", _form(dict.fromkeys(fields, value)))
    for field in fields:
        yield Sent(f"no {field}", _form({name: value for name, value in fields.items() if name != field}))
        for name in ALONE:
            yield Sent(f"{name} in {field}", _form({**fields, field: JUNK[name]}))
    for name, value in in_turn(list(LONG.items()), turn):
        for field in set(fields) & {"happening", "body", "description", "source", "text", "reason", "title", "words"}:
            yield Sent(f"{name} in {field}", _form({**fields, field: value}))
    yield Sent("all twice", _form(fields) + b"&" + _form(dict.fromkeys(fields, "2")))
    days = {name: {"day": "31", "month": "2"}.get(name.rpartition("-")[2], value) for name, value in fields.items()}
    if days != fields:
        yield Sent("31 February", _form({**days, **{name: "2017" for name in days if name.endswith("-year")}}))
    yield from strange(fields, turn)


def strange(fields: dict[str, str], turn: int) -> Iterator[Sent]:
    """Bodies that are not what they are said to be."""
    part = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n' for name in fields)
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="../\\x00.csv"\r\n\r\n\x00\x01GIF89a\r\n'
    multipart = "multipart/form-data; boundary=b"
    unread = [
        Sent("JSON", b'{"title": ["x"], "body": {"a": 1}}', "application/json"),
        Sent("broken JSON", b'{"title', "application/json"),
        Sent("a number as JSON", b"1", "application/json"),
        Sent("plain text", _form(fields), "text/plain"),
        Sent("garbage", b"\x00\xff" * 500, multipart),
        Sent("no boundary", part.encode(), "multipart/form-data"),
        Sent("many parts", (part * 400 + "--b--\r\n").encode(), multipart),
    ]
    yield from in_turn(unread, turn)
    files = part.replace('"\r\n', '"; filename="a.exe"\r\n') + "--b--\r\n"
    yield Sent("cut short", (part + file).encode()[:-15], multipart)
    yield Sent("a file for every field", files.encode(), multipart)
    yield Sent("a wrong file", (part + file + "--b--\r\n").encode(), multipart)


def check(house: House, browser: FlaskClient, rule: Rule, path: str, sent: Sent) -> None:
    """Send it; an answer that is no success must have changed nothing."""
    before = house.version()
    page = browser.post(path, data=sent.body, content_type=sent.kind)
    assert page.status_code < 500, (path, sent.what)
    assert "Traceback" not in page.text
    if house.version() == before:
        return
    done = page.status_code in {204, 302} or rule.endpoint in COUNTS_ATTEMPTS | SHOWS_ONCE
    done = done or (rule.endpoint in KEEPS_FILES and sent.kind.startswith("multipart"))
    assert done or "account/asked" in path or path == "/password", (path, sent.what, page.status_code)
    house.put_back()


def attack(house: House, role: str, rules: list[Rule], bodies: Callable[[dict[str, str], int], Iterator[Sent]]) -> int:
    """Send all of these bodies to all of these doors; how many were sent."""
    browser, count = house.browsers[role], 0
    for turn, rule in enumerate(rules):
        path, fields = house.path(rule), fields_of(house, browser, rule)
        for sent in bodies(fields, turn):
            check(house, browser, rule, path, sent)
            count += 1
    return count


def doors(house: House) -> list[Rule]:
    kept = {"account.sign_out", "account.sign_out_everywhere"}
    return [rule for rule in house.rules("POST") if rule.endpoint not in kept]


@pytest.mark.parametrize("role", ["stranger", "member", "official", "secretariat"])
def test_no_form_breaks_or_half_does_anything(house, role):
    assert attack(house, role, doors(house), lambda fields, _turn: few(fields)) > 150


@pytest.mark.parametrize("part", range(4))
def test_no_form_breaks_whatever_an_administrator_sends(house, part):
    assert attack(house, "admin", doors(house)[part::4], everything) > 600


def test_no_address_breaks_anything(house):
    browser = house.browsers["admin"]
    for turn, rule in enumerate(house.rules("GET")):
        sent = set(JUNK) - set(AT_THE_DOOR) | set(in_turn(list(AT_THE_DOOR), turn))
        for value in (JUNK[name] for name in sorted(sent)):
            junk = "&".join(f"{name}={value}" for name in KNOWN)
            assert browser.get(f"{house.path(rule)}?{junk}").status_code < 500, (rule.rule, value)
        numbers = [name for name in rule.arguments if "number" in name or name.endswith("_id")]
        path = house.path(rule, **dict.fromkeys(numbers, 987654321))
        for number in (
            ("0", "-1", "1" * 31, str(2**63), str(2**63 - 1), quote("²"), "1%00", "%ED%A0%80") if numbers else ()
        ):
            page = browser.get(path.replace("987654321", number))
            assert page.status_code in {404, 302}, (path, number, page.status_code)
