"""Signing in and out. Sessions are rows: ending the row ends the session, whatever the cookie says."""

from __future__ import annotations

import secrets
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from forum.base import clock, history
from forum.base.db import db
from forum.members import queries, rules
from forum.members.models import Member, SignIn, SignInAttempt

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Checked when there is no such member, so that a known address answers no slower than an unknown one."""
    return _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one hashed; takes as long when there is no hash."""
    try:
        return _hasher.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def identify(email: str, password: str, origin: str) -> Member | None:
    """The active member whose address and password these are; None when they do not fit.

    Changes nothing, so that nobody waits for a lock while a password is checked (50 ms). `origin` is the network
    address. Raises Rejected after too many failures.
    """
    email = _as_stored(email)
    rules.check_attempts(*queries.failed_attempts(email, origin))
    member = queries.by_email(email)
    fits = matches(member.password_hash if member else None, password)
    return member if fits and member and member.is_active else None


def sign_in(member: Member | None, email: str, origin: str, agent: str) -> str | None:
    """Keep that somebody tried; a member who was identified is let in: the token for the cookie."""
    attempt = SignInAttempt(email=_as_stored(email), origin=origin, at=clock.now(), succeeded=member is not None)
    db.session.add(attempt)
    return begin(member, agent) if member else None


def _as_stored(email: str) -> str:
    return email.strip().lower()[:254]


def begin(member: Member, agent: str) -> str:
    """Start a session for this member; returns the token the cookie carries."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        SignIn(member_id=member.id, token_hash=queries.hashed(token), began_at=now, seen_at=now, agent=agent[:200])
    )
    history.note(member, "signed in", member)
    return token


def sign_out(token: str) -> None:
    """End the session of this token."""
    db.session.execute(sa.update(SignIn).where(SignIn.token_hash == queries.hashed(token)).values(ended_at=clock.now()))


def sign_out_everywhere(member: Member, but: str = "") -> None:
    """End every session of this member; `but` is the token of one that goes on."""
    db.session.execute(
        sa.update(SignIn)
        .where(SignIn.member_id == member.id, SignIn.ended_at.is_(None), SignIn.token_hash != queries.hashed(but))
        .values(ended_at=clock.now())
    )
    history.note(member, "signed out everywhere", member)


def sign_everybody_out() -> None:
    """End every session, as after a backup was brought back: it may hold sessions that have been ended since."""
    db.session.execute(sa.update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=clock.now()))
