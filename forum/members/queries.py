"""Reading members and organisations."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import CSV, ODS, TEXT, XLSX, StoredFile
from forum.base.history import HistoryLine
from forum.base.letters import Kind, Letter, State
from forum.base.paging import Page, page
from forum.members.models import (
    Member,
    Organisation,
    PasswordLink,
    Role,
    SignIn,
    SignInAttempt,
    Standing,
    theme_interest,
)
from forum.reference.models import PoliceForce, Region, Sector, Theme

SIGN_IN_LASTS = timedelta(days=7)
TABLES = (CSV, ODS, XLSX, TEXT)  # kinds of files that hold a table
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


# --- for the other rooms --------------------------------------------------------------------------------------------


class InviteeRow(NamedTuple):
    """A member whom mail about a meeting can reach. Titles are empty where they are not known."""

    id: int
    name: str
    email: str
    organisation: str
    sector: str
    force: str


class LeftOutRow(NamedTuple):
    """A member whom mail about a meeting cannot or should not reach, and why."""

    id: int
    name: str
    organisation: str
    reason: str
    contact_note: str


def is_invitable() -> sa.ColumnElement[bool]:
    """Who is invited to a meeting: active members of every role but admin, with an address."""
    return sa.and_(Member.role != Role.ADMIN, Member.standing == Standing.ACTIVE, Member.email.is_not(None))


def invitable(*conditions: sa.ColumnElement[bool]) -> list[InviteeRow]:
    """Who is invited to a meeting, of those who meet these conditions; by name. One statement."""
    wanted = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Member.email, ""),
            sa.func.coalesce(Organisation.name, ""),
            sa.func.coalesce(Sector.title, ""),
            sa.func.coalesce(PoliceForce.title, ""),
        )
        .outerjoin(Member.organisation)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .where(is_invitable(), *conditions)
        .order_by(Member.name, Member.id)
    )
    return [InviteeRow(*row) for row in db.session.execute(wanted)]


def left_out() -> list[LeftOutRow]:
    """Everybody of the Forum who is not `invitable()`, with the reason in words; by name. One statement."""
    reason = sa.case(
        (Member.standing == Standing.LEFT, "Has left the Forum"),
        (Member.email.is_(None), "No email address: written to by post"),
        else_="Invited, but has not joined yet",
    )
    wanted = (
        sa.select(Member.id, Member.name, sa.func.coalesce(Organisation.name, ""), reason, Member.contact_note)
        .outerjoin(Member.organisation)
        .where(Member.role != Role.ADMIN, sa.or_(Member.standing != Standing.ACTIVE, Member.email.is_(None)))
        .order_by(Member.name, Member.id)
    )
    return [LeftOutRow(*row) for row in db.session.execute(wanted)]


def owner_choices() -> list[tuple[int, str]]:
    """Who may own a challenge: active officials and secretariat, as (id, "Name, Organisation"), by name."""
    wanted = (
        sa.select(Member.id, Member.name, Organisation.name)
        .outerjoin(Member.organisation)
        .where(Member.role.in_((Role.OFFICIAL, Role.SECRETARIAT)), Member.standing == Standing.ACTIVE)
        .order_by(Member.name, Member.id)
    )
    return [(row[0], ", ".join(filter(None, row[1:]))) for row in db.session.execute(wanted)]


def names() -> list[tuple[int, str]]:
    """Everybody, those who have left too, as (id, name), by name. For those who run the Forum."""
    wanted = sa.select(Member.id, Member.name).order_by(Member.name, Member.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def names_of(ids: Collection[int]) -> dict[int, str]:
    """The names of the members with these ids. One statement, none for no ids."""
    if not ids:
        return {}
    wanted = sa.select(Member.id, Member.name).where(Member.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(wanted)}


def standings() -> dict[Standing, int]:
    """How many members (role member) stand where; standings without any are left out. One statement."""
    counted = sa.select(Member.standing, sa.func.count()).where(Member.role == Role.MEMBER).group_by(Member.standing)
    return dict(db.session.execute(counted).all())


def interests_of(member: Member) -> list[str]:
    """The titles of the themes this member is interested in, in the list's order. One statement."""
    wanted = sa.select(Theme.title).join(theme_interest, theme_interest.c.theme_id == Theme.id)
    return list(db.session.scalars(wanted.where(theme_interest.c.member_id == member.id).order_by(Theme.position)))


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Whom this person may look up: whoever runs the Forum everybody, others its active members."""
    if actor.runs_the_forum:
        return sa.true()
    return sa.and_(Member.standing == Standing.ACTIVE, Member.role != Role.ADMIN)


def get(actor: Member, number: int) -> Member:
    """The member with this number, with organisation (sector, force, region) and themes. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Member)
        .where(Member.id == number, readable_by(actor))
        .options(
            joinedload(Member.organisation).options(
                joinedload(Organisation.sector), joinedload(Organisation.force), joinedload(Organisation.region)
            ),
            selectinload(Member.themes),
        )
    )
    if found is None:
        raise NotFound("There is no such member, or you do not have access to their page.")
    return found


