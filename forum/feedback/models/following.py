"""What people follow, and who is called into a thread."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from forum.base.db import Base, Words


class FollowKind(enum.Enum):
    """What is followed; each is the name of the table its id is in."""

    THREAD = "feedback"
    THEME = "theme"
    ORGANISATION = "organisation"


class FollowLevel(enum.Enum):
    """None: nothing is mailed; of a thread, whatever its themes say. Digest: in the next digest. All: a letter a post."""

    NONE = "none"
    DIGEST = "digest"
    ALL = "all"


class Follow(Base):
    __tablename__ = "follow"

    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[FollowKind] = mapped_column(Words(FollowKind), primary_key=True)
    target_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[FollowLevel] = mapped_column(Words(FollowLevel))
    since: Mapped[datetime]

    __table_args__ = (sa.Index(None, "kind", "target_id"),)


class MentionKind(enum.Enum):
    MEMBER = "member"
    ORGANISATION = "organisation"
    SECTOR = "sector"


class Mention(Base):
    """A post calls somebody: a member, or the people of an organisation or sector. `reply_id` None: the first post."""

    __tablename__ = "mention"

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reply.id", ondelete="CASCADE"), index=True)
    kind: Mapped[MentionKind] = mapped_column(Words(MentionKind))
    target_id: Mapped[int]
    at: Mapped[datetime]
