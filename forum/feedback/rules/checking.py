"""Who flags posts, who looks at them, what is held until then; and for what reasons a post is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Attribution, Contribution, Feedback, FlagKind, Outcome, Support
from forum.feedback.rules.entering import is_entered
from forum.members.models import Member
from forum.reference.models import Theme

REMOVED = "[removed]"
MOST_WORDS = 1_000  # characters of a remark
FEWEST_TO_HIDE_AMONG = 5  # members of a group in which a thread may say "A Forum member"
MISQUOTED = "misquoted"
SHORTEST_REASON = 10  # characters that a reason for asking who wrote something needs


class Reason(NamedTuple):
    """Why a post should not be here: as whoever flags it selects it, and the rule that its author and readers are told."""

    words: str
    rule: str


REASONS = {
    "identifies": Reason("It names or identifies somebody", "Posts do not name or identify anybody without their consent"),
    "operation": Reason("It tells of a live operation or intelligence", "Posts do not tell of live operations or intelligence"),
    "marking": Reason("It is above OFFICIAL-SENSITIVE", "Nothing above OFFICIAL-SENSITIVE is posted here"),
    "abusive": Reason("It is abusive", "Posts are civil, and do not attack or insult anybody"),
    "off-topic": Reason("It is off topic", "Posts are about gang violence and exploitation, and the work to end them"),
    "misquoted": Reason("It is not what I said", "What the secretariat enters for somebody says what they said"),
    "other": Reason("Something else", "The rules of the Forum"),
}  # fmt: skip

KINDS = {
    FlagKind.PERSONAL_DATA: "May hold personal data",
    FlagKind.FLAGGED: "Reported",
    FlagKind.CHECKED_FIRST: "Waits to be shown",
    FlagKind.INFECTED: "Came with an infected file",
}

OUTCOMES = {
    Outcome.KEPT: "We looked at the post and left it as it is.",
    Outcome.HIDDEN: "We hid the post.",
    Outcome.REDACTED: "We took words out of the post.",
}


# --- who may ---------------------------------------------------------------------------------------------------------


def may_flag(actor: Member, post: Contribution | Support) -> bool:
    """Everybody reports what others wrote; whoever something was entered for, that they did not say so."""
    is_anothers = post.author_id != actor.id or (not isinstance(post, Support) and is_entered(post))
    return actor.is_active and is_anothers and not post.is_withdrawn


def reasons(actor: Member, post: Contribution | Support) -> dict[str, Reason]:
    """The reasons for which this person may report this post."""
    is_own = post.author_id == actor.id
    return {slug: reason for slug, reason in REASONS.items() if (slug == MISQUOTED) is is_own}


def may_check(actor: Member) -> bool:
    """Look at what was flagged or is held, and settle it."""
    return actor.is_active and actor.runs_the_forum


def check_checker(actor: Member) -> None:
    if not may_check(actor):
        raise NotAllowed("Only the secretariat settles what was reported.")


def check_flagger(actor: Member, post: Contribution | Support) -> None:
    if post.is_withdrawn:
        raise Rejected("This post is not here any more.")
    if not may_flag(actor, post):
        raise NotAllowed("You can edit or withdraw your own posts. You cannot report them.")


def may_reveal(actor: Member, post: Contribution | Support) -> bool:
    """Ask who wrote a post that carries no name. Nobody asks about their own, nor about words brought in."""
    is_silent = post.attribution is Attribution.UNATTRIBUTED
    return may_check(actor) and is_silent and post.author_id not in (None, actor.id)


def check_revealing(actor: Member, post: Contribution, reason: str) -> None:
    if not may_reveal(actor, post):
        raise NotAllowed("Only the secretariat is shown who wrote a post, and only of posts that carry no name.")
    if len(reason) < SHORTEST_REASON:
        raise Rejected(
            f"Enter a reason of at least {SHORTEST_REASON} characters. The author will read it.", field="reason"
        )
    if len(reason) > MOST_WORDS:
        raise Rejected(f"The reason must be {MOST_WORDS:,} characters or fewer.", field="reason")


def acts_unseen(actor: Member, post: Contribution) -> bool:
    """Whether the history would name an unattributed author by saying who did it."""
    return post.author_id == actor.id and post.attribution is Attribution.UNATTRIBUTED


def may_restrict(actor: Member, feedback: _Restricted) -> bool:
    """Keep a thread to a group: the secretariat, and its author once."""
    is_own = feedback.author_id == actor.id and feedback.group_id is None
    return actor.is_active and (is_own or actor.runs_the_forum) and feedback.withdrawn_at is None


def check_hiding_among(feedback: Feedback, people: int) -> None:
    """Its author keeps a thread to one of their own groups, so everybody in it knows that it is one of them."""
    if feedback.attribution is Attribution.UNATTRIBUTED and people < FEWEST_TO_HIDE_AMONG:
        raise Rejected(
            f"This group has fewer than {FEWEST_TO_HIDE_AMONG} members, who could work out that you wrote the thread. "
            "Select a larger group, or edit the thread and let your name or organisation be shown.",
            field="group_id",
        )


def check_restricting(actor: Member, feedback: Feedback, group_id: int | None) -> None:
    check_shown(feedback)
    if not may_restrict(actor, feedback):
        raise NotAllowed("Only the secretariat changes who may read a thread. Its author may keep it to a group once.")


# --- when ------------------------------------------------------------------------------------------------------------


def may_wait(actor: Member | None, speaker: Member, attribution: Attribution) -> bool:
    """Whether what they post can be held until somebody has looked at it. Those who answer for the Forum are trusted,
    unless the post carries no name: one that does not wait would say that it is theirs."""
    is_silent = attribution is Attribution.UNATTRIBUTED and actor is speaker
    return actor is not None and (is_silent or not actor.is_official)


def is_held(may_wait: bool, themes: Iterable[Theme], is_new: bool) -> bool:
    """Whether a post waits for a look before others read it. `is_new`: it is to be looked at whatever its themes."""
    return may_wait and (is_new or any(theme.is_checked_first for theme in themes))


def check_reason(reason: str, offered: Mapping[str, Reason] = REASONS) -> Reason:
    if reason not in offered:
        raise Rejected("Select a reason.", field="reason")
    return offered[reason]


def check_words(words: str, reason: str) -> None:
    if reason == "other" and not words:
        raise Rejected("Enter what is wrong with the post.", field="words")
    if len(words) > MOST_WORDS:
        raise Rejected(f"What you write must be {MOST_WORDS:,} characters or fewer.", field="words")


def check_shown(post: Contribution | Support) -> None:
    if post.is_withdrawn:
        raise Rejected("This post was withdrawn or hidden meanwhile, so there is nothing left to do.")


def check_held(post: Contribution) -> None:
    if post.held_at is None:
        raise Rejected("This post is shown already.")


def check_hidden(post: Contribution | Support) -> None:
    if post.hidden_at is None:
        raise Rejected("This post is shown already.")


class _Restricted(Protocol):
    @property
    def author_id(self) -> int | None: ...
    @property
    def group_id(self) -> int | None: ...
    @property
    def withdrawn_at(self) -> object: ...
