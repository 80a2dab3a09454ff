"""From what was read to what a summary says. Nothing is asked of the database here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from forum.base import clock, richtext
from forum.base.words import plural
from forum.challenges.models import CLOSED
from forum.challenges.queries import SummaryRow
from forum.challenges.rules import says, sentences
from forum.feedback.models import Attribution, FeedbackKind
from forum.feedback.rules import KINDS
from forum.feedback.rules.entering import way
from forum.feedback.rules.supporting import Backing
from forum.summaries import rules
from forum.summaries.commands import wording
from forum.summaries.commands.wording import Material
from forum.summaries.models import (
    Cell,
    ChallengePart,
    Content,
    Counts,
    Question,
    Quotation,
    Table,
    ThemePart,
)
from forum.summaries.queries import ContributionRow
from forum.summaries.rules import Speaker

NOBODY_YET = Backing()
LONGEST_SENTENCE = 400  # characters of a first sentence that is quoted
UNPLACED = NOT_KNOWN, NOT_TOLD, NO_THEME = "Not known", "Not told", "No theme"
ITEM_COLUMNS = (
    "Reference", "Date", "Kind", "Priority", "Themes", "Sector", "Region", "Police force area", "Attribution",
    "How it reached us", "Marking", "Same here", "Title", "Text", "Challenges",
)  # fmt: skip
PUBLISHED_COLUMNS = ("Reference", "Date", "Kind", "Priority", "Themes", "Title", "Challenges")


Voice = Callable[[Speaker], str]


class Told(NamedTuple):
    """A contribution, and what of it may be told."""

    row: ContributionRow
    text: str
    sector: str
    region: str
    area: str
    themes: Sequence[str]
    challenges: Sequence[str]
    supporters: int  # organisations that say "same here"

    @property
    def reference(self) -> str:
        return f"FB-{self.row.id}"


def compose(material: Material) -> Content:
    """Everything the summary says."""
    told, counts = _told(material), _counts(material)
    voice = _voice(material, told)
    return {
        "about": wording.about(material),
        "figures": _figures(material, counts),
        "scope": wording.scope(material, counts),
        "method": wording.method(material, counts),
        "took_part": wording.took_part(counts),
        "who": _who(told, material.is_for_publication),
        "what": [
            _by_kind(told),
            _by_theme(told, counts, material.is_for_publication),
            _by_source(told, material.is_for_publication),
        ],
        "themes": _themes(material, told, voice),
        "challenges": _challenges(material.challenges),
        "questions": _questions(told, voice),
        "next_steps": _next_steps(material.challenges),
        "items": _items(told, voice, material.is_for_publication),
        "counts": counts,
        "made_by": material.made_by,
    }


def _told(material: Material) -> list[Told]:
    crowd = material.membership.crowd
    behind: dict[int, list[str]] = defaultdict(list)
    for challenge in material.challenges:
        behind[challenge.feedback_id].append(challenge.reference)
    return [
        Told(
            row,
            richtext.to_text(row.html),
            *_placed(row, crowd),
            material.themes.get(row.id, ()),
            behind[row.id],
            material.supports.get(row.id, NOBODY_YET).organisations,
        )
        for row in material.contributions
    ]


def _voice(material: Material, told: Sequence[Told]) -> Voice:
    """How whoever said something is told of in this summary."""
    if not material.is_for_publication:
        return lambda speaker: rules.told(speaker, material.membership.crowd)
    sectors = _published("By sector", "Sector", _groups(told, lambda one: [one.sector]))
    shown = {name for name, count in sectors["rows"] if isinstance(count, int)}
    return lambda speaker: rules.told_outside(speaker, [str(name) for name in shown])


def _placed(row: ContributionRow, crowd: rules.Crowd) -> tuple[str, str, str]:
    """Sector, region and area as every table tells them, so that no table gives away what another keeps."""
    known = row.speaker.sector, row.region, row.area
    places = rules.placed(row.speaker, row.region, row.area, crowd)
    withheld = NOT_TOLD if row.speaker.attribution is Attribution.UNATTRIBUTED else NOT_KNOWN
    sector, region, area = (place or (withheld if was else NOT_KNOWN) for place, was in zip(places, known, strict=True))
    return sector, region, area


# --- numbers ---------------------------------------------------------------------------------------------------------


def _counts(material: Material) -> Counts:
    rows, figures, replies = material.contributions, material.figures, material.replies
    authors = {row.author_id for row in rows}
    return {
        "contributions": len(rows),
        "in_scope": len(rows) + figures.sensitive + figures.restricted,
        "sensitive_left_out": figures.sensitive,
        "withdrawn_left_out": figures.withdrawn,
        "restricted_left_out": figures.restricted,
        "challenges_left_out": material.challenges_left_out,
        "people": _people(rows),
        "unknown_people": sum(row.person is None for row in rows),
        "organisations": _organisations(rows),
        "invited": len(material.membership.invited),
        "took_part": len(authors & material.membership.invited),
        "labels": sum(len(material.themes.get(row.id, ())) for row in rows),
        "replies": replies.by_members,
        "official_replies": replies.official,
    }


def _people(rows: Iterable[ContributionRow]) -> int:
    return len({row.person for row in rows} - {None})


def _organisations(rows: Iterable[ContributionRow]) -> int:
    return len({row.organisation_id for row in rows} - {None})


def _figures(material: Material, counts: Counts) -> list[list[Cell]]:
    raised = len({row.id for row in material.challenges})
    pairs = [
        (counts["contributions"], "contribution"),
        (counts["people"], "person"),
        (counts["organisations"], "organisation"),
        (counts["replies"], "reply"),
        (raised, "challenge"),
    ]
    many = {"person": "people", "reply": "replies"}
    return [[count, one if count == 1 else many.get(one, f"{one}s")] for count, one in pairs]


def _groups(told: Iterable[Told], names: Callable[[Told], Iterable[str]]) -> list[tuple[str, list[Told]]]:
    """The contributions under each name, most first, those without one last."""
    groups: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        for name in names(one):
            groups[name].append(one)
    return sorted(groups.items(), key=lambda group: (group[0] in UNPLACED, -len(group[1]), group[0]))


def _who(told: Sequence[Told], is_for_publication: bool) -> list[Table]:
    sectors, regions = _groups(told, lambda one: [one.sector]), _groups(told, lambda one: [one.region])
    if is_for_publication:
        return [_published("By sector", "Sector", sectors), _published("By region", "Region", regions)]
    areas = _groups(told, lambda one: [f"{one.area}, {one.region}" if one.area != one.region else one.area])
    return [
        _full("By sector", "Sector", sectors, told),
        _full("By region", "Region", regions, told),
        _full("By police force area", "Police force area", areas, told),
    ]


def _full(title: str, named: str, groups: Iterable[tuple[str, list[Told]]], told: Sequence[Told]) -> Table:
    return {
        "title": title,
        "columns": [named, "Contributions", "People", "Organisations"],
        "rows": [[name, *_three(group)] for name, group in groups],
        "note": f"All together: {_in_words(told)}.",
    }


def _three(told: Iterable[Told]) -> tuple[int, int, int]:
    """Contributions, people, organisations."""
    rows = [one.row for one in told]
    return len(rows), _people(rows), _organisations(rows)


def _in_words(told: Sequence[Told]) -> str:
    contributions, people, organisations = _three(told)
    said = plural(contributions, "contribution"), plural(people, "person", "people")
    return f"{said[0]} by {said[1]} from {plural(organisations, 'organisation')}"


def _published(title: str, named: str, groups: Sequence[tuple[str, list[Told]]]) -> Table:
    """Contributions alone, without small counts: a second column would help to work them out, and so would an order by
    count."""
    groups = sorted(groups, key=lambda group: (group[0] in UNPLACED, group[0]))
    counts = rules.published([len(group) for _, group in groups])
    table: Table = {"title": title, "columns": [named, "Contributions"], "rows": [], "note": ""}
    if counts is None:
        table["note"] = "Left out: the counts are so small that they could be worked out from their total."
        return table
    table["rows"] = [[name, count] for (name, _), count in zip(groups, counts, strict=True)]
    table["note"] = f"All together: {plural(sum(len(group) for _, group in groups), 'contribution')}."
    return table


def _by_kind(told: Sequence[Told]) -> Table:
    return {
        "title": "By kind",
        "columns": ["Kind", "Contributions"],
        "rows": [[name, len(group)] for name, group in _groups(told, lambda one: [KINDS[one.row.kind]])],
        "note": "",
    }


def _by_theme(told: Sequence[Told], counts: Counts, is_for_publication: bool) -> Table:
    columns = ["Theme", "Contributions", "Share", "Organisations"]
    rows: list[list[Cell]] = [
        [name, len(group), rules.share(len(group), len(told)), _organisations(one.row for one in group)]
        for name, group in _groups(told, _themes_of)
    ]
    kept = len(columns) - is_for_publication
    return {
        "title": "By theme",
        "columns": columns[:kept],
        "rows": [row[:kept] for row in rows],
        "note": f"{plural(counts['contributions'], 'contribution')} carry {plural(counts['labels'], 'theme')}, so these "
        "do not add up to the total.",
    }


def _by_source(told: Sequence[Told], is_for_publication: bool) -> Table:
    title, named = "By how it reached us", "How it reached us"
    groups = _groups(told, lambda one: [way(one.row.source)])
    if is_for_publication:
        return _published(title, named, groups)
    rows: list[list[Cell]] = [[name, len(group)] for name, group in groups]
    return {"title": title, "columns": [named, "Contributions"], "rows": rows, "note": ""}


def _themes_of(one: Told) -> Sequence[str]:
    return one.themes or [NO_THEME]


# --- words -----------------------------------------------------------------------------------------------------------


def _themes(material: Material, told: Sequence[Told], voice: Voice) -> list[ThemePart]:
    words = _cited_words(material, {one.row.id: one for one in told}, voice)
    return [
        {
            "title": name,
            "sentence": _sentence(group, len(told), material.is_for_publication),
            "sectors": None if material.is_for_publication else _by_sector(group),
            "quotes": _quotes(group, words, voice, material.quotes),
            "challenges": list(dict.fromkeys(reference for one in group for reference in one.challenges)),
        }
        for name, group in _groups(told, _themes_of)
    ]


def _sentence(group: Sequence[Told], whole: int, is_for_publication: bool) -> str:
    said = "" if is_for_publication else f"{_in_words(group)}. "
    return f"{said}{len(group):,} of {plural(whole, 'contribution')} ({rules.share(len(group), whole)})."


def _by_sector(group: Sequence[Told]) -> Table:
    return _full("By sector", "Sector", _groups(group, lambda one: [one.sector]), group)


def _cited_words(material: Material, told: dict[int, Told], voice: Voice) -> dict[int, Quotation]:
    """The first words cited from each contribution or its replies that still stand there."""
    found: dict[int, Quotation] = {}
    for cited in material.cited:
        if cited.feedback_id in found or (cited.is_edited and not says(told[cited.feedback_id].text, cited.words)):
            continue
        by, reference = voice(cited.speaker), told[cited.feedback_id].reference
        found[cited.feedback_id] = {"words": cited.words, "by": by, "reference": reference}
    return found


def _quotes(group: Sequence[Told], words: dict[int, Quotation], voice: Voice, most: int) -> list[Quotation]:
    """Cited words; on a theme without any, first sentences. One of each contribution, the oldest first."""
    cited = [words[one.row.id] for one in group if one.row.id in words]
    return (cited or [_opening(one, voice) for one in group[:most] if one.text])[:most]


def _opening(one: Told, voice: Voice) -> Quotation:
    first = next(iter(sentences(one.text)), "")
    if len(first) > LONGEST_SENTENCE:
        first = f"{first[:LONGEST_SENTENCE].rsplit(' ', 1)[0]} […]"
    return {"words": first, "by": voice(one.row.speaker), "reference": one.reference}


def _challenges(rows: Iterable[SummaryRow]) -> list[ChallengePart]:
    parts: dict[int, ChallengePart] = {}
    for row in rows:
        if row.id not in parts:
            parts[row.id] = _challenge(row)
        parts[row.id]["sources"].append(f"FB-{row.feedback_id}")
    return list(parts.values())


def _challenge(row: SummaryRow) -> ChallengePart:
    return {
        "reference": row.reference,
        "title": row.title,
        "status": row.status.label,
        "rating": row.rating.value.capitalize(),
        "owner": row.owner or "No owner yet",
        "response": richtext.to_text(row.response) or "No response yet",
        "due": clock.show_date(row.response_due_on) if row.response_due_on else "No date",
        "sources": [],
    }


def _questions(told: Iterable[Told], voice: Voice) -> list[Question]:
    asked = (one for one in told if one.row.kind is FeedbackKind.QUESTION)
    return [{"reference": one.reference, "title": one.row.title, "by": voice(one.row.speaker)} for one in asked]


def _next_steps(rows: Iterable[SummaryRow]) -> list[str]:
    """The responses still owed, the earliest due first."""
    owed = {row.id: row for row in rows if not row.response and row.status not in CLOSED}
    ordered = sorted(owed.values(), key=lambda row: (row.response_due_on is None, row.response_due_on or 0, row.id))
    return [wording.next_step(row, row.response_due_on) for row in ordered]


def _items(told: Iterable[Told], voice: Voice, is_for_publication: bool) -> Table:
    columns = PUBLISHED_COLUMNS if is_for_publication else ITEM_COLUMNS
    rows = [_item(one, voice) for one in told]
    return {
        "title": "Contributions",
        "columns": list(columns),
        "rows": [[row[column] for column in columns] for row in rows],
        "note": "",
    }


def _item(one: Told, voice: Voice) -> dict[str, Cell]:
    return {
        "Reference": one.reference,
        "Date": clock.london(one.row.posted_at).date().isoformat(),
        "Kind": KINDS[one.row.kind],
        "Priority": one.row.priority,
        "Themes": "; ".join(one.themes),
        "Sector": one.sector,
        "Region": one.region,
        "Police force area": one.area,
        "Attribution": voice(one.row.speaker),
        "How it reached us": way(one.row.source),
        "Marking": one.row.marking.value,
        "Title": one.row.title,
        "Text": one.text,
        "Challenges": ", ".join(one.challenges),
        "Same here": one.supporters,
    }
