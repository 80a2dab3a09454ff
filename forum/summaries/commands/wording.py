"""What a summary says in sentences: of what it is, how it was made, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from forum.base import clock
from forum.base.words import plural
from forum.challenges.queries import SummaryRow
from forum.feedback.rules.supporting import Backing
from forum.summaries import rules
from forum.summaries.models import Counts
from forum.summaries.queries import CitedRow, ContributionRow, Figures, Membership, Replies
from forum.summaries.rules import Scope


class Material(NamedTuple):
    """Everything a summary is made of, read at one moment. Empty `theme` and `priority` are no choice of one."""

    scope: Scope
    theme: str
    priority: str
    made_by: str
    made_at: datetime
    quotes: int
    is_for_publication: bool
    figures: Figures
    contributions: Sequence[ContributionRow]
    themes: dict[int, list[str]]
    supports: dict[int, Backing]
    cited: Sequence[CitedRow]
    challenges: Sequence[SummaryRow]
    challenges_left_out: int
    replies: Replies
    membership: Membership


def be(count: int) -> str:
    return "is" if count == 1 else "are"


def title_of(material: Material) -> str:
    """A title made from the scope: "Feedback summary: Early intervention, 1 July 2016 to 30 November 2016"."""
    subject = ", ".join(filter(None, (material.theme, _priority(material))))
    period = _period(material.scope)
    return f"Feedback summary: {', '.join((subject or 'all feedback', *([period] if period else [])))}"[:200]


def about(material: Material) -> list[list[str]]:
    """What the summary is, as (term, words)."""
    audience = "Publication outside the Forum" if material.is_for_publication else "Use within the programme"
    moment = clock.show_moment(material.made_at)
    return [["Made by", material.made_by], ["Made", moment], ["Data as at", moment], ["Made for", audience]]


def scope(material: Material, counts: Counts) -> list[str]:
    """Every choice in words, and what is left out with how many."""
    chosen = [
        f"Theme: {material.theme or 'all themes'}.",
        f"Priority: {_priority(material) or 'all six priorities, and contributions that are cross-cutting'}.",
        f"Period: {_period(material.scope) or 'from the first contribution to the moment this was made'}.",
    ]
    taken, whole = counts["contributions"], counts["in_scope"]
    said = f"{taken:,} of {plural(whole, 'contribution')} {be(taken)} in this summary."
    return [*chosen, said, *_left_out(material, counts)]


def _left_out(material: Material, counts: Counts) -> list[str]:
    sensitive, withdrawn, unquoted = (
        counts[key] for key in ("sensitive_left_out", "withdrawn_left_out", "challenges_left_out")
    )
    restricted = counts["restricted_left_out"]
    lines = []
    if material.scope.takes_sensitive:
        lines.append("Contributions marked OFFICIAL-SENSITIVE are taken.")
    else:
        lines.append(
            f"{plural(sensitive, 'contribution')} marked OFFICIAL-SENSITIVE {be(sensitive)} left out."
            if sensitive
            else "No contribution is marked OFFICIAL-SENSITIVE, so none is left out for that."
        )
    if restricted:
        lines.append(f"{plural(restricted, 'contribution')} kept to a group of members {be(restricted)} left out.")
    if withdrawn:
        lines.append(f"{plural(withdrawn, 'contribution')} withdrawn by or for the author {be(withdrawn)} not counted.")
    if files := material.replies.files:
        lines.append(f"{plural(files, 'file')} that came with what was said {be(files)} not in it.")
    if unquoted:
        lines.append(f"{plural(unquoted, 'challenge')} marked OFFICIAL-SENSITIVE {be(unquoted)} left out.")
    return lines


def _priority(material: Material) -> str:
    return "Cross-cutting" if material.scope.priority_id == rules.CROSS_CUTTING else material.priority


def _period(chosen: Scope) -> str:
    first, last = (day and clock.show_date(day) for day in (chosen.from_on, chosen.to_on))
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"to {last}" if last else ""


def took_part(counts: Counts) -> str:
    """54 of the 117 members the Forum writes to took part."""
    part, whole = counts["took_part"], counts["invited"]
    share = f" ({part / whole:.0%})" if whole else ""
    return (
        f"{part:,} of the {plural(whole, 'member')} the Forum writes to, who had joined by the end of the period, "
        f"contributed{share}."
    )


SAME_HERE = (
    "“Same here” in the list of contributions is the number of organisations that said that it is so with them too, when this "
    "summary was made. It is in no other number."
)


def method(material: Material, counts: Counts) -> list[str]:
    """How the numbers were made and what they mean."""
    replies = material.replies
    return [
        "A contribution is a thread that a member started, or words brought in from elsewhere. Replies are counted apart: "
        f"{plural(replies.by_members, 'reply', 'replies')} by members. "
        f"{plural(replies.official, 'reply', 'replies')} made for the department {be(replies.official)} in no count.",
        "Contributions are not people, and people are not organisations: each is counted once, so all three numbers are "
        f"given. {_unknown(counts)}",
        f"One contribution may carry several themes. {_labels(counts)} Each counts once in the total and once in each of "
        "its themes, so the themes together come to more than the total.",
        f"Count words stand for a share of all contributions here: {_count_words()}. They stand beside the number.",
        "Contributions are the views of those who made them. They are not a sample, so the numbers carry no statistical "
        "weight.",
        "Sectors are those of the author’s organisation when they contributed. Regions and police force areas are those the "
        "contribution is about. “Not known” is used where neither was given.",
        "Quotes are verbatim: words the secretariat chose as evidence for a challenge or, on a theme without any, the first "
        f"sentence. {_speakers(material.is_for_publication)}",
        "An author who asked not to be attributed is counted by sector and region only where at least "
        f"{rules.SMALLEST} members share both, by sector alone where they share that, and otherwise as “Not told”.",
        _small_counts(material.is_for_publication),
        *([] if material.is_for_publication else [SAME_HERE]),
    ]


def _unknown(counts: Counts) -> str:
    unknown = counts["unknown_people"]
    if not unknown:
        return "The author of every contribution is known to the secretariat or has a number of their own."
    return f"{plural(unknown, 'contribution')} whose author nobody recorded {be(unknown)} counted under no person."


def _labels(counts: Counts) -> str:
    return f"{plural(counts['contributions'], 'contribution')} carry {plural(counts['labels'], 'theme')} between them."


def _count_words() -> str:
    words = []
    above = 100
    for word, percent in rules.COUNT_WORDS:
        words.append(
            f"“{word}” is more than {percent}%"
            if above == 100
            else f"“{word}” {percent}% to {above}%"
            if percent
            else f"“{word}” less than {above}%"
        )
        above = percent
    return ", ".join(words)


def _speakers(is_for_publication: bool) -> str:
    if is_for_publication:
        return (
            "Nobody is named outside the Forum: a quote gives the sector of its author where the count of that sector is "
            "published, and otherwise “A Forum member”."
        )
    return (
        "Authors are named where they agreed to it. Where they asked for their organisation only, its sector is given, and "
        f"its region where at least {rules.SMALLEST} members share both. Others are “A Forum member”."
    )


def _small_counts(is_for_publication: bool) -> str:
    if not is_for_publication:
        return (
            "This summary is for use within the programme and shows small counts. Make one for publication before any of it "
            "leaves the Forum."
        )
    return (
        f"For publication, counts below {rules.SMALLEST} by sector and by region read “{rules.FEWER}”. Where the total would "
        f"give one back, the next larger count is hidden too and both read “{rules.NOT_SHOWN}”, or the table is left out. "
        "Counts of people and organisations other than the totals, police force areas, sectors within themes, and the words "
        "and sectors of each contribution are not published, because small counts could be worked out from them."
    )


def next_step(row: SummaryRow, due: date | None) -> str:
    """What is still owed on a challenge."""
    owner = f" from {row.owner}" if row.owner else ""
    when = f"is due on {clock.show_date(due)}" if due else "has no date yet"
    return f"{row.reference} {row.title}: the response{owner} {when}."
