"""The log: narrowed, a page at a time, and whole for files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, richtext
from forum.base.db import db
from forum.base.paging import Page, page
from forum.challenges import rules
from forum.challenges.models import (
    CLOSED,
    RESPONSE,
    Challenge,
    Citation,
    Rating,
    Response,
    Status,
    StatusChange,
    challenge_theme,
)
from forum.challenges.queries.one import matching, readable_by
from forum.challenges.queries.quoting import Columns, cited_posts, is_by, of_post
from forum.feedback import queries as feedback
from forum.feedback.models import Attribution, Feedback, Support
from forum.feedback.queries.supporting import UNIT
from forum.members.models import Member, Organisation
from forum.reference.models import Marking, PoliceForce, Priority, Sector, Theme

CROSS_CUTTING = -1  # instead of a priority's id


class Filter(NamedTuple):
    """What part of the log is wanted; ids of priority, theme and owner."""

    statuses: Collection[Status] = ()
    priority: int | None = None
    theme: int | None = None
    rating: Rating | None = None
    owner: int | None = None
    without_response: bool = False
    text: str = ""


class LogRow(NamedTuple):
    """A line of the log. `sources` counts the threads it quotes; `is_yours`: the reader's own words are among them."""

    id: int
    title: str
    status: Status
    prevalence: int
    impact: int
    is_sensitive: bool
    priority: str
    owner: str
    response_due_on: date | None
    active_at: datetime
    is_answered: bool
    sources: int
    supporters: int  # organisations that say "same here" to one of these threads or several
    is_yours: bool

    @property
    def reference(self) -> str:
        return f"CH-{self.id}"

    @property
    def rating(self) -> Rating:
        return Rating.of(self.prevalence * self.impact)

    @property
    def is_overdue(self) -> bool:
        return rules.is_overdue(self.response_due_on, self.status in CLOSED, self.is_answered, clock.today())


class Choices(NamedTuple):
    """What a list of challenges can be narrowed by, as (id, words): only what is in use. `quarters`: from the first
    answer to the last, latest first.
    """

    priorities: list[tuple[int, str]]
    themes: list[tuple[int, str]]
    owners: list[tuple[int, str]]
    quarters: list[rules.Quarter]


class ExportRow(NamedTuple):
    """Everything the log says of one challenge, in words."""

    reference: str
    title: str
    description: str
    priority: str
    themes: str
    category: str
    sources: str
    supporters: int
    opened_on: date
    raised_by: str
    prevalence: int
    impact: int
    rating: str
    owner: str
    response: str
    status: str
    response_due_on: date | None
    progress: str
    closed_on: date | None
    closed_because: str
    history: str
    marking: str


# --- parts of statements ---------------------------------------------------------------------------------------------

is_answered = sa.exists().where(Response.challenge_id == Challenge.id, Response.kind == RESPONSE)
is_sensitive = sa.or_(
    Challenge.marking == Marking.SENSITIVE,
    cited_posts(sa.literal(1))
    .where(Citation.challenge_id == Challenge.id, Feedback.marking == Marking.SENSITIVE)
    .correlate(Challenge)
    .exists(),
)


def is_yours(actor: Member) -> sa.ColumnElement[bool]:
    """Whether the challenge quotes this person."""
    return (
        cited_posts(sa.literal(1))
        .where(Citation.challenge_id == Challenge.id, is_by(actor))
        .correlate(Challenge)
        .exists()
    )


def supporters(actor: Member) -> sa.ScalarSelect[int]:
    """How many organisations say "same here" to what the challenge quotes, each once."""
    wanted = sa.select(sa.func.count(UNIT.distinct())).select_from(Citation)
    wanted = wanted.join(Support, Support.feedback_id == Citation.feedback_id)
    wanted = wanted.join(Feedback, Feedback.id == Citation.feedback_id)
    of_challenge = wanted.where(Citation.challenge_id == Challenge.id).correlate(Challenge)
    return of_challenge.where(feedback.stands(Feedback), feedback.readable_by(actor)).scalar_subquery()


