"""Reading what a summary is made of, and the summaries that were made."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.paging import Page, page
from forum.challenges.models import Citation
from forum.challenges.queries.quoting import cited_posts, of_post
from forum.feedback import queries as feedback
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply, feedback_theme
from forum.feedback.queries import attaching
from forum.members import queries as members
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import Marking, PoliceForce, Priority, Region, Sector, Theme
from forum.summaries import rules
from forum.summaries.models import Summary
from forum.summaries.rules import Crowd, Scope, Speaker

Columns = sa.Select[*tuple[Any, ...]]


class Figures(NamedTuple):
    """What falls in a scope. `contributions` counts those taken; those left out are `sensitive`, `withdrawn` (or hidden)
    and `restricted`, which are kept to a group."""

    contributions: int
    people: int
    organisations: int
    sensitive: int
    withdrawn: int
    restricted: int


class Replies(NamedTuple):
    """How much was said in return to the contributions taken: by members, and for the department; and how many files
    came with all of it."""

    by_members: int
    official: int
    files: int


class ContributionRow(NamedTuple):
    """A contribution as a summary needs it. `person` tells people apart, and nothing more may be made of it.

    `region` and `area` are of what it is about, the speaker's of their organisation.
    """

    id: int
    posted_at: datetime
    kind: FeedbackKind
    title: str
    html: str
    marking: Marking
    priority: str
    person: str | None
    author_id: int | None
    organisation_id: int | None
    region: str
    area: str
    source: str
    speaker: Speaker


class CitedRow(NamedTuple):
    """Words that stand for a challenge. `is_edited`: the contribution was edited since, so it may not say them still."""

    feedback_id: int
    words: str
    is_edited: bool
    speaker: Speaker


class Membership(NamedTuple):
    """Who could have taken part: ids of the members the Forum writes to, and how many members share a place."""

    invited: frozenset[int]
    crowd: Crowd


class MadeRow(NamedTuple):
    """A line of the list of summaries."""

    id: int
    title: str
    marking: str
    is_for_publication: bool
    made_at: datetime
    made_by: str

    @property
    def reference(self) -> str:
        return f"SUM-{self.id}"


# --- what falls in ---------------------------------------------------------------------------------------------------


def _falls_in(actor: Member, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Theme, priority and period; withdrawn, sensitive and restricted contributions too. What waits for a look is not
    there yet."""
    rules.check_period(scope.from_on, scope.to_on)
    is_restricted = sa.and_(Feedback.group_id.is_not(None), Feedback.held_at.is_(None))
    conditions = [sa.or_(feedback.readable_by(actor), is_restricted)]
    if scope.theme_id is not None:
        themed = sa.select(feedback_theme.c.feedback_id).where(feedback_theme.c.theme_id == scope.theme_id)
        conditions.append(Feedback.id.in_(themed))
    if scope.priority_id is not None:
        conditions.append(Feedback.priority_id.is_not_distinct_from(scope.priority_id or None))
    if scope.from_on is not None:
        conditions.append(Feedback.posted_at >= clock.midnight(scope.from_on))
    if scope.to_on is not None:
        conditions.append(Feedback.posted_at < clock.midnight(scope.to_on + timedelta(days=1)))
    return conditions


def _is_taken(scope: Scope) -> sa.ColumnElement[bool]:
    """Whoever makes summaries reads those of the others: what is kept to a group is in none."""
    kept = sa.and_(Feedback.withdrawn_at.is_(None), Feedback.group_id.is_(None))
    return kept if scope.takes_sensitive else sa.and_(kept, Feedback.marking != Marking.SENSITIVE)


def taken(actor: Member, scope: Scope) -> sa.Select[int]:
    """The ids of the contributions in this scope."""
    return sa.select(Feedback.id).where(*_falls_in(actor, scope), _is_taken(scope))


_person = sa.case(
    (Feedback.author_id.is_not(None), sa.literal("m") + sa.cast(Feedback.author_id, sa.String)),
    (Feedback.contributor != "", sa.literal("c") + Feedback.source + sa.literal("/") + Feedback.contributor),
)


