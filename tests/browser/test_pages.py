"""Every page, for every role, on a desk and on a phone: nothing inaccessible, no complaint, nothing beyond the edge."""

from __future__ import annotations

import re

import pytest
from werkzeug.routing import Rule

from forum.members.models import Role
from tests.browser.conftest import NARROW, WIDE, Site, Visit, Visitor, main_part

pytestmark = pytest.mark.browser

# What stands in an address, by endpoint and argument; the part after the dot alone serves every other endpoint.
EXAMPLES = {
    "feedback.edit.number": "thread",
    "feedback.edit_reply.number": "thread",
    "feedback.add_files.number": "thread",
    "feedback.add_files_to_reply.number": "thread",
    "reply_number": "own_reply",
    "support_number": "evidence",
    "feedback.withdraw_reply.number": "thread",
    "letters.number": "letter",
    "meetings.number": "meeting",
    "minutes.show.number": "minuted",
    "minutes.take_back.number": "minuted",
    "minutes.write.number": "drafted",
    "minutes.write.item_id": "minute_item",
    "members.number": "member",
    "summaries.number": "summary",
    "item_id": "item",
    "member_id": "member",
    "sha256": "sha256",
    "replies.token": "reply",
}
SLUGS = {
    "admin.show_list": "themes",
    "admin.change_entry": "themes",
    "admin.add_entry": "themes",
    "admin.write_page": "privacy",
}
# Pages that need more than an address, parts of pages, and mails; the tests of their rooms open them.
QUERIES = {
    "challenges.choose_words": "?feedback=1",
    "search.show": "?q=mental",
    "summaries.contacts": "?sector=1",
}
NOT_OPENED = {
    "account.choose_password",
    "account.join",
    "health.live",
    "health.ready",
    "letters.show_html",
    "meetings.sample",
    "meetings.progress",
    "static",
}
# Pages of things the demonstration has none of (a paper, a series, a reminder …), and parts of pages: the tests of their
# rooms open them.
NOT_OPENED |= {
    "evaluations.give",
    "feedback.read_file",
    "feedback.remove_file",
    "feedback.check_reply",
    "feedback.flag_reply",
    "feedback.questions",
    "feedback.quote",
    "feedback.reveal",
    "feedback.reveal_reply",
    "feedback.suggest",
    "inbox.show",
    "meetings.accept_item",
    "meetings.add_series_item",
    "meetings.change_paper",
    "meetings.change_reminder",
    "meetings.change_series_item",
    "meetings.check_outside",
    "meetings.decline_item",
    "meetings.defer_item",
    "meetings.edit_series",
    "meetings.end_series",
    "meetings.needs",
    "meetings.one_series",
    "meetings.opening",
    "meetings.packs_progress",
    "meetings.read_pack",
    "meetings.read_paper",
    "meetings.show_reminder",
    "meetings.versions",
    "meetings.withdraw_paper",
    "members.group",
    "unsubscribe.leave",
}
FILE = re.compile(r"\.(csv|ics|<\w+.*:(kind|format_)>)$")
# Which elements are on show: what appears on a phone alone is looked at there.
SHOWN = """() => [...document.querySelectorAll("main *")].map((one) => +one.checkVisibility({ visibilityProperty: true })).join("")"""
CHANGING = re.compile(r'name="(csrf_token|form_key)"[^>]*value="[^"]*"|nonce="[^"]*"')


def value(site: Site, rule: Rule, argument: str) -> int | str:
    """Something this argument can be, so that the page is there."""
    if argument == "slug":
        words = getattr(rule._converters["slug"], "items", None)
        return SLUGS.get(rule.endpoint) or sorted(words)[0]
    room = rule.endpoint.split(".")[0]
    names = (f"{rule.endpoint}.{argument}", f"{room}.{argument}", argument)
    name = next((EXAMPLES[one] for one in names if one in EXAMPLES), None)
    if name:
        return site.numbers[name]
    choices = getattr(rule._converters[argument], "items", None)
    return sorted(choices)[0] if choices else 1


def paths(site: Site) -> list[str]:
    """Every address that can be opened, files and JSON left out."""
    rules = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    rules = [rule for rule in rules if rule.endpoint not in NOT_OPENED and not FILE.search(rule.rule)]
    return sorted({address(site, rule) for rule in rules} | {"/no-such-page"})


def address(site: Site, rule: Rule) -> str:
    built = rule.build({name: value(site, rule, name) for name in rule.arguments})
    assert built is not None, f"{rule.rule} could not be filled in: add what stands in it to EXAMPLES."
    return built[1] + QUERIES.get(rule.endpoint, "")


