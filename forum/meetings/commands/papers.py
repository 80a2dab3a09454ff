"""Keeping the papers of a meeting: asked for, brought in versions, withdrawn."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, files, history, pdf
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.files import StoredFile
from forum.meetings import queries
from forum.meetings.models import Meeting, Paper, PaperVersion
from forum.meetings.queries import agendas
from forum.meetings.rules import papers as rules
from forum.members.models import Member
from forum.reference.models import Marking


class Upload(NamedTuple):
    """A file somebody brought, looked at and not kept yet. `digests`: one a page of a PDF; None for other files."""

    data: bytes
    name: str
    digests: list[str] | None


def read_upload(data: bytes, name: str) -> Upload:
    """Look at an upload. Takes up to a second for a PDF, so no transaction should be open. Raises Rejected at "file"."""
    try:
        kind = files.check(data, files.clean_name(name), rules.KINDS, rules.LARGEST)
        return Upload(data, name, pdf.look(data, files.clean_name(name)) if kind == files.PDF else None)
    except Rejected as refusal:
        raise Rejected(refusal.message, "file") from None


def add(
    actor: Member,
    meeting: Meeting,
    *,
    title: str,
    author: str,
    marking: Marking,
    agenda_item_id: int | None = None,
    owner_id: int | None = None,
    upload: Upload | None = None,
    form_key: str | None = None,
) -> Paper:
    """A new paper, with its first version or asked of its owner. The same form sent again gives what it made before."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    rules.check_keeper(actor, meeting)
    made = db.session.scalar(sa.select(Paper).where(Paper.form_key == form_key)) if form_key else None
    if made is not None:
        return made
    rules.check_start(upload is not None, owner_id is not None)
    rules.check_details(title, author, owner_id is not None)
    paper = Paper(
        meeting_id=meeting.id,
        number=_next(Paper, meeting),
        title=title,
        author=author,
        marking=marking,
        agenda_item_id=_on_agenda(meeting, agenda_item_id),
        owner_id=_asked(owner_id),
        form_key=form_key or None,
    )
    db.session.add(paper)
    db.session.flush()
    history.note(actor, "added" if upload else "asked for", paper, about=meeting)
    if upload is not None:
        _keep(actor, meeting, paper, upload, "")
    return paper


def add_version(actor: Member, meeting: Meeting, paper: Paper, upload: Upload, note: str = "") -> PaperVersion:
    """A new version; `note` says what changed. The same bytes as the newest version are refused: nothing changed."""
    rules.check_bringer(actor, meeting, paper)
    queries.take(meeting)
    db.session.refresh(paper)
    rules.check_bringer(actor, meeting, paper)
    return _keep(actor, meeting, paper, upload, note)


def change(
    actor: Member,
    meeting: Meeting,
    paper: Paper,
    *,
    version: int,
    title: str,
    author: str,
    marking: Marking,
    agenda_item_id: int | None,
    owner_id: int | None,
) -> None:
    """Give a paper these details. Raises Rejected at "version" when somebody else changed them meanwhile."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    db.session.refresh(paper)
    rules.check_keeper(actor, meeting)
    rules.check_here(paper)
    rules.check_details(title, author, owner_id is not None)
    if paper.version != version:
        raise Rejected(
            "Somebody changed this paper while you were changing it. Check what is saved, then save.", "version"
        )
    was = paper.marking
    paper.title, paper.author, paper.marking = title, author, marking
    paper.agenda_item_id = _on_agenda(meeting, agenda_item_id)
    if owner_id != paper.owner_id:
        paper.owner_id = _asked(owner_id)
    paper.version += 1
    history.note(actor, "changed", paper, about=meeting)
    if was is not marking:
        history.note(actor, "marked", paper, about=meeting, marking=marking.value, was=was.value)


def withdraw(actor: Member, meeting: Meeting, paper: Paper, reason: str) -> None:
    """Show a paper to nobody but the secretariat any more. It is kept, and its number is not used again."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    db.session.refresh(paper)
    rules.check_withdrawing(paper, reason)
    paper.withdrawn_at = clock.now()
    history.note(actor, "withdrew", paper, reason, about=meeting)


def put_back(actor: Member, meeting: Meeting, paper: Paper) -> None:
    """Show a paper again that was withdrawn."""
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    db.session.refresh(paper)
    if paper.withdrawn_at is not None:
        paper.withdrawn_at = None
        history.note(actor, "put back", paper, about=meeting)


def note_read(actor: Member, meeting: Meeting, paper: Paper, version: PaperVersion) -> None:
    """Note that somebody took a copy of a sensitive paper."""
    history.note(actor, "downloaded", paper, about=meeting, version=version.number)


def _keep(actor: Member, meeting: Meeting, paper: Paper, upload: Upload, note: str) -> PaperVersion:
    stored = files.keep(upload.data, upload.name, rules.KINDS, rules.LARGEST)
    last = db.session.execute(
        sa.select(PaperVersion.number, PaperVersion.file_id)
        .where(PaperVersion.paper_id == paper.id)
        .order_by(PaperVersion.number.desc())
        .limit(1)
    ).first()
    _check_is_new(paper, last, stored)
    now = clock.now()
    version = PaperVersion(
        paper_id=paper.id,
        number=last.number + 1 if last else 1,
        file_id=stored.id,
        pages=None if upload.digests is None else len(upload.digests),
        page_digests=upload.digests or [],
        note=note,
        is_late=rules.is_late(meeting.papers_due_on, clock.london(now).date()),
        uploaded_at=now,
        uploaded_by_id=actor.id,
    )
    db.session.add(version)
    db.session.flush()
    history.note(actor, "brought", paper, about=meeting, version=version.number, sha256=stored.sha256)
    return version


def _check_is_new(paper: Paper, last: sa.Row[int, int] | None, stored: StoredFile) -> None:
    if last is not None and last.file_id == stored.id:
        raise Rejected(
            f"This is the file that version {last.number} of paper {paper.number} is. Select another", "file"
        )


def _next(kind: type[Paper], meeting: Meeting) -> int:
    """The next number; the meeting's row is taken, and no paper is ever deleted, so none is given twice."""
    return (db.session.scalar(sa.select(sa.func.max(kind.number)).where(kind.meeting_id == meeting.id)) or 0) + 1


def _on_agenda(meeting: Meeting, item_id: int | None) -> int | None:
    if item_id is not None and agendas.find(meeting, item_id) is None:
        raise Rejected("This item is no longer on the agenda. Select again", "agenda_item_id")
    return item_id


def _asked(owner_id: int | None) -> int | None:
    """Whom a paper is asked of: somebody who can still be reminded."""
    if owner_id is not None:
        owner = db.session.get(Member, owner_id)
        if owner is None or not owner.is_active:
            raise Rejected("This person is not an active member. Select somebody else", "owner_id")
    return owner_id
