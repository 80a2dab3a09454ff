"""Reading papers, their versions and the packs made of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from forum.base import files
from forum.base.db import db, read
from forum.base.errors import NotFound
from forum.base.files import StoredFile
from forum.base.words import plural
from forum.meetings.models import AgendaItem, Invitation, Meeting, Paper, PaperVersion
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


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which papers of a meeting that this person may see they may read.

    The sensitive are for those invited, for officials and for whoever is asked for them; the withdrawn for the
    secretariat alone.
    """
    return _readable_by(may_schedule(actor), actor.is_official, actor.id)


def _readable_by(runs: bool, is_official: bool, reader: sa.ColumnElement[int] | int) -> sa.ColumnElement[bool]:
    """The same for whoever runs the Forum, for an official, or for the member with this id."""
    if runs:
        return sa.true()
    is_here = Paper.withdrawn_at.is_(None)
    if is_official:
        return is_here
    is_invited = sa.exists().where(
        Invitation.meeting_id == Paper.meeting_id, Invitation.member_id == reader, Invitation.removed_at.is_(None)
    )
    return sa.and_(is_here, sa.or_(Paper.marking == Marking.OFFICIAL, Paper.owner_id == reader, is_invited))


@cache
def _rows(runs: bool, is_official: bool) -> Any:
    """The papers of a meeting for a kind of reader; put together once, as every visit to a meeting's page reads them."""
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
        .where(Paper.meeting_id == sa.bindparam("meeting"))
        .where(_readable_by(runs, is_official, sa.bindparam("reader", type_=sa.Integer)))
        .order_by(Paper.number)
    )


def papers(actor: Member, meeting: Meeting) -> list[PaperRow]:
    """The papers of this meeting that this person may read, by number. One statement."""
    wanted = _rows(may_schedule(actor), actor.is_official)
    return [PaperRow._make(row) for row in read(wanted, {"meeting": meeting.id, "reader": actor.id})]


def by_item(actor: Member, meeting: Meeting) -> dict[int, list[PaperRow]]:
    """The papers that are here and not withdrawn, by the id of the agenda item they are for. One statement."""
    found: dict[int, list[PaperRow]] = defaultdict(list)
    for row in papers(actor, meeting):
        if row.agenda_item_id is not None and row.is_here and row.withdrawn_at is None:
            found[row.agenda_item_id].append(row)
    return found


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