def figures(actor: Member, scope: Scope) -> Figures:
    """How much falls in this scope. One statement. Raises Rejected for a period that cannot be."""
    is_taken, is_withdrawn = _is_taken(scope), Feedback.withdrawn_at.is_not(None)
    is_restricted = Feedback.group_id.is_not(None)
    wanted = sa.select(
        sa.func.count(sa.case((is_taken, 1))),
        sa.func.count(sa.case((is_taken, _person)).distinct()),
        sa.func.count(sa.case((is_taken, Feedback.organisation_id)).distinct()),
        sa.func.count(sa.case((~is_taken & ~is_withdrawn & ~is_restricted, 1))),
        sa.func.count(sa.case((is_withdrawn, 1))),
        sa.func.count(sa.case((is_restricted & ~is_withdrawn, 1))),
    ).where(*_falls_in(actor, scope))
    return Figures._make(db.session.execute(wanted).one())


def replies(ids: sa.Select[int]) -> Replies:
    """The replies to these contributions, withdrawn ones left out. One statement."""
    wanted = sa.select(sa.func.count(sa.case((~Reply.is_official, 1))), sa.func.count(sa.case((Reply.is_official, 1))))
    wanted = wanted.add_columns(attaching.counted_in(ids).scalar_subquery())
    wanted = wanted.where(Reply.feedback_id.in_(ids), feedback.stands(Reply))
    return Replies._make(db.session.execute(wanted).one())


# --- what they say ---------------------------------------------------------------------------------------------------

_home, _place = aliased(PoliceForce), aliased(PoliceForce)  # of the speaker, and of what is spoken about
_its_region, _place_region = aliased(Region), aliased(Region)


def _speaker(attribution: Any, author_id: Any, contributor: Any) -> list[Any]:
    """The columns of Speaker. A name that may not be shown is not read either."""
    name = sa.func.coalesce(Member.name, contributor, "")
    return [
        attribution.label("attribution"),
        sa.case((attribution == Attribution.NAMED, name), else_="").label("name"),
        sa.case((attribution != Attribution.UNATTRIBUTED, sa.func.coalesce(Organisation.name, "")), else_="").label(
            "organisation"
        ),
        sa.func.coalesce(Sector.title, "").label("sector"),
        sa.func.coalesce(_its_region.title, "").label("region"),
        author_id.is_not(None).label("is_member"),
    ]


def _with_speaker(wanted: Columns, author_id: Any, organisation_id: Any) -> Columns:
    return _with_home(
        wanted.outerjoin(Member, Member.id == author_id).outerjoin(Organisation, Organisation.id == organisation_id)
    )


def _with_home(wanted: Columns) -> Columns:
    """Join sector and region of the organisation; one that names no region has that of its police force area."""
    region = sa.func.coalesce(Organisation.region_id, _home.region_id)
    return (
        wanted.outerjoin(Sector, Sector.id == Organisation.sector_id)
        .outerjoin(_home, _home.id == Organisation.force_id)
        .outerjoin(_its_region, _its_region.id == region)
    )


def contributions(ids: sa.Select[int]) -> list[ContributionRow]:
    """These contributions, oldest first. One statement."""
    wanted: Columns = sa.select(
        Feedback.id,
        Feedback.posted_at,
        Feedback.kind,
        Feedback.title,
        Feedback.html + Feedback.html_affected + Feedback.html_would_help,
        Feedback.marking,
        sa.func.coalesce(Priority.short_title, "Cross-cutting"),
        _person,
        Feedback.author_id,
        Feedback.organisation_id,
        sa.func.coalesce(_place_region.title, _its_region.title, ""),
        sa.func.coalesce(_place.title, ""),
        Feedback.source,
        *_speaker(Feedback.attribution, Feedback.author_id, Feedback.contributor),
    ).select_from(Feedback)
    wanted = _with_speaker(wanted, Feedback.author_id, Feedback.organisation_id)
    wanted = (
        wanted.outerjoin(_place, _place.id == Feedback.force_id)
        .outerjoin(_place_region, _place_region.id == _place.region_id)
        .outerjoin(Priority, Priority.id == Feedback.priority_id)
        .where(Feedback.id.in_(ids))
        .order_by(Feedback.posted_at, Feedback.id)
    )
    last = len(Speaker._fields)
    return [ContributionRow._make((*row[:-last], Speaker(*row[-last:]))) for row in db.session.execute(wanted)]


