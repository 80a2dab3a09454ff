"""Same here: saying that it is so with oneself too, changing what one said, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback import rules
from forum.feedback.commands import checking
from forum.feedback.commands.posting import rendered
from forum.feedback.models import Feedback, FlagKind, HowOften, Support
from forum.feedback.queries import supporting as queries
from forum.feedback.queries.one import openable_by
from forum.feedback.rules import guarding
from forum.feedback.rules import supporting as supports
from forum.members.models import Member
from forum.reference.models import PoliceForce


def support(
    actor: Member,
    number: int,
    *,
    force_id: int | None = None,
    how_often: HowOften | None = None,
    evidence: str = "",
    confirmed: str | None = None,
    at: datetime | None = None,
) -> Support:
    """Say that it is so with one's organisation too, or say it anew: a member has one "same here" in a thread.

    `confirmed` has the guard look at the evidence, as in `post`. `at` is for what was said earlier, as in the demonstration.
    Raises NotFound, NotAllowed and Rejected.
    """
    thread = _take_up(actor, number)
    supports.check_support(actor, thread)
    rules.check_force(db.session.get(PoliceForce, force_id) if force_id is not None else None, force_id)
    source = richtext.clean(evidence)
    said = queries.own(actor, number)
    supports.check_evidence(source, said.evidence if said else "", said is not None and said.hidden_at is not None)
    html = rendered(source, "evidence") if source else ""
    found = guarding.check({"evidence": source}, confirmed) if confirmed is not None else ""
    verb = "changed same here" if said else "said same here"
    said = said or Support(feedback_id=number, member_id=actor.id, supported_at=at or clock.now())
    said.organisation_id, said.force_id, said.how_often = actor.organisation_id, force_id, how_often
    said.evidence, said.html = source, "" if said.hidden_at else html
    db.session.add(said)
    count_anew([number])
    if found:
        checking.raise_flag(number, None, FlagKind.PERSONAL_DATA, found, None, said.id)
    history.note(actor, verb, said, about=thread, is_withheld=True)  # only organisations are told of
    return said


def take_back(actor: Member, number: int) -> None:
    """Undo one's "same here", evidence and all; also in a thread that is closed or withdrawn. Raises NotFound."""
    thread = _take_up(actor, number)
    said = queries.own(actor, number)
    if said is None:
        return
    history.note(actor, "took back same here", said, about=thread, is_withheld=True)
    db.session.delete(said)
    count_anew([number])


def _take_up(actor: Member, number: int) -> Feedback:
    """The thread, locked until the transaction ends: of two who say so at once, one waits, and counts the other."""
    wanted = sa.select(Feedback).where(Feedback.id == number, openable_by(actor))
    found = db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def count_anew(numbers: Iterable[int]) -> None:
    """Count the organisations that say so of each of these threads, after somebody's "same here" came or went."""
    db.session.flush()
    counted = sa.select(sa.func.count(queries.UNIT.distinct())).where(Support.feedback_id == Feedback.id)
    threads = sa.update(Feedback).where(Feedback.id.in_(list(numbers)))
    db.session.execute(threads.values(support_count=counted.correlate(Feedback).scalar_subquery()))
