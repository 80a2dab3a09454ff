"""The real application with the demonstration, served to Debian's own Chromium by Playwright.

One server and one browser for all tests of this folder; every test gets a browser context (cookies) of its own.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from werkzeug.serving import make_server

from forum import create_app
from forum.base import clock, files
from forum.base.db import db, expect_writing, transaction
from forum.base.letters import Letter
from forum.demonstration import commands as demonstration
from forum.feedback.models import Support
from forum.meetings import queries as meetings
from forum.members.models import Member, Role
from forum.members.queries import TABLES, is_invitable
from forum.minutes import commands as minutes
from forum.summaries import commands as summaries
from forum.summaries.rules import Scope
from tests.conftest import PASSWORD, keep_templates, settings, unavailable
from tests.feedback import builders as told
from tests.meetings import builders as building

STATIC = Path(__file__).resolve().parents[2] / "static" / "govuk"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
KINDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Most of the time goes to colours, and those come from the classes of an element and of what it stands in: each such
# chain is looked at once for each width. Only these other rules ask how wide the page is.
COLOURS = ["color-contrast", "link-in-text-block"]
MEASURES = ["target-size", "scrollable-region-focusable"]
# Rows of a list are made alike: beyond the eighth nothing new is learned, and contrast costs 10 ms a row.
ALIKE = {"exclude": [["tbody tr:nth-child(n+9)"], [".forum-list > :nth-child(n+9)"]]}
AXE_SCRIPT = Axe().axe_script


class Site(NamedTuple):
    """The served application, who signs in as what, and numbers that its pages can be opened with."""

    app: Flask
    address: str
    people: dict[Role, str]
    numbers: dict[str, int | str]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not (STATIC / "govuk-frontend.css").exists():
        unavailable("GOV.UK Frontend is not built: run python3 run.py setup.")
    folder = tmp_path_factory.mktemp("browser")
    served = {"TESTING": False, "WTF_CSRF_ENABLED": True, "DEMO_PASSWORD": PASSWORD}
    app = create_app(**settings(f"sqlite:///{folder / 'forum.db'}", folder) | served)
    keep_templates(app)
    with app.app_context():
        people, numbers = _fill()
        db.engine.dispose()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.port}", people, numbers)
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def _fill() -> tuple[dict[Role, str], dict[str, int | str]]:
    """The demonstration, and what it has not: a meeting to come with its letters, minutes, a summary, an upload."""
    from flask_migrate import upgrade

    upgrade()
    with transaction():
        demonstration.load(PASSWORD, lambda _words: None)
    people = {role: _somebody(role) for role in Role}
    secretary = people[Role.SECRETARIAT]
    numbers = _thread(people[Role.MEMBER]) | _meeting(secretary) | _minutes(secretary) | _summary(people[Role.OFFICIAL])
    with transaction():
        upload = files.keep(b"name,email\nNora New,nora@new.example\n", "members.csv", TABLES, 10_000)
    numbers |= {"sha256": upload.sha256, "letter": db.session.scalars(sa.select(sa.func.min(Letter.id))).one()}
    expect_writing(False)
    return {role: str(person.email) for role, person in people.items()}, numbers


def _somebody(role: Role) -> Member:
    wanted = sa.select(Member).where(Member.role == role, is_invitable() | (Member.role == Role.ADMIN))
    return db.session.scalars(wanted.order_by(Member.id).limit(1)).one()


def _thread(member: Member) -> dict[str, int | str]:
    own = told.thread(member, "Referrals come back unopened")
    evidence = sa.select(sa.func.min(Support.id)).where(Support.feedback_id == 1, Support.evidence != "")
    return {
        "thread": own.id,
        "own_reply": told.reply(member, own).id,
        "evidence": db.session.scalars(evidence).one(),
    }


def _meeting(secretary: Member) -> dict[str, int | str]:
    made = building.meeting(secretary, day=clock.today() + timedelta(days=60))
    item = building.item(secretary, made)
    building.invite(secretary, made)
    member = _somebody(Role.MEMBER)
    token = meetings.reply_token(made.id, member.id, building.stored(made, member).link_version)
    return {"meeting": made.id, "item": item, "member": member.id, "reply": token}


def _minutes(secretary: Member) -> dict[str, int | str]:
    """Published ones of the first meeting, and a draft of the second's."""
    drafted = 0
    for number in (1, 2):
        held = meetings.get(secretary, number)
        with transaction():
            written = minutes.begin(secretary, held)
            db.session.flush()
            minutes.save_item(secretary, written, written.items[0], "**Agreed** to ask the health boards.", 1)
            drafted = written.items[0].id
            if number == 1:
                minutes.publish(secretary, held, written)
    return {"minuted": 1, "drafted": 2, "minute_item": drafted}