def themes(ids: sa.Select[int]) -> dict[int, list[str]]:
    """The titles of the themes each of these contributions carries, in the list's order. One statement."""
    wanted = (
        sa.select(feedback_theme.c.feedback_id, Theme.title)
        .join(Theme, Theme.id == feedback_theme.c.theme_id)
        .where(feedback_theme.c.feedback_id.in_(ids))
        .order_by(feedback_theme.c.feedback_id, Theme.position, Theme.id)
    )
    carried: dict[int, list[str]] = defaultdict(list)
    for number, title in db.session.execute(wanted):
        carried[number].append(title)
    return carried


def cited(ids: sa.Select[int]) -> list[CitedRow]:
    """The words of these threads that stand for challenges, in the order they were cited. One statement.

    Words that were withdrawn, said for the department, or stood in a reply edited since are left out.
    """
    is_edited = sa.func.coalesce(Feedback.edited_at > Citation.cited_at, sa.false())
    wanted = cited_posts(
        Citation.feedback_id,
        Citation.words,
        sa.and_(Citation.reply_id.is_(None), is_edited),
        *_speaker(of_post("attribution"), of_post("author_id"), of_post("contributor")),
    )
    wanted = _with_speaker(wanted, of_post("author_id"), of_post("organisation_id")).where(
        Citation.feedback_id.in_(ids),
        of_post("withdrawn_at").is_(None),
        sa.or_(Reply.id.is_(None), ~Reply.is_official),
        sa.or_(Reply.id.is_(None), Reply.edited_at.is_(None), Reply.edited_at <= Citation.cited_at),
    )
    return [
        CitedRow(row[0], row[1], bool(row[2]), Speaker(*row[3:]))
        for row in db.session.execute(wanted.order_by(Citation.id))
    ]


def membership(scope: Scope) -> Membership:
    """Who the Forum writes to and had joined by the end of the period, and the crowd of active members. One statement."""
    wanted: Columns = sa.select(
        Member.id,
        members.is_invitable(),
        Member.joined_on,
        sa.func.coalesce(Sector.title, ""),
        sa.func.coalesce(_its_region.title, ""),
    ).outerjoin(Organisation, Organisation.id == Member.organisation_id)
    wanted = _with_home(wanted).where(Member.standing == Standing.ACTIVE, Member.role != Role.ADMIN)
    found = [tuple(row) for row in db.session.execute(wanted)]
    last = scope.to_on or clock.today()
    invited = (number for number, is_invited, joined, *_ in found if is_invited and (joined is None or joined <= last))
    sectors = Counter(sector for *_, sector, _ in found)
    pairs = Counter((sector, region) for *_, sector, region in found)
    return Membership(frozenset(invited), Crowd(sectors, pairs))


# --- what was made ---------------------------------------------------------------------------------------------------


def made(actor: Member, key: str | None = None) -> Page[MadeRow]:
    """The summaries, newest first, for those who may make them. One statement."""
    wanted: Columns = (
        sa.select(Summary.id, Summary.title, Summary.marking, Summary.is_for_publication, Summary.made_at, Member.name)
        .join(Member, Member.id == Summary.made_by_id)
        .where(sa.literal(rules.may_make(actor)))
    )
    return page(wanted, [Summary.made_at.desc(), Summary.id.desc()], key, size=50).of(MadeRow._make)


def get(actor: Member, number: int) -> Summary:
    """The summary with this number. Raises NotFound."""
    found = db.session.get(Summary, number) if rules.may_make(actor) else None
    if found is None:
        raise NotFound("There is no summary with this number.")
    return found


def made_from(form_key: str | None) -> Summary | None:
    """The summary this form has made already."""
    return db.session.scalar(sa.select(Summary).where(Summary.form_key == form_key)) if form_key else None
