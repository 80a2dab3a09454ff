"""Reading the packs that papers are bound into, and what the next one is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from forum.base import clock, files
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import StoredFile
from forum.base.words import pages_in_words
from forum.meetings.models import Meeting, Paper, PaperPack, PaperVersion
from forum.meetings.queries.papers import in_words
from forum.reference.models import Marking


class PackRow(NamedTuple):
    """A pack, made or in the making."""

    number: int
    marking: Marking
    pages: int | None
    size: int | None
    contents: dict[str, Any]
    ordered_at: datetime
    finished_at: datetime | None
    told_at: datetime | None
    failed_because: str

    @property
    def is_made(self) -> bool:
        return self.size is not None

    @property
    def is_under_way(self) -> bool:
        return self.finished_at is None

    @property
    def file_in_words(self) -> str:
        return in_words(files.PDF, self.size, self.pages)

    @property
    def left_out(self) -> list[dict[str, Any]]:
        return list(self.contents.get("left_out", ()))

    @property
    def withheld(self) -> int:
        """How many papers are left out because of their marking."""
        return int(self.contents.get("withheld", 0))

    @property
    def gone(self) -> list[int]:
        """The papers that were in the pack before and are not in this one."""
        return list(self.contents.get("gone", ()))

    @property
    def changed_in_words(self) -> str:
        return pages_in_words(self.contents.get("changed_pages", ()))


def newest_whole(packs: list[PackRow]) -> int | None:
    """The number of the newest pack that leaves out nothing because of its marking: the one people are told of."""
    return next((pack.number for pack in packs if pack.is_made and not pack.withheld), None)


def packs(meeting: Meeting, markings: list[Marking]) -> list[PackRow]:
    """The packs of these markings, the newest first. One statement."""
    wanted = (
        sa.select(
            PaperPack.number,
            PaperPack.marking,
            PaperPack.pages,
            StoredFile.size,
            PaperPack.contents,
            PaperPack.ordered_at,
            PaperPack.finished_at,
            PaperPack.told_at,
            PaperPack.failed_because,
        )
        .outerjoin(StoredFile, StoredFile.id == PaperPack.file_id)
        .where(PaperPack.meeting_id == meeting.id, PaperPack.marking.in_(markings))
        .order_by(PaperPack.number.desc())
    )
    return [PackRow._make(row) for row in db.session.execute(wanted)]


def pack(meeting: Meeting, number: int) -> PaperPack:
    """The pack with this number, with its file. Raises NotFound."""
    found = db.session.scalar(
        sa.select(PaperPack)
        .where(PaperPack.meeting_id == meeting.id, PaperPack.number == number)
        .options(joinedload(PaperPack.file))
    )
    if found is None:
        raise NotFound("This meeting has no pack with this number.")
    return found


def due_pack() -> PaperPack | None:
    """The pack that has waited longest to be made and that no worker is at; others cannot take it meanwhile."""
    free = sa.or_(PaperPack.claimed_until.is_(None), PaperPack.claimed_until < clock.now())
    return db.session.scalar(
        sa.select(PaperPack)
        .where(PaperPack.finished_at.is_(None), free)
        .order_by(PaperPack.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=PaperPack)
    )


def before(pack: PaperPack) -> PaperPack | None:
    """The pack of the same marking that was made before this one."""
    return db.session.scalar(
        sa.select(PaperPack)
        .where(
            PaperPack.meeting_id == pack.meeting_id,
            PaperPack.marking == pack.marking,
            PaperPack.number < pack.number,
            PaperPack.file_id.is_not(None),
        )
        .order_by(PaperPack.number.desc())
        .limit(1)
    )


class PackedRow(NamedTuple):
    """A paper's newest version, as a pack takes it up."""

    number: int
    title: str
    author: str
    marking: Marking
    agenda_item_id: int | None
    version: int
    digests: list[str]
    is_late: bool
    kind: str
    sha256: str


def to_pack(meeting_id: int) -> list[PackedRow]:
    """The newest version of every paper that is here, by number. One statement."""
    newest = aliased(PaperVersion)
    number = sa.select(sa.func.max(newest.number)).where(newest.paper_id == Paper.id).correlate(Paper).scalar_subquery()
    wanted = (
        sa.select(
            Paper.number,
            Paper.title,
            Paper.author,
            Paper.marking,
            Paper.agenda_item_id,
            PaperVersion.number,
            PaperVersion.page_digests,
            PaperVersion.is_late,
            StoredFile.kind,
            StoredFile.sha256,
        )
        .select_from(Paper)
        .join(PaperVersion, sa.and_(PaperVersion.paper_id == Paper.id, PaperVersion.number == number))
        .join(StoredFile, StoredFile.id == PaperVersion.file_id)
        .where(Paper.meeting_id == meeting_id, Paper.withdrawn_at.is_(None))
        .order_by(Paper.number)
    )
    return [PackedRow._make(row) for row in db.session.execute(wanted)]


def digests(pack: PaperPack) -> dict[int, list[str]]:
    """The digests of the pages of every paper in a pack, by the paper's number. One statement."""
    inside = {(paper["paper"], paper["version"]) for paper in pack.contents.get("papers", ())}
    wanted = (
        sa.select(Paper.number, PaperVersion.number, PaperVersion.page_digests)
        .join(PaperVersion, PaperVersion.paper_id == Paper.id)
        .where(Paper.meeting_id == pack.meeting_id)
    )
    return {paper: pages for paper, version, pages in db.session.execute(wanted) if (paper, version) in inside}