# --- getting in -----------------------------------------------------------------------------------------------------


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


class PersonToTry(NamedTuple):
    name: str
    email: str
    role: Role
    organisation: str


def people_to_try() -> list[PersonToTry]:
    """One demonstration person of every role, with whom a visitor may sign in. One statement."""
    firsts = (
        sa.select(sa.func.min(Member.id))
        .where(Member.is_demonstration, Member.standing == Standing.ACTIVE, Member.email.is_not(None))
        .group_by(Member.role)
    )
    wanted = (
        sa.select(Member.name, sa.func.coalesce(Member.email, ""), Member.role, sa.func.coalesce(Organisation.name, ""))
        .outerjoin(Member.organisation)
        .where(Member.id.in_(firsts))
        .order_by(Member.id)
    )
    return [PersonToTry(*row) for row in db.session.execute(wanted)]


# --- the directory --------------------------------------------------------------------------------------------------


class MemberRow(NamedTuple):
    """A member in a list. `email` is empty for those who may not see addresses, and for who has none."""

    id: int
    name: str
    email: str
    job_title: str
    role: Role
    standing: Standing
    organisation_id: int | None
    organisation: str
    sector: str
    area: str


class OrganisationRow(NamedTuple):
    """An organisation in a list, with how many of its members the reader may look up."""

    id: int
    name: str
    sector: str
    area: str
    members: int


class Filters(TypedDict, total=False):
    """What a list of members or organisations is narrowed by: ids of list entries, and words."""

    text: str
    sector: int
    force: int
    region: int
    theme: int
    role: Role
    standing: Standing


def directory(actor: Member, key: str | None = None, size: int = 50, **filters: Unpack[Filters]) -> Page[MemberRow]:
    """The members this person may look up, by name, a page at a time. One statement."""
    order = [Member.name.asc(), Member.id.asc()]
    return page(_members(actor, filters), order, key, size).of(MemberRow._make)


def everybody(actor: Member, **filters: Unpack[Filters]) -> Iterator[MemberRow]:
    """The same list whole, row by row, for exports."""
    wanted = _members(actor, filters).order_by(Member.name, Member.id).execution_options(yield_per=500)
    return (MemberRow(*row) for row in db.session.execute(wanted))


def count(actor: Member, **filters: Unpack[Filters]) -> int:
    """How many members that list has."""
    counted = sa.select(sa.func.count()).select_from(_members(actor, filters).subquery())
    return db.session.execute(counted).scalar_one()


