"""Reading members and organisations."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from forum.base import clock
from forum.base.db import db
from forum.members.models import Member, Organisation, SignIn, SignInAttempt, Standing

SIGN_IN_LASTS = timedelta(days=7)
ATTEMPTS_WINDOW = timedelta(minutes=15)


def hashed(token: str) -> str:
    """What is stored of a token that somebody carries: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def signed_in(token: str) -> Member | None:
    """The active member whose browser carries this token, with the organisation. One statement."""
    return db.session.scalar(
        sa.select(Member)
        .join(SignIn, SignIn.member_id == Member.id)
        .outerjoin(Member.organisation)
        .options(contains_eager(Member.organisation))
        .where(
            SignIn.token_hash == hashed(token),
            SignIn.ended_at.is_(None),
            SignIn.began_at > clock.now() - SIGN_IN_LASTS,
            Member.standing == Standing.ACTIVE,
        )
    )


def by_email(email: str) -> Member | None:
    """The member with this address, whatever its case, with the organisation."""
    return db.session.scalar(
        sa.select(Member)
        .outerjoin(Member.organisation)
        .options(contains_eager(Member.organisation))
        .where(Member.email == email.strip().lower())
    )


def failed_attempts(email: str, origin: str) -> tuple[int, int]:
    """How often signing in failed in the last 15 minutes: for this address, and from this place. One statement."""
    recent = sa.and_(SignInAttempt.at > clock.now() - ATTEMPTS_WINDOW, SignInAttempt.succeeded.is_(False))
    of_email = sa.select(sa.func.count()).where(recent, SignInAttempt.email == email).scalar_subquery()
    of_origin = sa.select(sa.func.count()).where(recent, SignInAttempt.origin == origin).scalar_subquery()
    row = db.session.execute(sa.select(of_email, of_origin)).one()
    return row[0], row[1]


def any_demonstration() -> bool:
    """Whether demonstration people or organisations are loaded."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Organisation.is_demonstration))))