def rows(actor: Member) -> Columns:
    """The columns of LogRow, in its order."""
    sources = sa.select(sa.func.count(Citation.feedback_id.distinct())).join(
        Feedback, Feedback.id == Citation.feedback_id
    )
    sources = sources.where(Citation.challenge_id == Challenge.id, feedback.readable_by(actor))
    return (
        sa.select(
            Challenge.id,
            Challenge.title,
            Challenge.status,
            Challenge.prevalence,
            Challenge.impact,
            is_sensitive,
            sa.func.coalesce(Priority.short_title, "Cross-cutting"),
            sa.func.coalesce(Member.name, ""),
            Challenge.response_due_on,
            Challenge.active_at,
            is_answered,
            sources.scalar_subquery(),
            supporters(actor),
            is_yours(actor),
        )
        .outerjoin(Priority, Priority.id == Challenge.priority_id)
        .outerjoin(Member, Member.id == Challenge.owner_id)
        .where(readable_by(actor))
    )


def _narrowed(select: Columns, wanted: Filter) -> Columns:
    if wanted.statuses:
        select = select.where(Challenge.status.in_(wanted.statuses))
    if wanted.priority is not None:
        select = select.where(in_priority(wanted.priority))
    if wanted.theme is not None:
        select = select.where(has_theme(wanted.theme))
    if wanted.rating is not None:
        score = Challenge.prevalence * Challenge.impact
        select = select.where(score.between(wanted.rating.lowest, wanted.rating.highest))
    if wanted.owner is not None:
        select = select.where(Challenge.owner_id == wanted.owner)
    if wanted.without_response:
        select = select.where(~is_answered, Challenge.status.not_in(CLOSED))
    return select.where(matching(wanted.text))


def in_priority(number: int) -> sa.ColumnElement[bool]:
    return Challenge.priority_id.is_(None) if number == CROSS_CUTTING else Challenge.priority_id == number


def has_theme(number: int) -> sa.ColumnElement[bool]:
    return sa.exists().where(challenge_theme.c.challenge_id == Challenge.id, challenge_theme.c.theme_id == number)


# --- reading ---------------------------------------------------------------------------------------------------------


def log(actor: Member, wanted: Filter, key: str | None = None, size: int = 50) -> Page[LogRow]:
    """This part of the log, what moved last first. One statement."""
    order = [Challenge.active_at.desc(), Challenge.id.desc()]
    return page(_narrowed(rows(actor), wanted), order, key, size).of(LogRow._make)


def choices() -> Choices:
    """What lists of challenges can be narrowed by. One statement."""
    seconds = sa.cast(sa.extract("epoch", Challenge.answered_at), sa.BigInteger)
    parts = (
        sa.select(sa.literal(0), Priority.position, Priority.short_title, Priority.id),
        sa.select(sa.literal(1), Theme.position, Theme.title, Theme.id).where(
            sa.exists().where(challenge_theme.c.theme_id == Theme.id)
        ),
        sa.select(sa.literal(2), sa.literal(0), Member.name, Member.id).where(
            sa.exists().where(Challenge.owner_id == Member.id)
        ),
        sa.select(sa.literal(3), sa.func.min(seconds), sa.literal(""), sa.func.max(seconds)),
    )
    found: list[list[tuple[Any, ...]]] = [[], [], [], []]
    for part, position, words, number in db.session.execute(sa.union_all(*parts)):
        found[part].append((position, words, number))
    ends = [(first, last) for first, _, last in found.pop() if first is not None]
    priorities, themes, owners = ([(number, words) for _, words, number in sorted(part)] for part in found)
    quarters = _quarters(*ends[0]) if ends else []
    return Choices([*priorities, (CROSS_CUTTING, "Cross-cutting")], themes, owners, quarters)


def _quarters(first: int, last: int) -> list[rules.Quarter]:
    """Every quarter between two moments (seconds since 1970), latest first."""
    start, end = (
        rules.Quarter.of(clock.london(datetime.fromtimestamp(seconds, UTC)).date()) for seconds in (first, last)
    )
    quarters = [start]
    while quarters[-1] < end:
        quarters.append(quarters[-1].next)
    return quarters[::-1]


def export_rows(actor: Member, wanted: Filter) -> list[ExportRow]:
    """This part of the log, whole, by reference. Five statements however long it is."""
    columns = sa.select(
        Challenge,
        sa.func.coalesce(Priority.title, "Cross-cutting").label("priority"),
        sa.func.coalesce(Member.name, "").label("owner"),
        is_sensitive.label("is_sensitive"),
        supporters(actor).label("supporters"),
    )
    joined = columns.outerjoin(Priority, Priority.id == Challenge.priority_id)
    joined = joined.outerjoin(Member, Member.id == Challenge.owner_id)
    lines = db.session.execute(_narrowed(joined.where(readable_by(actor)), wanted).order_by(Challenge.id)).all()
    which = _narrowed(sa.select(Challenge.id).where(readable_by(actor)), wanted)
    themes, sources, said, steps = _themes(which), _sources(actor, which), _said(which), _changes(which)
    return [_export_row(row, themes[row[0].id], sources[row[0].id], said[row[0].id], steps[row[0].id]) for row in lines]


