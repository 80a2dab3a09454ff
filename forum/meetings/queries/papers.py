"""Reading papers, their versions and the packs made of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from forum.base import clock, files
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import StoredFile
from forum.base.words import pages_in_words, plural
from forum.meetings.models import AgendaItem, Invitation, Meeting, Paper, PaperPack, PaperVersion
from forum.meetings.rules import may_schedule
from forum.members.models import Member
from forum.reference.models import Marking


class PaperRow(NamedTuple):
    """A paper with its newest version; what is of the version is None while the paper has not come."""

    id: int
    number: int
    title: str
    author: str
    marking: Marking
    agenda_item_id: int | None
    item: str | None
    owner_id: int | None
    owner: str | None
    withdrawn_at: datetime | None
    version: int | None
    pages: int | None
    is_late: bool | None
    note: str | None
    uploaded_at: datetime | None
    kind: str | None
    size: int | None

    @property
    def name(self) -> str:
        return f"Paper {self.number}"

    @property
    def is_here(self) -> bool:
        return self.version is not None

    @property
    def is_pdf(self) -> bool:
        return self.kind == files.PDF

    @property
    def file_in_words(self) -> str:
        """ "PDF, 340 KB, 12 pages"."""
        return in_words(self.kind, self.size, self.pages)


def in_words(kind: str | None, size: int | None, pages: int | None) -> str:
    """What a file is: "PDF, 340 KB, 12 pages"; empty when there is none."""
    if kind is None or size is None:
        return ""
    counted = [plural(pages, "page")] if pages else []
    return ", ".join([files.KINDS[kind].short, files.show_size(size), *counted])


def invited(actor: Member) -> sa.ColumnElement[bool]:
    """Whether this person is invited to the meeting the statement is about."""
    return sa.exists().where(
        Invitation.meeting_id == Paper.meeting_id, Invitation.member_id == actor.id, Invitation.removed_at.is_(None)
    )


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which papers of a meeting that this person may see they may read.

    The sensitive are for those invited, for officials and for whoever is asked for them; the withdrawn for the
    secretariat alone.
    """
    if may_schedule(actor):
        return sa.true()
    is_here = Paper.withdrawn_at.is_(None)
    if actor.is_official:
        return is_here
    return sa.and_(is_here, sa.or_(Paper.marking == Marking.OFFICIAL, Paper.owner_id == actor.id, invited(actor)))


def _rows() -> Any:
    newest = aliased(PaperVersion)
    number = sa.select(sa.func.max(newest.number)).where(newest.paper_id == Paper.id).correlate(Paper).scalar_subquery()
    return (
        sa.select(
            Paper.id,
            Paper.number,
            Paper.title,
            Paper.author,
            Paper.marking,
            Paper.agenda_item_id,
            AgendaItem.title,
            Paper.owner_id,
            Member.name,
            Paper.withdrawn_at,
            PaperVersion.number,
            PaperVersion.pages,
            PaperVersion.is_late,
            PaperVersion.note,
            PaperVersion.uploaded_at,
            StoredFile.kind,
            StoredFile.size,
        )
        .select_from(Paper)
        .outerjoin(AgendaItem, AgendaItem.id == Paper.agenda_item_id)
        .outerjoin(Member, Member.id == Paper.owner_id)
        .outerjoin(PaperVersion, sa.and_(PaperVersion.paper_id == Paper.id, PaperVersion.number == number))
        .outerjoin(StoredFile, StoredFile.id == PaperVersion.file_id)
        .order_by(Paper.number)
    )


def papers(actor: Member, meeting: Meeting) -> list[PaperRow]:
    """The papers of this meeting that this person may read, by number. One statement."""
    wanted = _rows().where(Paper.meeting_id == meeting.id, readable_by(actor))
    return [PaperRow._make(row) for row in db.session.execute(wanted)]


def by_item(actor: Member, meeting: Meeting) -> dict[int, list[PaperRow]]:
    """The papers that are here and not withdrawn, by the id of the agenda item they are for. One statement."""
    found: dict[int, list[PaperRow]] = defaultdict(list)
    for row in papers(actor, meeting):
        if row.agenda_item_id is not None and row.is_here and row.withdrawn_at is None:
            found[row.agenda_item_id].append(row)
    return found


class AskedRow(NamedTuple):
    """A paper that somebody is asked for and that has not come."""

    number: int
    title: str
    owner_id: int
    owner: str


def still_to_come(meeting: Meeting) -> list[AskedRow]:
    """The papers that are asked for and not here yet, for reminders and for the desk. One statement."""
    wanted = (
        sa.select(Paper.number, Paper.title, Member.id, Member.name)
        .join(Member, Member.id == Paper.owner_id)
        .where(Paper.meeting_id == meeting.id, Paper.withdrawn_at.is_(None))
        .where(~sa.exists().where(PaperVersion.paper_id == Paper.id))
        .order_by(Paper.number)
    )
    return [AskedRow._make(row) for row in db.session.execute(wanted)]


def get(actor: Member, meeting: Meeting, number: int) -> Paper:
    """The paper with this number, with its owner, for those who may read it. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Paper)
        .where(Paper.meeting_id == meeting.id, Paper.number == number, readable_by(actor))
        .options(joinedload(Paper.owner))
    )
    if found is None:
        raise NotFound("This meeting has no paper with this number, or it was withdrawn.")
    return found


class VersionRow(NamedTuple):
    """One version of a paper."""

    number: int
    note: str
    is_late: bool
    uploaded_at: datetime
    uploaded_by: str
    pages: int | None
    kind: str
    size: int
    name: str

    @property
    def file_in_words(self) -> str:
        return in_words(self.kind, self.size, self.pages)


def versions(paper: Paper) -> list[VersionRow]:
    """Every version of a paper, the newest first. One statement."""
    wanted = (
        sa.select(
            PaperVersion.number,
            PaperVersion.note,
            PaperVersion.is_late,
            PaperVersion.uploaded_at,
            Member.name,
            PaperVersion.pages,
            StoredFile.kind,
            StoredFile.size,
            StoredFile.name,
        )
        .join(StoredFile, StoredFile.id == PaperVersion.file_id)
        .join(Member, Member.id == PaperVersion.uploaded_by_id)
        .where(PaperVersion.paper_id == paper.id)
        .order_by(PaperVersion.number.desc())
    )
    return [VersionRow._make(row) for row in db.session.execute(wanted)]


def version(paper: Paper, number: int | None = None) -> PaperVersion:
    """This version of a paper, or the newest, with its file. Raises NotFound."""
    wanted = sa.select(PaperVersion).where(PaperVersion.paper_id == paper.id).options(joinedload(PaperVersion.file))
    if number is not None:
        wanted = wanted.where(PaperVersion.number == number)
    found = db.session.scalar(wanted.order_by(PaperVersion.number.desc()).limit(1))
    if found is None:
        raise NotFound("There is no such version of this paper.")
    return found


# --- packs -----------------------------------------------------------------------------------------------------------


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
