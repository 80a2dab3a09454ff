"""Reading who is signed in, who tried to be, and the links by which people get in."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from forum.base import clock
from forum.base.db import db, read
from forum.base.letters import Kind, Letter, State
from forum.members.models import (
    Member,
    Organisation,
    PasswordLink,
    SignIn,
    SignInAttempt,
    Standing,
)

SIGN_IN_LASTS = timedelta(days=7)
ATTEMPTS_WINDOW = timedelta(minutes=15)


def hashed(token: str) -> str:
    """What is stored of a token that somebody carries: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def _of_browser(select: sa.Select[Any]) -> sa.Select[Any]:
    """Of the active member whose browser carries the token with this `token_hash`, from a sign-in after `since`."""
    return (
        select.join(SignIn, SignIn.member_id == Member.id)
        .outerjoin(Member.organisation)
        .where(
            SignIn.token_hash == sa.bindparam("token_hash"),
            SignIn.ended_at.is_(None),
            SignIn.began_at > sa.bindparam("since"),
            Member.standing == Standing.ACTIVE,
        )
    )


# Asked for every page, so put together once: SQLAlchemy takes longer to build it than SQLite to answer.
_SIGNED_IN = _of_browser(sa.select(Member).options(contains_eager(Member.organisation)))
# The same as columns, but for the password: what a page needs to know of whoever reads it.
_MEMBER = tuple(column for column in Member.__table__.c if column.key != "password_hash")
_ORGANISATION = tuple(Organisation.__table__.c)
_RECOGNISED = _of_browser(sa.select(*_MEMBER, *_ORGANISATION).select_from(Member))


def signed_in(token: str) -> Member | None:
    """The active member whose browser carries this token, with the organisation. One statement."""
    member: Member | None = db.session.scalar(_SIGNED_IN, _asked(token))
    return member


def recognised(token: str) -> Member | None:
    """The same member, for reading alone: in no session, and perhaps in use by other threads. One statement.

    Loading the object takes a fifth of a page's time. So its columns are read, as they are now, and an object made
    earlier of these very values is used again.
    """
    rows = read(_RECOGNISED, _asked(token))
    return _made_of(tuple(rows[0])) if rows else None


def _asked(token: str) -> dict[str, Any]:
    return {"token_hash": hashed(token), "since": clock.now() - SIGN_IN_LASTS}


@lru_cache(maxsize=1_000)
def _made_of(values: tuple[Any, ...]) -> Member:
    own, theirs = values[: len(_MEMBER)], values[len(_MEMBER) :]
    member = Member(**{column.key: value for column, value in zip(_MEMBER, own, strict=True)})
    organisation = None
    if member.organisation_id is not None:
        organisation = Organisation(**{column.key: value for column, value in zip(_ORGANISATION, theirs, strict=True)})
        make_transient_to_detached(organisation)
    make_transient_to_detached(member)
    set_committed_value(member, "organisation", organisation)
    return member


def failed_attempts(email: str, origin: str) -> tuple[int, int]:
    """How often signing in failed in the last 15 minutes: for this address, and from this place. One statement."""
    recent = sa.and_(SignInAttempt.at > clock.now() - ATTEMPTS_WINDOW, SignInAttempt.succeeded.is_(False))
    of_email = sa.select(sa.func.count()).where(recent, SignInAttempt.email == email).scalar_subquery()
    of_origin = sa.select(sa.func.count()).where(recent, SignInAttempt.origin == origin).scalar_subquery()
    row = db.session.execute(sa.select(of_email, of_origin)).one()
    return row[0], row[1]


class SessionRow(NamedTuple):
    """A browser that is signed in."""

    began_at: datetime
    seen_at: datetime
    agent: str
    is_this_one: bool


class JoiningLetterRow(NamedTuple):
    """How the last joining letter to somebody is getting on. `state` is None when none was ever written."""

    state: State | None
    written_at: datetime | None
    words: str
    expires_at: datetime | None

    @property
    def has_expired(self) -> bool:
        return self.expires_at is None or self.expires_at <= clock.now()


def by_link(token: str) -> Member | None:
    """Whose link this is, if it can still be used: not ended, not expired, and they have not left. One statement."""
    return db.session.scalar(
        sa.select(Member)
        .join(PasswordLink, PasswordLink.member_id == Member.id)
        .where(
            PasswordLink.token_hash == hashed(token),
            PasswordLink.ended_at.is_(None),
            PasswordLink.expires_at > clock.now(),
            Member.standing != Standing.LEFT,
        )
    )


def links_made(member_id: int) -> int:
    """How many links were made for this member in the last hour."""
    recent = PasswordLink.made_at > clock.now() - timedelta(hours=1)
    counted = sa.select(sa.func.count()).where(PasswordLink.member_id == member_id, recent)
    return db.session.execute(counted).scalar_one()


def sessions(member: Member, token: str) -> list[SessionRow]:
    """The browsers signed in as this member, newest first; `token` is that of the one who asks."""
    wanted = (
        sa.select(SignIn.began_at, SignIn.seen_at, SignIn.agent, SignIn.token_hash == hashed(token))
        .where(
            SignIn.member_id == member.id,
            SignIn.ended_at.is_(None),
            SignIn.began_at > clock.now() - SIGN_IN_LASTS,
        )
        .order_by(SignIn.id.desc())
    )
    return [SessionRow(*row) for row in db.session.execute(wanted)]


def joining_letter(member: Member) -> JoiningLetterRow:
    """The last joining letter to this member, and until when its link can be used. One statement."""
    until = (
        sa.select(sa.func.max(PasswordLink.expires_at))
        .where(PasswordLink.member_id == member.id, PasswordLink.ended_at.is_(None))
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(Letter.state, Letter.written_at, sa.func.coalesce(Letter.last_words, ""), until)
        .where(Letter.about == f"member:{member.id}", Letter.member_id == member.id, Letter.kind == Kind.ACCOUNT)
        .order_by(Letter.id.desc())
        .limit(1)
    ).first()
    return JoiningLetterRow(*row) if row else JoiningLetterRow(None, None, "", None)


def without_joining_link() -> list[Member]:
    """Who has not joined and has no link to join with that still works; by name. One statement."""
    working = sa.exists().where(
        PasswordLink.member_id == Member.id,
        PasswordLink.ended_at.is_(None),
        PasswordLink.expires_at > clock.now(),
    )
    wanted = sa.select(Member).where(Member.standing == Standing.INVITED, Member.email.is_not(None), ~working)
    return list(db.session.scalars(wanted.order_by(Member.name, Member.id)))
