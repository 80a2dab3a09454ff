"""What somebody has typed and not posted. Nobody reads the drafts of others."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base.db import db
from forum.feedback.models import Attribution, Draft, Feedback
from forum.members.models import Member


def drafts(actor: Member, about: str) -> list[Draft]:
    """This person's drafts about this, the latest first: two when they wrote in two windows at once. One statement."""
    wanted = sa.select(Draft).where(Draft.member_id == actor.id, sa.or_(Draft.about == about, _beside(about)))
    return list(db.session.scalars(wanted.order_by(Draft.saved_at.desc(), Draft.id.desc())))


def _beside(about: str) -> sa.ColumnElement[bool]:
    return Draft.about.startswith(f"{about}~", autoescape=True)


def own(actor: Member, number: int) -> Draft | None:
    """The draft with this number, when it is theirs."""
    return db.session.scalar(sa.select(Draft).where(Draft.id == number, Draft.member_id == actor.id))


def last_attribution(actor: Member) -> Attribution:
    """How this person let their latest thread be attributed; as their organisation before the first. One statement."""
    mine = sa.select(Feedback.attribution).where(Feedback.author_id == actor.id)
    return db.session.scalar(mine.order_by(Feedback.id.desc()).limit(1)) or Attribution.ORGANISATION
