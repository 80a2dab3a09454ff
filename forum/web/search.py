"""The search page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from forum.feedback.queries import Choices, choices
from forum.feedback.rules import CROSS_CUTTING
from forum.search import queries, rules
from forum.search.queries import GROUPS, Hit, Narrowing
from forum.web.feedback.filters import Select
from forum.web.furniture import me, this_page

blueprint = Blueprint("search", __name__, url_prefix="/search")

NUMBERS = {"theme": "theme_id", "priority": "priority_id", "area": "force_id"}
DAYS = {"from": "since", "to": "until"}
FILTERS = (*NUMBERS, *DAYS)
PLACES = {
    "feedback": "/feedback/{number}",
    "reply": "/feedback/{number}?at={part}#post-{part}",
    "challenge": "/challenges/{number}",
    "response": "/challenges/{number}",
    "status_change": "/challenges/{number}",
    "meeting": "/meetings/{number}",
    "agenda_item": "/meetings/{number}/agenda",
    "paper": "/meetings/{number}/papers",
    "minute_item": "/meetings/{number}/minutes#item-{part}",
    "member": "/members/{number}",
    "organisation": "/organisations/{number}",
}
PREFIXES = {"feedback": "FB", "challenges": "CH", "meetings": "MTG"}  # of references, by the first part of the address


@blueprint.get("")
def show() -> ResponseReturnValue:
    question = request.args.get("q", "").strip()
    page = min(max(1, request.args.get("page", 1, type=int)), queries.LAST_PAGE)
    selects = _selects(choices(), request.args)
    days, problems = _days(request.args)
    group = request.args.get("in", "")
    narrowing = _narrowing(group, selects, days)
    found = queries.search(me(), question, page, narrowing)
    return render_template(
        "search/show.html",
        question=question,
        found=found,
        page=page,
        pages=queries.pages(found.total),
        tabs_shown=_tabs(narrowing.group, found) if question else [],
        group=narrowing.group,
        groups=GROUPS,
        selects=selects,
        days=days,
        day_problems=problems,
        problems=[(text, f"#{name}") for name, text in problems.items()],
        chips=_chips(selects, days),
        plain=this_page(page=None, **dict.fromkeys(FILTERS)),
        shorter=rules.shorter(question),
        walked=queries.MOST_WALKED,
        marked=marked,
        place=place,
        reference=reference,
    )


def place(hit: Hit) -> str:
    """The address of what was found."""
    return PLACES[hit.card.kind].format(number=hit.card.number, part=hit.card.part)


def reference(hit: Hit) -> str:
    """The reference people quote: FB-61; empty where a thing has none."""
    prefix = PREFIXES.get(PLACES[hit.card.kind].split("/")[1])
    return f"{prefix}-{hit.card.number}" if prefix else ""


def marked(text: str) -> Markup:
    """Plain text as HTML, with the words that were found marked."""
    shown = str(escape(text)).replace(queries.START, "<mark>").replace(queries.END, "</mark>")
    return Markup(shown)  # noqa: S704 - escaped above


# --- what it is narrowed to ------------------------------------------------------------------------------------------


def _selects(offered: Choices, sent: Mapping[str, str]) -> list[Select]:
    lists = (
        ("theme", "Theme", offered.themes),
        ("priority", "Priority", (*offered.priorities, (0, CROSS_CUTTING))),
        ("area", "Area", offered.forces),
    )
    shown = []
    for name, label, entries in lists:
        pairs = tuple((str(number), title) for number, title in entries)
        chosen = sent.get(name, "")
        shown.append(Select(name, label, pairs, chosen if chosen in dict(pairs) else ""))
    return shown


def _days(sent: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The days as they were sent, and what is wrong with them."""
    days = {name: sent.get(name, "").strip()[:20] for name in DAYS}
    problems = {
        name: f"Enter the date {'from' if name == 'from' else 'up to'} which to look as year, month and day, like 2016-11-15"
        for name, typed in days.items()
        if typed and _day(typed) is None
    }
    return days, problems


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _narrowing(group: str, selects: list[Select], days: Mapping[str, str]) -> Narrowing:
    chosen = {NUMBERS[one.name]: int(one.chosen) for one in selects if one.chosen}
    asked = {DAYS[name]: day for name, typed in days.items() if (day := _day(typed))}
    return Narrowing(group=group if group in GROUPS else None, **chosen, **asked)  # type: ignore[arg-type]


def _chips(selects: list[Select], days: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is chosen in words, each with the address of the page without it."""
    chosen = [(one.name, f"{one.label}: {one.words}") for one in selects if one.chosen]
    chosen += [(name, f"{name.capitalize()} {typed}") for name, typed in days.items() if typed]
    return [(words, this_page(**{name: None, "page": None})) for name, words in chosen]


def _tabs(group: str | None, found: queries.Found) -> list[tuple[str, str, bool, int | None]]:
    """Where to look: everywhere, and in the kinds of things in which something was found."""
    everything = ("Everything", this_page(page=None, **{"in": None}), group is None, None if group else found.total)
    some = [
        (GROUPS[name], this_page(page=None, **{"in": name}), name == group, found.counts.get(name, 0))
        for name in GROUPS
        if name == group or found.counts.get(name)
    ]
    return [everything, *some]
