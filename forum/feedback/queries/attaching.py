"""Files of posts, as those who may read the post see them; files that wait with a form; and what waits for the scanner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base import clock, files
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import StoredFile
from forum.feedback.models import Attachment, Attribution, Feedback, ParkedFile, Reply, Scan
from forum.feedback.queries.one import openable_by, runs
from forum.feedback.rules import attaching as rules
from forum.members.models import Member

THERE = (Scan.CLEAN, Scan.OFF)  # what everybody may have
SHOWN_AT_MOST = 320  # pixels, as wide as a phone


class FileRow(NamedTuple):
    """A file beside its post. `is_there`: it can be had. Else it was removed (`removed_at`), or its author alone sees it:
    infected, or being checked."""

    number: int
    reply_id: int | None
    name: str
    alt: str
    kind: str
    size: int
    width: int | None
    height: int | None
    scan: Scan
    removed_at: datetime | None
    removed_because: str

    @property
    def is_there(self) -> bool:
        return self.removed_at is None and self.scan in THERE

    @property
    def is_picture(self) -> bool:
        return self.width is not None

    @property
    def fitted(self) -> tuple[int, int]:
        """Width and height at which a picture is shown beside a post."""
        width, height = self.width or 1, self.height or 1
        scale = min(1.0, SHOWN_AT_MOST / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def title(self) -> str:
        """What a link to it says: what its author says it is, or its name."""
        return self.alt if self.alt and not self.is_picture else self.name

    @property
    def about(self) -> str:
        """ "PDF, 340 KB" """
        return f"{files.KINDS[self.kind].short}, {files.show_size(self.size)}"


class Served(NamedTuple):
    """A file to be handed out."""

    name: str
    file: StoredFile
    is_picture: bool


class Waiting(NamedTuple):
    """What waits for the scanner: how many files, since when, and what the scanner said last."""

    files: int
    since: datetime | None
    note: str


def of_posts(actor: Member, number: int, replies: Iterable[int], with_first: bool) -> dict[int | None, list[FileRow]]:
    """The files of these posts of a thread the reader may open, by reply (None: the first post). One statement."""
    wanted = Attachment.reply_id.in_(list(replies))
    of_page = sa.or_(wanted, Attachment.reply_id.is_(None)) if with_first else wanted
    rows = db.session.execute(_files().where(Attachment.feedback_id == number, of_page).order_by(Attachment.number))
    found: dict[int | None, list[FileRow]] = defaultdict(list)
    for author, attribution, *row in rows:
        if (one := _row(actor, number, author, attribution, row)) is not None:
            found[one.reply_id].append(one)
    return found


def of_post_for(actor: Member, post: Feedback | Reply) -> list[FileRow]:
    """The files of one post the reader may open. One statement."""
    if isinstance(post, Reply):
        return of_posts(actor, post.feedback_id, [post.id], with_first=False).get(post.id, [])
    return of_posts(actor, post.id, [], with_first=True).get(None, [])


def _files() -> sa.Select[Any]:
    """Author and attribution of the post, and the columns of `FileRow`. What is withdrawn or hidden has no files."""
    return (
        sa.select(
            _of_post("author_id"), _of_post("attribution"), Attachment.number, Attachment.reply_id, Attachment.name,
            Attachment.alt, sa.func.coalesce(StoredFile.kind, files.UNKNOWN), sa.func.coalesce(StoredFile.size, 0),
            Attachment.width, Attachment.height, Attachment.scan, Attachment.removed_at, Attachment.removed_because,
        )
        .join(Feedback, Feedback.id == Attachment.feedback_id)
        .outerjoin(Reply, Reply.id == Attachment.reply_id)
        .outerjoin(StoredFile, StoredFile.id == Attachment.file_id)
        .where(_of_post("withdrawn_at").is_(None))
    )  # fmt: skip


def _of_post(name: str) -> sa.ColumnElement[Any]:
    return sa.case((Attachment.reply_id.is_(None), getattr(Feedback, name)), else_=getattr(Reply, name))


def _row(
    actor: Member, thread: int, author: int | None, attribution: Attribution, row: Sequence[Any]
) -> FileRow | None:
    """The file as this reader sees it; None when they are not to know of it."""
    one = FileRow(*row)
    if one.removed_at is None and one.scan not in THERE and author != actor.id:
        return None
    if one.kind == files.UNKNOWN:
        return one._replace(name=f"FB-{thread}-{one.number}", alt="")
    return one._replace(name=rules.shown_name(attribution, thread, one.number, one.name, one.kind))


def served(actor: Member, thread: int, number: int) -> Served:
    """The file, when this person may have it. One statement. Raises NotFound."""
    is_shown = sa.or_(_of_post("held_at").is_(None), _of_post("author_id") == actor.id, sa.literal(runs(actor)))
    found = db.session.execute(
        sa.select(_of_post("attribution"), Attachment, StoredFile)
        .join(Feedback, Feedback.id == Attachment.feedback_id)
        .outerjoin(Reply, Reply.id == Attachment.reply_id)
        .join(StoredFile, StoredFile.id == Attachment.file_id)
        .where(
            Attachment.feedback_id == thread,
            Attachment.number == number,
            Attachment.scan.in_(THERE),
            Attachment.removed_at.is_(None),
            _of_post("withdrawn_at").is_(None),
            is_shown,
            openable_by(actor),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    attribution, one, stored = found
    name = rules.shown_name(attribution, thread, number, one.name, stored.kind)
    return Served(name, stored, one.width is not None)


def get(thread: int, number: int) -> Attachment:
    """The file to be removed, of a thread the caller may open. Raises NotFound."""
    wanted = sa.select(Attachment).where(Attachment.feedback_id == thread, Attachment.number == number)
    found = db.session.scalar(wanted.where(Attachment.removed_at.is_(None), Attachment.file_id.is_not(None)))
    if found is None:
        raise NotFound
    return found


def sizes(post: Feedback | Reply) -> list[int]:
    """How large each file of this post is that is still there."""
    wanted = sa.select(StoredFile.size).join(Attachment, Attachment.file_id == StoredFile.id)
    return list(db.session.scalars(wanted.where(*of_post(post))))


def of_post(post: Feedback | Reply) -> tuple[sa.ColumnElement[bool], ...]:
    """Which files are this post's, as conditions."""
    if isinstance(post, Reply):
        return Attachment.feedback_id == post.feedback_id, Attachment.reply_id == post.id
    return Attachment.feedback_id == post.id, Attachment.reply_id.is_(None)


