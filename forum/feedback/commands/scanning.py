"""Having files looked at by the virus scanner: nobody but the author knows of a file until it is found clean."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, files, scanning
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.files import StoredFile
from forum.base.scanning import Outcome, Verdict
from forum.feedback.commands import checking
from forum.feedback.commands.attaching import tell_author
from forum.feedback.models import Attachment, Feedback, FlagKind, ParkedFile, Reply, Scan

LEASE = timedelta(minutes=5)  # somebody is looking at it
AGAIN = timedelta(seconds=50)  # the worker looks every minute
LATER = timedelta(hours=1)  # of a file of which the scanner does not tell


class Claim(NamedTuple):
    file_id: int
    sha256: str


def claim() -> Claim | None:
    """The file that waits longest. Without a scanner nothing waits: what did is served from now on. What was served
    because there was no scanner is looked at once there is one."""
    if not scanning.is_set():
        waiting = sa.update(Attachment).where(Attachment.scan == Scan.WAITING)
        db.session.execute(waiting.values(scan=Scan.OFF, scan_due_at=None, scan_note=""))
        return None
    now = clock.now()
    is_due = sa.or_(Attachment.scan_due_at.is_(None), Attachment.scan_due_at <= now)
    found = db.session.execute(
        sa.select(Attachment.file_id, StoredFile.sha256)
        .join(StoredFile, StoredFile.id == Attachment.file_id)
        .where(Attachment.scan.in_((Scan.WAITING, Scan.OFF)), Attachment.removed_at.is_(None), is_due)
        .order_by(Attachment.scan == Scan.OFF, Attachment.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    _set(found.file_id, scan_due_at=now + LEASE)
    return Claim(found.file_id, found.sha256)


def work(claimed: Claim) -> Verdict:
    try:
        return scanning.scan(files.place(claimed.sha256).read_bytes())
    except FileNotFoundError:
        return Verdict(Outcome.NOT_TOLD, "The file is missing from the file store.")


def finish(claimed: Claim, verdict: Verdict) -> None:
    """Write down what the scanner found. It is asked again of what it did not tell."""
    is_same = sa.select(StoredFile.id).where(StoredFile.id == claimed.file_id, StoredFile.sha256 == claimed.sha256)
    if db.session.scalar(is_same) is None:
        return  # removed meanwhile, and on SQLite the next file may have its number
    now = clock.now()
    match verdict.outcome:
        case Outcome.CLEAN:
            _set(claimed.file_id, scan=Scan.CLEAN, scanned_at=now, scan_due_at=None, scan_note="")
        case Outcome.INFECTED:
            _forget(claimed.file_id, verdict.words)
        case Outcome.NOT_TOLD:
            _set(claimed.file_id, scan_due_at=now + LATER, scan_note=verdict.words)
        case Outcome.NOT_THERE:  # then it is of no use to try the others now
            waiting = sa.update(Attachment).where(Attachment.scan.in_((Scan.WAITING, Scan.OFF)))
            db.session.execute(waiting.values(scan_due_at=now + AGAIN, scan_note=verdict.words))


def _set(file_id: int, **values: object) -> None:
    """The same bytes may have come with several posts."""
    those = (Attachment.file_id == file_id, Attachment.scan.in_((Scan.WAITING, Scan.OFF)))
    db.session.execute(sa.update(Attachment).where(*those).values(**values))


def _forget(file_id: int, virus: str) -> None:
    """Delete an infected file wherever it came, tell the authors, and put the posts before the secretariat."""
    for file in db.session.scalars(sa.select(Attachment).where(Attachment.file_id == file_id)):
        file.scan, file.scanned_at, file.scan_due_at, file.scan_note = Scan.INFECTED, clock.now(), None, virus
        file.file_id = None
        post: Feedback | Reply | None = db.session.get(
            *((Reply, file.reply_id) if file.reply_id else (Feedback, file.feedback_id))
        )
        if post is None:
            raise NotFound
        words = (
            f"The virus scanner found {virus} in the file FB-{file.feedback_id}-{file.number}. The file was deleted."
        )
        checking.raise_flag(file.feedback_id, file.reply_id, FlagKind.INFECTED, words, None)
        tell_author(post, file, "infected", virus)
    db.session.execute(sa.delete(ParkedFile).where(ParkedFile.file_id == file_id))
    files.forget(file_id)
