"""How widely feedback is said: who says "same here", counted by organisations. No name of a person is read here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.paging import Page, page
from forum.feedback.models import Attribution, Feedback, HowOften, Support
from forum.feedback.queries.one import openable_by, readable_by, runs, stands
from forum.feedback.rules import supporting as rules
from forum.feedback.rules.supporting import Backing
from forum.members.models import Member, Organisation
from forum.reference.models import PoliceForce, Sector

# What counts once: an organisation, or somebody who has none. Counts of it are `Feedback.support_count`.
UNIT: sa.ColumnElement[int] = sa.func.coalesce(Support.organisation_id, -Support.member_id)
_COUNTS = (sa.func.count(UNIT.distinct()), sa.func.count(Support.force_id.distinct()))

Threads = Iterable[int] | sa.Select[int]


class EvidenceRow(NamedTuple):
    """What somebody says of it. `by` as everybody may read it; `force` only where that names an organisation anyway."""

    id: int
    by: str
    force: str
    html: str
    how_often: HowOften | None
    supported_at: datetime
    hidden_because: str  # the rule, where it is hidden
    is_own: bool


def supports_of(actor: Member, threads: Threads) -> dict[int, Backing]:
    """How widely each of these threads is said, as far as this person may read them; those without are left out. One
    statement."""
    wanted = _counted(actor, threads).add_columns(Support.feedback_id).group_by(Support.feedback_id)
    return {row[2]: Backing(row[0], row[1]) for row in db.session.execute(wanted)}


def together(actor: Member, threads: Threads) -> Backing:
    """How widely these threads are said all together: an organisation that says so of several counts once. One
    statement."""
    return Backing._make(db.session.execute(_counted(actor, threads)).one())


def _counted(actor: Member, threads: Threads) -> sa.Select[*tuple[Any, ...]]:
    ids: Any = threads if isinstance(threads, sa.Select) else list(threads)
    counted = sa.select(*_COUNTS).join(Feedback, Feedback.id == Support.feedback_id)
    return counted.where(Support.feedback_id.in_(ids), stands(Feedback), readable_by(actor))


def own(actor: Member, number: int) -> Support | None:
    """What this person said of this thread. One statement."""
    return db.session.scalar(sa.select(Support).where(Support.feedback_id == number, Support.member_id == actor.id))


def get(actor: Member, number: int, support_number: int) -> Support:
    """The evidence with this number in this thread, to report it or look at it. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Support)
        .join(Support.feedback)
        .options(contains_eager(Support.feedback), joinedload(Support.organisation))
        .where(Support.id == support_number, Support.feedback_id == number, Support.evidence != "")
        .where(openable_by(actor), stands(Feedback), sa.true() if runs(actor) else Support.hidden_at.is_(None))
    )
    if found is None:
        raise NotFound
    return found


def spread(number: int) -> rules.Spread:
    """How those who say so of a thread the caller may read divide by sector and area. One statement, one row each."""
    wanted = (
        sa.select(UNIT, Sector.title, PoliceForce.slug, PoliceForce.title, Support.how_often)
        .select_from(Support)
        .outerjoin(Organisation, Organisation.id == Support.organisation_id)
        .outerjoin(Sector, Sector.id == Organisation.sector_id)
        .outerjoin(PoliceForce, PoliceForce.id == Support.force_id)
        .where(Support.feedback_id == number)
        .order_by(Support.id)
    )
    return rules.spread(
        rules.Said(unit, sector or rules.NO_ORGANISATION, (slug, title) if slug else None, often)
        for unit, sector, slug, title, often in db.session.execute(wanted)
    )


def evidence(actor: Member, number: int, key: str | None = None) -> Page[EvidenceRow]:
    """The evidence given for a thread the caller may read, newest first, 20 a page. One statement."""
    names = sa.and_(Organisation.shown_as == Organisation.name, Feedback.attribution != Attribution.UNATTRIBUTED)
    wanted: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Support.id,
            sa.func.coalesce(Organisation.shown_as, ""),
            Feedback.attribution,
            sa.case((names, PoliceForce.title), else_=None),
            Support.html,
            Support.how_often,
            Support.supported_at,
            sa.case((Support.hidden_at.is_not(None), Support.hidden_because), else_=""),
            Support.member_id == actor.id,
        )
        .join(Feedback, Feedback.id == Support.feedback_id)
        .outerjoin(Organisation, Organisation.id == Support.organisation_id)
        .outerjoin(PoliceForce, PoliceForce.id == Support.force_id)
        .where(Support.feedback_id == number, Support.evidence != "")
    )
    return page(wanted, [Support.id.desc()], key).of(_evidence)


def _evidence(row: tuple[Any, ...]) -> EvidenceRow:
    number, shown_as, attribution, force, *rest, is_own = row
    return EvidenceRow._make((number, rules.told(shown_as, attribution), force or "", *rest, bool(is_own)))