def counted_in(threads: sa.Select[int]) -> sa.Select[int]:
    """How many files that everybody may have came with the posts of these threads, to be counted in one statement."""
    there = (Attachment.removed_at.is_(None), Attachment.scan.in_(THERE), _of_post("withdrawn_at").is_(None))
    counted = sa.select(sa.func.count(Attachment.id)).join(Feedback, Feedback.id == Attachment.feedback_id)
    counted = counted.outerjoin(Reply, Reply.id == Attachment.reply_id)
    return counted.where(Attachment.feedback_id.in_(threads), _of_post("held_at").is_(None), *there)


# --- what waits ------------------------------------------------------------------------------------------------------


def parked(actor: Member, form_key: str, ids: Iterable[int]) -> list[ParkedFile]:
    """Those of these files that wait with this person's form of this key, with their stored files. One statement."""
    wanted = sa.select(ParkedFile).options(joinedload(ParkedFile.file)).order_by(ParkedFile.id)
    theirs = wanted.where(ParkedFile.member_id == actor.id, ParkedFile.form_key == form_key)
    return list(db.session.scalars(theirs.where(ParkedFile.id.in_(list(ids)))))


def uploaded_today(actor: Member) -> int:
    """How many bytes this person uploaded within a day. One statement."""
    since = clock.now() - rules.DAY
    size = sa.func.coalesce(sa.func.sum(StoredFile.size), 0)
    attached = sa.select(size).join(Attachment, Attachment.file_id == StoredFile.id)
    attached = attached.where(Attachment.attached_by_id == actor.id, Attachment.attached_at > since)
    waiting = sa.select(size).join(ParkedFile, ParkedFile.file_id == StoredFile.id)
    waiting = waiting.where(ParkedFile.member_id == actor.id, ParkedFile.parked_at > since)
    return int(db.session.scalar(sa.select(attached.scalar_subquery() + waiting.scalar_subquery())) or 0)


def waiting_for_scan() -> Waiting:
    """What the scanner has not told of yet. One statement."""
    row = db.session.execute(
        sa.select(
            sa.func.count(Attachment.id), sa.func.min(Attachment.attached_at), sa.func.max(Attachment.scan_note)
        ).where(Attachment.scan == Scan.WAITING, Attachment.removed_at.is_(None))
    ).one()
    return Waiting(row[0], row[1], row[2] or "")