def _export_row(
    row: Any, themes: list[str], sources: list[tuple[str, str]], said: dict[str, str], steps: list[StatusChange]
) -> ExportRow:
    challenge: Challenge = row[0]
    closed = steps[-1].reason if steps and challenge.is_closed else ""
    return ExportRow(
        reference=challenge.reference,
        title=challenge.title,
        description=challenge.description,
        priority=row.priority,
        themes="; ".join(themes),
        category=challenge.category,
        sources="; ".join(dict.fromkeys(reference for reference, _ in sources)),
        supporters=row.supporters,
        opened_on=clock.london(challenge.opened_at).date(),
        raised_by="; ".join(dict.fromkeys(who for _, who in sources if who)),
        prevalence=challenge.prevalence,
        impact=challenge.impact,
        rating=challenge.rating.value.capitalize(),
        owner=row.owner,
        response=said.get(RESPONSE, ""),
        status=challenge.status.label,
        response_due_on=challenge.response_due_on,
        progress=said.get("progress", ""),
        closed_on=clock.london(challenge.closed_at).date() if challenge.closed_at else None,
        closed_because=closed,
        history="\n".join(
            f"{clock.show_date(step.changed_at)}: {step.status.label.lower()}. {step.reason}" for step in steps
        ),
        marking=(Marking.SENSITIVE if row.is_sensitive else Marking.OFFICIAL).value,
    )


def _themes(which: Columns) -> dict[int, list[str]]:
    wanted = (
        sa.select(challenge_theme.c.challenge_id, Theme.title)
        .join(Theme, Theme.id == challenge_theme.c.theme_id)
        .where(challenge_theme.c.challenge_id.in_(which))
    )
    return _grouped(tuple(row) for row in db.session.execute(wanted.order_by(Theme.position, Theme.id)))


def _sources(actor: Member, which: Columns) -> dict[int, list[tuple[str, str]]]:
    """References of threads, with the sector and area of who said it; neither for those who are not to be attributed."""
    shown = of_post("attribution") != Attribution.UNATTRIBUTED
    area = sa.case(
        (Citation.reply_id.is_(None), sa.func.coalesce(Feedback.force_id, Organisation.force_id)),
        else_=Organisation.force_id,
    )
    wanted = (
        cited_posts(
            Citation.challenge_id,
            Citation.feedback_id,
            sa.case((shown, Sector.title), else_=None),
            sa.case((shown, PoliceForce.title), else_=None),
        )
        .outerjoin(Organisation, Organisation.id == of_post("organisation_id"))
        .outerjoin(Sector, Sector.id == Organisation.sector_id)
        .outerjoin(PoliceForce, PoliceForce.id == area)
        .where(Citation.challenge_id.in_(which), feedback.readable_by(actor))
        .order_by(Citation.feedback_id, Citation.id)
    )
    pairs = (
        (number, (f"FB-{thread}", ", ".join(filter(None, (sector, area)))))
        for number, thread, sector, area in db.session.execute(wanted)
    )
    return _grouped(pairs)


def _said(which: Columns) -> dict[int, dict[str, str]]:
    """The latest response and the latest progress of each challenge, as text."""
    wanted = sa.select(Response.challenge_id, Response.kind, Response.html).where(Response.challenge_id.in_(which))
    said: dict[int, dict[str, str]] = defaultdict(dict)
    for number, kind, html in db.session.execute(wanted.order_by(Response.given_at, Response.id)):
        said[number][kind] = html
    return defaultdict(dict, {n: {kind: richtext.to_text(h) for kind, h in by.items()} for n, by in said.items()})


def _changes(which: Columns) -> dict[int, list[StatusChange]]:
    wanted = sa.select(StatusChange).where(StatusChange.challenge_id.in_(which))
    ordered = db.session.scalars(wanted.order_by(StatusChange.changed_at, StatusChange.id))
    return _grouped((change.challenge_id, change) for change in ordered)


def _grouped(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for number, thing in pairs:
        groups[number].append(thing)
    return groups
