"""Files with posts: looked at and cleaned, parked with the form, attached when it is posted, removed.

A file's metadata is how an author who is not named gives themselves away, so every file is cleaned, whoever posts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import cleaning, clock, files, history, letters, richtext, scanning
from forum.base.db import ask_to_wake, db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.feedback.models import Attachment, Attribution, Feedback, ParkedFile, Reply, Scan
from forum.feedback.queries import attaching as queries
from forum.feedback.rules import attaching as rules
from forum.members.models import Member

AT_ONCE = 100


class Looked(NamedTuple):
    """A file that may be kept: cleaned, and not stored yet."""

    name: str
    kind: str
    cleaned: cleaning.Cleaned


class Taken(NamedTuple):
    """A parked file with what its author says of it, ready to be attached."""

    parked: ParkedFile
    alt: str


def look(data: bytes, name: str) -> Looked:
    """Look at an upload and clean it. Takes up to a second or two, so no transaction should be open. Raises Rejected."""
    name = files.clean_name(name)
    try:
        kind = files.check(data, name, rules.KINDS, rules.LARGEST)
        return Looked(name, kind, cleaning.clean(data, kind, name))
    except Rejected as refusal:
        raise Rejected(refusal.message, "files") from None


def park(actor: Member, form_key: str, looked: Sequence[Looked], there: Sequence[ParkedFile]) -> list[ParkedFile]:
    """Keep these files with the form of this key, beside those that wait with it already, until it is posted."""
    sizes = [len(one.cleaned.data) for one in looked]
    rules.check_number([*(one.file.size for one in there), *sizes])
    rules.check_day(queries.uploaded_today(actor) + sum(sizes))
    made = [_parked(actor, form_key, one) for one in looked]
    db.session.add_all(made)
    db.session.flush()
    return made


def _parked(actor: Member, form_key: str, one: Looked) -> ParkedFile:
    """Its bytes are kept under a name that says nothing: that of the first to upload them would stay there for ever."""
    data, width, height = one.cleaned
    stored = files.keep(data, f"file.{files.ENDINGS[one.kind]}", rules.KINDS, 4 * rules.LARGEST)
    about = {"name": one.name, "width": width, "height": height, "parked_at": clock.now()}
    return ParkedFile(member_id=actor.id, form_key=form_key, file=stored, **about)


def unpark(parked: Iterable[ParkedFile]) -> None:
    """Throw away files that wait with a form."""
    numbers = {one.file_id for one in parked}
    for one in parked:
        db.session.delete(one)
    for number in numbers:
        files.forget(number)


def take(actor: Member | None, form_key: str | None, said: Mapping[int, str] | None) -> list[Taken]:
    """The files that wait with a form, to be attached: `said` of each by its number. No statement when there are none."""
    if not said or actor is None:
        return []
    parked = queries.parked(actor, form_key or "", said)
    if len(parked) < len(said):
        raise Rejected("A file you uploaded is no longer here. Upload it again.", "files")
    words = {number: richtext.plain(alt) for number, alt in said.items()}
    rules.check_described(parked, words)
    rules.check_number([one.file.size for one in parked])
    return [Taken(one, words[one.id]) for one in parked]


def guarded(taken: Iterable[Taken]) -> dict[str, str]:
    """What is said of files, for the guard to look at, by the field of the form."""
    return {f"alt_{one.parked.id}": one.alt for one in taken if one.alt}


def attach(actor: Member | None, post: Feedback | Reply, taken: Sequence[Taken]) -> None:
    """Make these the post's files. Its thread must be locked, or new."""
    if not taken:
        return
    thread, reply = _places(post)
    last = db.session.scalar(sa.select(sa.func.max(Attachment.number)).where(Attachment.feedback_id == thread)) or 0
    is_off, now = not scanning.is_set(), clock.now()
    for number, (parked, alt) in enumerate(taken, last + 1):
        about = {"name": parked.name, "alt": alt, "width": parked.width, "height": parked.height}
        db.session.add(
            Attachment(
                feedback_id=thread, reply_id=reply, number=number, file_id=parked.file_id, attached_at=now,
                scan=Scan.OFF if is_off else Scan.WAITING, attached_by_id=actor.id if actor else None, **about,
            )
        )  # fmt: skip
        db.session.delete(parked)
    db.session.flush()
    if not is_off:
        ask_to_wake()