def faults(visitor: Visitor, path: str, drawn: set[str]) -> list[str]:
    """What is wrong with this page, on a desk and on a phone."""
    found, before = [], ""
    for size in (WIDE, NARROW):
        visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        if size is WIDE:
            visitor.open(path)
        shown = visitor.page.evaluate(SHOWN)
        again = size is NARROW and shown == before
        before = shown
        found += [f"{size['width']}: {words}" for words in visitor.violations(drawn, again=again)]
        if beyond := visitor.overflow():
            found.append(f"{size['width']}: beyond the edge by {beyond}")
    found += [f"console: {words}" for words in visitor.complaints if "404" not in words]
    visitor.complaints.clear()
    return [f"{path}: {words}" for words in found]


@pytest.fixture(scope="session")
def seen() -> set[str]:
    """Main parts that were looked at, whoever saw them."""
    return set()


@pytest.fixture(scope="session")
def drawn() -> set[str]:
    return set()


@pytest.mark.parametrize("role", [None, *Role])
def test_every_page_is_accessible_quiet_and_fits(site: Site, visit: Visit, seen, drawn, role):
    """What is the same for several people is looked at once. What surrounds it differs by role; it is looked at with
    Home, which is different for everybody."""
    visitor, found = visit(role), []
    for path in paths(site):
        main = CHANGING.sub("", main_part(visitor, path, 404 if path == "/no-such-page" else 200))
        if main and main not in seen:
            seen.add(main)
            found += faults(visitor, path, drawn)
    assert not found, "\n".join(found)


def test_every_address_is_a_page_for_somebody(site: Site, visit: Visit):
    """A page that nobody could open would be looked at by nobody."""
    visitors = [visit(role) for role in (Role.ADMIN, Role.MEMBER, None)]
    missed = [path for path in paths(site) if not any(main_part(visitor, path) for visitor in visitors)]
    assert missed == ["/no-such-page"]


def test_a_paragraph_selected_by_three_clicks_can_be_made_a_challenge(site: Site, visit: Visit):
    visitor = visit(Role.SECRETARIAT)
    visitor.open("/feedback/51")
    paragraph = visitor.page.locator("article .forum-words p").first
    words = paragraph.inner_text()
    paragraph.click(click_count=3)
    visitor.page.get_by_role("button", name="Raise a challenge").click()
    assert visitor.page.get_by_label("Words", exact=True).input_value() == words


def test_without_script_a_member_signs_in_answers_and_shares_feedback(site: Site, visit: Visit):
    visitor = visit(Role.MEMBER, script=False)
    page = visitor.page
    page.get_by_role("button", name="Yes, online").first.click()
    assert "Your answer is saved: Yes, online" in page.inner_text("main")
    visitor.open("/feedback/new")
    page.get_by_label("Challenge", exact=True).check()
    page.get_by_label("Title", exact=True).fill("Referrals come back unopened")
    page.get_by_label("What is happening?").fill("We wait nine weeks for a first appointment.")
    page.get_by_label("Cross-cutting").check()
    page.get_by_text("Choose themes (optional)").click()
    page.get_by_label("Mental health", exact=True).check()
    page.get_by_role("button", name="Post feedback").click()
    assert re.fullmatch(rf"{site.address}/feedback/\d+", page.url), page.inner_text("main")
    assert "We wait nine weeks" in page.inner_text("main")


def test_without_script_or_signing_in_an_invitation_is_answered_by_its_link(site: Site, visit: Visit):
    visitor = visit(script=False, size=NARROW)
    visitor.open(f"/reply/{site.numbers['reply']}")
    visitor.page.get_by_role("button", name="Maybe").click()
    assert "Your answer is saved: Maybe" in visitor.page.inner_text("main")


def test_the_checks_find_what_they_are_for(visit: Visit):
    visitor = visit(size=NARROW)
    visitor.page.set_content("<main><h1>Hello</h1><img src='data:,'><p style='width: 500px'>Wide</p></main>")
    assert any("image-alt" in words for words in visitor.violations())
    assert "pixels: <p" in visitor.overflow()
    visitor.page.evaluate("console.error('Oh no')")
    assert visitor.complaints[-1] == "Oh no"


def test_whatever_people_write_stays_within_a_phone(site: Site, visit: Visit):
    """As pasted from a mail that was answered forty times, or from a spreadsheet with thirty columns."""
    visitor = visit(Role.MEMBER, size=NARROW)
    visitor.open("/feedback/51")
    for words in (
        "<ul><li>a" * 40 + "</li></ul>" * 40,
        "<blockquote>" * 60 + "deep" + "</blockquote>" * 60,
        "<table><tr>" + "<td>column</td>" * 30 + "</tr></table>",
        f"<pre>{'x' * 500}</pre><p>{'a' * 500}</p>",
    ):
        width = visitor.page.evaluate(
            "words => { document.querySelector('article .forum-words').innerHTML = words; return document.documentElement.scrollWidth }",
            words,
        )
        assert width <= NARROW["width"], words[:20]