def _summary(official: Member) -> dict[str, int | str]:
    with transaction():
        made = summaries.make(official, Scope())
        db.session.flush()
        return {"summary": made.id}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        unavailable("No Chromium: install the system's package (chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A browser context of one person, and everything its console complained of."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site, self.context = site, context
        context.set_default_timeout(10_000)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> int:
        """Go there; the answer's status."""
        answer = self.page.goto(self.site.address + path, wait_until="load")
        assert answer is not None
        return answer.status

    def sign_in(self, email: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        assert self.page.url == f"{self.site.address}/", self.page.inner_text("main")

    def violations(self, drawn: set[str] | None = None, *, again: bool = False) -> list[str]:
        """What axe finds wrong with the page as it stands, in words.

        `drawn` remembers what was looked at for its colours, here and on other pages; `again` asks only what may differ
        from the same page at another width.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        rules = MEASURES if again else self.page.evaluate(_RULES, [KINDS, COLOURS])
        asked = [ALIKE, rules, COLOURS, sorted(drawn or ())]
        said = self.page.evaluate(_VIOLATIONS, asked)
        if drawn is not None:
            drawn.update(said["drawn"])
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]} ({one['help']})" for one in said["violations"]]

    def overflow(self) -> str:
        """What reaches beyond the page's right edge; empty when nothing does."""
        return str(self.page.evaluate(_OVERFLOW))


_RULES = """([kinds, colours]) =>
  axe.getRules(kinds).filter((rule) => !rule.tags.includes("experimental") && !colours.includes(rule.ruleId)).map((rule) => rule.ruleId)"""

_VIOLATIONS = """async ([alike, rules, colours, drawn]) => {
  const known = new Set(drawn), fresh = new Set(), elements = [];
  const chain = (one) => one === document.body ? innerWidth : `${chain(one.parentElement)}>${one.localName}.${one.className}`
    + `${one.type || ""}${one.disabled || ""}${one.checked || ""}${one.hidden}`;
  for (const one of document.body.querySelectorAll("*")) {
    const says = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says && !["input", "textarea", "select"].includes(one.localName)) continue;
    const key = chain(one);
    if (known.has(key) || fresh.has(key)) continue;
    fresh.add(key);
    elements.push(one);
  }
  const options = (values) => ({ runOnly: { type: "rule", values }, resultTypes: ["violations"], preload: false });
  const found = (await axe.run(alike, options(rules))).violations;
  if (elements.length) found.push(...(await axe.run({ include: elements }, options(colours))).violations);
  return { violations: found, drawn: [...fresh] };
}"""

_OVERFLOW = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return "";
  const wide = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > room + 1);
  const last = wide.at(-1);
  return `${document.documentElement.scrollWidth - room} pixels: ${last ? last.outerHTML.slice(0, 200) : "?"}`;
}"""

Visit = Callable[..., Visitor]


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Visit]:
    """`visit(Role.MEMBER)` is somebody signed in; `visit()` a stranger; `script=False` a browser without script."""
    contexts = []

    def enter(role: Role | None = None, *, script: bool = True, size: dict[str, int] = WIDE) -> Visitor:
        contexts.append(chromium.new_context(java_script_enabled=script, viewport=size))
        visitor = Visitor(site, contexts[-1])
        if role is not None:
            visitor.sign_in(site.people[role])
        return visitor

    yield enter
    for context in contexts:
        context.close()


def main_part(visitor: Visitor, path: str, status: int = 200) -> str:
    """The main part of the page there is for this person; empty for a file, a part of a page or a refusal."""
    try:
        answer = visitor.context.request.get(visitor.site.address + path, max_redirects=0)
    except Error:
        return ""
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.text().partition("<main")[2].partition("</main>")[0] if answer.status == status and is_html else ""