def _members(actor: Member, filters: Filters) -> sa.Select[*tuple[Any, ...]]:
    email = sa.func.coalesce(Member.email, "") if actor.runs_the_forum else sa.literal("")
    wanted: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Member.id,
            Member.name,
            email,
            Member.job_title,
            Member.role,
            Member.standing,
            Member.organisation_id,
            sa.func.coalesce(Organisation.name, ""),
            sa.func.coalesce(Sector.title, ""),
            _AREA,
        )
        .outerjoin(Member.organisation)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .outerjoin(Region, Organisation.region_id == Region.id)
        .where(readable_by(actor), *_places(filters))
    )
    if text := filters.get("text"):
        columns: list[Any] = [Member.name, Member.job_title, Organisation.name]
        columns += [Member.email] if actor.runs_the_forum else []
        wanted = wanted.where(*_words(columns, text))
    for name, column in (("role", Member.role), ("standing", Member.standing)):
        if name in filters:
            wanted = wanted.where(column == filters[name])  # type: ignore[literal-required]
    if "theme" in filters:
        interested = sa.select(theme_interest.c.member_id).where(theme_interest.c.theme_id == filters["theme"])
        wanted = wanted.where(Member.id.in_(interested))
    return wanted


def organisations(
    actor: Member, key: str | None = None, size: int = 50, **filters: Unpack[Filters]
) -> Page[OrganisationRow]:
    """The organisations, by name, a page at a time. One statement."""
    of_it = (
        sa.select(sa.func.count())
        .where(Member.organisation_id == Organisation.id, readable_by(actor), Member.standing != Standing.LEFT)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Organisation.id, Organisation.name, sa.func.coalesce(Sector.title, ""), _AREA, of_it)
        .outerjoin(Organisation.sector)
        .outerjoin(Organisation.force)
        .outerjoin(Region, Organisation.region_id == Region.id)
        .where(*_places(filters))
    )
    if text := filters.get("text"):
        wanted = wanted.where(*_words([Organisation.name], text))
    return page(wanted, [Organisation.name.asc(), Organisation.id.asc()], key, size).of(OrganisationRow._make)


def organisation(number: int) -> Organisation:
    """The organisation with this number, with sector, force and region. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Organisation)
        .where(Organisation.id == number)
        .options(joinedload(Organisation.sector), joinedload(Organisation.force), joinedload(Organisation.region))
    )
    if found is None:
        raise NotFound("There is no such organisation.")
    return found


def members_of(actor: Member, number: int) -> list[MemberRow]:
    """The members of one organisation whom this person may look up, by name. One statement."""
    wanted = _members(actor, {}).where(Member.organisation_id == number).order_by(Member.name, Member.id)
    return [MemberRow(*row) for row in db.session.execute(wanted)]


def organisation_choices() -> list[tuple[int, str]]:
    """Every organisation as (id, name), by name."""
    wanted = sa.select(Organisation.id, Organisation.name).order_by(Organisation.name, Organisation.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def last_changed_by(thing: Member | Organisation) -> str:
    """Who changed this last, by name; "Somebody" when the history does not say."""
    wanted = (
        sa.select(Member.name)
        .join(HistoryLine, HistoryLine.actor_id == Member.id)
        .where(
            HistoryLine.thing_kind == thing.__tablename__,
            HistoryLine.thing_id == thing.id,
            HistoryLine.verb.in_(("changed", "imported")),
        )
        .order_by(HistoryLine.id.desc())
        .limit(1)
    )
    return db.session.scalar(wanted) or "Somebody"


_AREA = sa.func.coalesce(PoliceForce.title, Region.title, "")


def _places(filters: Filters) -> list[sa.ColumnElement[bool]]:
    columns = {"sector": Organisation.sector_id, "force": Organisation.force_id, "region": Organisation.region_id}
    return [column == filters[name] for name, column in columns.items() if name in filters]  # type: ignore[literal-required]


def _words(columns: Sequence[Any], text: str) -> list[sa.ColumnElement[bool]]:
    """Every word stands in one of these columns."""
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in text.split()[:10]]


def upload(sha256: str) -> StoredFile:
    """The uploaded table with this hash. Raises NotFound."""
    found = db.session.scalar(sa.select(StoredFile).where(StoredFile.sha256 == sha256, StoredFile.kind.in_(TABLES)))
    if found is None:
        raise NotFound("This uploaded file is no longer here. Upload it again.")
    return found
