"""Which files may come with a post, how many, how large; who adds and removes them; and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from forum.base import files
from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Attribution, Contribution
from forum.feedback.rules import check_editor, may_edit
from forum.members.models import Member

KINDS = (
    files.PDF, files.ODT, files.ODS, files.ODP, files.DOCX, files.XLSX, files.PPTX, files.PNG, files.JPEG, files.TEXT,
    files.CSV,
)  # fmt: skip
MOST = 5  # files of a post
LARGEST = 10 * 1024**2  # bytes of a file
LARGEST_POST = 20 * 1024**2  # of all files of a post
LARGEST_DAY = 60 * 1024**2  # of all files of a member within a day
DAY = timedelta(days=1)
KEPT = timedelta(days=90)  # as long as a draft
LONGEST_ALT = 300


def may_add(actor: Member, post: Contribution) -> bool:
    """Files are changed by whoever may change the words."""
    return may_edit(actor, post)


def may_remove(actor: Member, post: Contribution) -> bool:
    return may_edit(actor, post) or (actor.is_active and actor.runs_the_forum and not post.is_withdrawn)


def check_adding(actor: Member, post: Contribution) -> None:
    check_editor(actor, post)


def check_removing(actor: Member, post: Contribution, reason: str) -> None:
    """The author needs no reason; whoever runs the Forum gives one, which everybody reads."""
    if not may_remove(actor, post):
        raise NotAllowed("Only the author or the secretariat can remove this file.")
    if post.author_id != actor.id and not reason:
        raise Rejected("Enter why the file is removed", "reason")
    if len(reason) > 500:
        raise Rejected("The reason must be 500 characters or fewer", "reason")


def check_number(sizes: Sequence[int]) -> None:
    """All files of a post together."""
    if len(sizes) > MOST:
        raise Rejected(f"A post can have {MOST} files. Remove some, or put several into one PDF.", "files")
    if sum(sizes) > LARGEST_POST:
        raise Rejected(
            f"These files are {files.show_size(sum(sizes))} together. A post can have {files.show_size(LARGEST_POST)}: "
            "remove some, or make them smaller.",
            "files",
        )


def check_day(size: int) -> None:
    """All files of a member within a day."""
    if size > LARGEST_DAY:
        raise Rejected(
            f"You have uploaded {files.show_size(LARGEST_DAY)} within a day, which is as much as one person can. Try again "
            "tomorrow, or ask the secretariat.",
            "files",
        )


def check_described(parked: Sequence[_Parked], said: Mapping[int, str]) -> None:
    """Every picture needs words for those who do not see it."""
    for one in parked:
        words = said.get(one.id, "")
        if one.is_picture and not words:
            raise Rejected(f"Enter what the picture {one.name} shows", f"alt_{one.id}")
        if len(words) > LONGEST_ALT:
            raise Rejected(f"What you say of {one.name} must be {LONGEST_ALT} characters or fewer", f"alt_{one.id}")


def shown_name(attribution: Attribution, thread: int, number: int, name: str, kind: str) -> str:
    """What the file is called to everybody. A name that somebody gave a file often holds their own, their organisation's
    or their device's, so it is kept only beside posts that carry the author's name. It ends as its content says."""
    ending = files.ENDINGS[kind]
    if attribution is not Attribution.NAMED:
        return f"FB-{thread}-{number}.{ending}"
    stem, dot, said = name.rpartition(".")
    if said.lower() in (ending, "jpeg" if ending == "jpg" else ending):
        return name
    return f"{stem if dot else name}.{ending}"


class _Parked(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def is_picture(self) -> bool: ...
