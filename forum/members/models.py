"""Organisations, the people who sit in the Forum for them, and how those people get in."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base, Words
from forum.reference.models import PoliceForce, Region, Sector, Theme


class Role(enum.Enum):
    MEMBER = "member"
    SECRETARIAT = "secretariat"
    OFFICIAL = "official"
    ADMIN = "admin"


class Standing(enum.Enum):
    """Where a member stands with the Forum."""

    INVITED = "invited"
    ACTIVE = "active"
    LEFT = "left"


class Notify(enum.Enum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"
    NONE = "none"


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    sector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sector.id"), index=True)
    force_id: Mapped[int | None] = mapped_column(sa.ForeignKey("police_force.id"))
    region_id: Mapped[int | None] = mapped_column(sa.ForeignKey("region.id"))
    contact_email: Mapped[str] = mapped_column(sa.String(254), default="")
    shown_as: Mapped[str] = mapped_column(
        sa.String(450), default=""
    )  # in place of its name (members/commands/naming.py)
    is_demonstration: Mapped[bool] = mapped_column(default=False)

    sector: Mapped[Sector | None] = relationship(lazy="raise_on_sql")
    force: Mapped[PoliceForce | None] = relationship(lazy="raise_on_sql")
    region: Mapped[Region | None] = relationship(lazy="raise_on_sql")


theme_interest = sa.Table(
    "theme_interest",
    Base.metadata,
    sa.Column("member_id", sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("theme_id", sa.ForeignKey("theme.id"), primary_key=True, index=True),
)


group_member = sa.Table(
    "group_member",
    Base.metadata,
    sa.Column("group_id", sa.ForeignKey("member_group.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("member_id", sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Group(Base):
    """Members who belong together, such as those of a working group."""

    __tablename__ = "member_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    form_key: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    members: Mapped[list[Member]] = relationship(secondary=group_member, lazy="raise_on_sql")


class Member(Base):
    """A person of the Forum: a member of it, the secretariat, an official or the admin.

    `email` is stored trimmed and in lower case; None: written to by post through the organisation.
    """

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    job_title: Mapped[str] = mapped_column(sa.String(200), default="")
    role: Mapped[Role] = mapped_column(Words(Role))
    standing: Mapped[Standing] = mapped_column(Words(Standing))
    notify: Mapped[Notify] = mapped_column(Words(Notify), default=Notify.DAILY)
    digest_weekday: Mapped[int] = mapped_column(sa.SmallInteger, default=0)  # of a weekly digest; 0 is Monday
    digested_until: Mapped[datetime | None]  # everything up to then was in a digest, or was nothing to tell
    read_until: Mapped[datetime | None]  # feedback posted up to then is not new to them, whatever ReadMark says
    posts_by_mail: Mapped[bool] = mapped_column(default=False)  # a reply by email is posted, not kept as a draft
    wants_meeting_mail: Mapped[bool] = mapped_column(default=True)  # reminders and papers; invitations come anyway
    language: Mapped[str] = mapped_column(sa.String(2), default="en")
    contact_note: Mapped[str] = mapped_column(sa.Text, default="")
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    themes: Mapped[list[Theme]] = relationship(secondary=theme_interest, lazy="raise_on_sql")

    @property
    def organisation_name(self) -> str:
        return self.organisation.name if self.organisation else ""

    @property
    def organisation_shown(self) -> str:
        """What stands for their organisation where they are not named."""
        return self.organisation.shown_as if self.organisation else ""

    @property
    def is_active(self) -> bool:
        return self.standing is Standing.ACTIVE

    @property
    def runs_the_forum(self) -> bool:
        """The secretariat, and the admin who may stand in for it."""
        return self.role in {Role.SECRETARIAT, Role.ADMIN}

    @property
    def is_official(self) -> bool:
        """Answers for the department: an official or the secretariat."""
        return self.role in {Role.OFFICIAL, Role.SECRETARIAT, Role.ADMIN}

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


class MemberAlias(Base):
    """Another address a member writes from, such as the one their office calls them by. Nothing is sent to it."""

    __tablename__ = "member_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(sa.String(254), unique=True)  # trimmed and in lower case, as `Member.email`


class SignIn(Base):
    """One browser signed in as one person, until it signs out or the row is ended.

    The cookie carries a random token; only its SHA-256 is stored.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    agent: Mapped[str] = mapped_column(sa.String(200))


class SignInAttempt(Base):
    """A try to sign in; counted by address typed and by where it came from, so that guessing is slowed down."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    origin: Mapped[str] = mapped_column(sa.String(45))
    at: Mapped[datetime]
    succeeded: Mapped[bool]

    __table_args__ = (sa.Index(None, "email", "at"), sa.Index(None, "origin", "at"))


class PasswordLink(Base):
    """A single-use, expiring link to choose a password. A newer one ends the older ones."""

    __tablename__ = "password_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