def add(actor: Member, post: Feedback | Reply, form_key: str, said: Mapping[int, str]) -> int:
    """Add files to one's own post later; gives how many."""
    _lock(post)
    rules.check_adding(actor, post)
    taken = take(actor, form_key, said)
    if not taken:
        raise Rejected("Select a file to add", "files")
    rules.check_number([*queries.sizes(post), *(one.parked.file.size for one in taken)])
    attach(actor, post, taken)
    history.note(actor, "added a file to", post, is_withheld=_is_unseen(actor, post), files=len(taken))
    return len(taken)


def remove(actor: Member, post: Feedback | Reply, file: Attachment, reason: str = "") -> None:
    """Take one file away for good. A line stays in its place, with the reason where the secretariat removed it."""
    _lock(post)
    reason = richtext.plain(reason)
    rules.check_removing(actor, post, reason)
    is_own = post.author_id == actor.id
    db.session.refresh(file)
    if file.removed_at is None:
        _empty(file, "" if is_own else reason)
        history.note(
            actor, "removed a file from", post, reason, is_withheld=_is_unseen(actor, post), number=file.number
        )
    if not is_own:
        tell_author(post, file, "removed", reason)


def remove_all(post: Feedback | Reply, reason: str) -> int:
    """Take every file of a post away for good, as when words are taken out of it: a file may hold the same words."""
    there = list(
        db.session.scalars(sa.select(Attachment).where(*queries.of_post(post), Attachment.removed_at.is_(None)))
    )
    for file in there:
        _empty(file, reason)
    return len(there)


def _empty(file: Attachment, reason: str) -> None:
    number, file.file_id, file.removed_at, file.removed_because = file.file_id, None, clock.now(), reason
    file.name = file.alt = ""
    if number is not None:
        files.forget(number)


def forget_old() -> bool:
    """Throw away some files whose form nobody posted for 90 days; whether there may be more."""
    old = sa.select(ParkedFile).where(ParkedFile.parked_at < clock.now() - rules.KEPT).limit(AT_ONCE)
    gone = list(db.session.scalars(old))
    unpark(gone)
    return len(gone) == AT_ONCE


# --- parts -----------------------------------------------------------------------------------------------------------


def _places(post: Feedback | Reply) -> tuple[int, int | None]:
    return (post.id, None) if isinstance(post, Feedback) else (post.feedback_id, post.id)


def _lock(post: Feedback | Reply) -> None:
    """Hold the thread, whose files are numbered, and know the post's present state."""
    db.session.execute(sa.select(Feedback.id).where(Feedback.id == _places(post)[0]).with_for_update())
    db.session.refresh(post, ["withdrawn_at", "attribution"])


def _is_unseen(actor: Member, post: Feedback | Reply) -> bool:
    return post.author_id == actor.id and post.attribution is Attribution.UNATTRIBUTED


def tell_author(post: Feedback | Reply, file: Attachment, news: str, reason: str) -> None:
    """A letter to the author: the file was removed by the secretariat, or a virus was found in it."""
    to = db.session.get(Member, post.author_id) if post.author_id is not None else None
    if to is None or not to.is_active or not to.email:
        return
    thread, reply = _places(post)
    name = f"FB-{thread}-{file.number}"
    link = letters.link(f"/feedback/{thread}?at={reply}#post-{reply}" if reply else f"/feedback/{thread}")
    text, html = letters.render("file_gone", name=to.name, reference=f"FB-{thread}", file=name, news=news,
                                reason=reason, is_reply=reply is not None, link=link)  # fmt: skip
    subject = f"A virus was found in your file {name}" if news == "infected" else f"Your file {name} was removed"
    letters.write(
        key=f"file:{file.id}:{news}", kind=Kind.NOTICE, to_name=to.name, to_address=to.email, member_id=to.id,
        subject=subject, text=text, html=html, about=f"feedback:{thread}",
        is_recipient_withheld=post.attribution is Attribution.UNATTRIBUTED,
    )  # fmt: skip
