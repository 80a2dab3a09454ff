"""What is asked of whoever posts about a theme, and how a template of questions may be made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from forum.base.errors import NotAllowed, Rejected
from forum.members.models import Member

MOST_QUESTIONS = 12
LONGEST_LABEL, LONGEST_HINT, LONGEST_INTRODUCTION = 200, 500, 2_000


class Asked(NamedTuple):
    """A question as it is put to people. An answer belongs to its words: `key` is made from them."""

    label: str
    hint: str = ""
    is_required: bool = False

    @property
    def key(self) -> str:
        """The name of its field. Themes that ask the same ask it once."""
        words = " ".join(self.label.casefold().split())
        return "answer_" + hashlib.sha256(words.encode()).hexdigest()[:12]


def once(asked: Iterable[Asked]) -> list[Asked]:
    """Each question once, in the order asked; it must be answered when one of those who ask requires it."""
    kept: dict[str, Asked] = {}
    for one in asked:
        before = kept.setdefault(one.key, one)
        kept[one.key] = before._replace(is_required=before.is_required or one.is_required)
    return list(kept.values())


def check_answers(asked: Sequence[Asked], given: Mapping[str, str]) -> None:
    """What must be answered is. `given`: key of the question and words."""
    for one in asked:
        if one.is_required and not given.get(one.key):
            raise Rejected(f"Enter an answer to “{one.label}”.", field=one.key)


def may_ask(actor: Member) -> bool:
    """Decide what is asked about a theme."""
    return actor.is_active and actor.runs_the_forum


def check_asker(actor: Member) -> None:
    if not may_ask(actor):
        raise NotAllowed("Only the secretariat decides what is asked about a theme.")


def check_template(introduction: str, asked: Sequence[Asked]) -> None:
    """The refusal names the field of the question, counted from 0."""
    if len(introduction) > LONGEST_INTRODUCTION:
        raise Rejected(f"The introduction must be {LONGEST_INTRODUCTION:,} characters or fewer.", field="introduction")
    if len(asked) > MOST_QUESTIONS:
        raise Rejected(f"Ask {MOST_QUESTIONS} questions or fewer: people answer few well, and many not at all.")
    seen: set[str] = set()
    for place, one in enumerate(asked):
        if not one.label:
            raise Rejected(f"Enter question {place + 1}, or remove it.", field=f"label-{place}")
        if len(one.label) > LONGEST_LABEL:
            raise Rejected(f"Question {place + 1} must be {LONGEST_LABEL} characters or fewer.", field=f"label-{place}")
        if len(one.hint) > LONGEST_HINT:
            raise Rejected(f"The hint must be {LONGEST_HINT} characters or fewer.", field=f"hint-{place}")
        if one.key in seen:
            raise Rejected(f"Question {place + 1} is asked twice. Change or remove it.", field=f"label-{place}")
        seen.add(one.key)


def check_template_version(given: int, stored: int) -> None:
    if given != stored:
        raise Rejected(
            "Somebody saved these questions while you were changing them. Yours are below, theirs beside them: bring the "
            "two together and save again."
        )
