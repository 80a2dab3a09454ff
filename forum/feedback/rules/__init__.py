"""Who may do what with feedback, and when; and how an author is named."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Protocol

from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Attribution, Contribution, Feedback, FeedbackKind
from forum.members.models import Member
from forum.reference.models import PoliceForce, Priority, Theme

NOBODY = "A Forum member"
OUTSIDER = "A contributor"  # words brought in from elsewhere, by somebody who is no member

KINDS = {
    FeedbackKind.CHALLENGE: "Challenge",
    FeedbackKind.GOOD_PRACTICE: "Good practice",
    FeedbackKind.QUESTION: "Question",
    FeedbackKind.IDEA: "Idea",
}
CROSS_CUTTING = "Cross-cutting"


def attributed(attribution: Attribution, name: str, organisation: str, *, is_member: bool = True) -> str:
    """How the author of a contribution is named to everybody. `organisation` may be empty, and so may `name`."""
    if attribution is Attribution.NAMED and name:
        return f"{name}, {organisation}" if organisation else name
    if attribution is not Attribution.UNATTRIBUTED and organisation:
        return organisation
    return NOBODY if is_member else OUTSIDER


def attributed_to(attribution: Attribution, author: Member) -> str:
    """How a post of this member is attributed to everybody now. The member must come with their organisation."""
    is_named = attribution is Attribution.NAMED
    organisation = author.organisation_name if is_named else author.organisation_shown
    return attributed(attribution, author.name, organisation)


# --- who may ---------------------------------------------------------------------------------------------------------


def may_post(actor: Member) -> bool:
    return actor.is_active


def may_reply(actor: Member, feedback: _Thread) -> bool:
    is_there = feedback.withdrawn_at is None and feedback.held_at is None
    return actor.is_active and is_there and feedback.closed_at is None


def may_edit(actor: Member, contribution: _Post) -> bool:
    """People's words are their own: nobody else edits them, whoever runs the Forum."""
    return actor.is_active and contribution.author_id == actor.id and contribution.withdrawn_at is None


def may_withdraw(actor: Member, contribution: _Post) -> bool:
    is_own = contribution.author_id == actor.id
    return actor.is_active and (is_own or actor.runs_the_forum) and contribution.withdrawn_at is None


def may_classify(actor: Member, feedback: _Thread) -> bool:
    """Change what a thread is filed under: its kind, priority, themes, area and marking."""
    return actor.runs_the_forum and feedback.withdrawn_at is None


def may_close(actor: Member, feedback: _Thread) -> bool:
    """Close or reopen a thread."""
    return actor.runs_the_forum and feedback.withdrawn_at is None


def may_speak_officially(actor: Member) -> bool:
    """Reply for the department."""
    return actor.is_official


def may_bring_in(actor: Member | None) -> bool:
    """Enter what somebody else said, or what was said earlier. None is the operator at the command line."""
    return actor is None or actor.runs_the_forum


def check_bringing_in(actor: Member | None) -> None:
    if not may_bring_in(actor):
        raise NotAllowed("Only the secretariat enters feedback for somebody else, or at an earlier date.")


def check_poster(actor: Member | None) -> None:
    if actor is not None and not may_post(actor):
        raise NotAllowed("Only active members of the Forum post feedback.")


def check_editor(actor: Member, contribution: Contribution) -> None:
    check_not_withdrawn(contribution)
    if not may_edit(actor, contribution):
        raise NotAllowed("Only the author can edit this. You can reply to it instead.")


def check_withdrawer(actor: Member, contribution: Contribution) -> None:
    check_not_withdrawn(contribution)
    if not may_withdraw(actor, contribution):
        raise NotAllowed("Only the author or the secretariat can withdraw this.")


def check_classifier(actor: Member, feedback: Feedback) -> None:
    check_not_withdrawn(feedback)
    if not may_classify(actor, feedback):
        raise NotAllowed("Only the secretariat changes how a thread is filed.")


def check_closer(actor: Member, feedback: Feedback) -> None:
    check_not_withdrawn(feedback)
    if not may_close(actor, feedback):
        raise NotAllowed("Only the secretariat closes and reopens threads.")


# --- when ------------------------------------------------------------------------------------------------------------


def check_not_withdrawn(contribution: Contribution) -> None:
    if contribution.is_withdrawn:
        raise Rejected("This has been withdrawn, so it can no longer be changed.")


def check_open(feedback: _Open) -> None:
    """Whether replies are taken."""
    if feedback.withdrawn_at is not None:
        raise Rejected(
            "This thread was withdrawn while you were writing. Your reply has not been posted.", field="body"
        )
    if feedback.closed_at is not None:
        raise Rejected(
            "This thread is closed, so your reply has not been posted. Copy your text and start a new thread, or ask the "
            "secretariat to reopen this one.",
            field="body",
        )


def check_version(contribution: Contribution, version: int, who: str) -> None:
    """`who` changed it last, in words that name nobody who may not be named."""
    if version != contribution.version:
        raise Rejected(
            f"{who} changed this while you were writing. Your own text is below, and the text saved meanwhile beside it: "
            "bring the two together and save again."
        )


def check_themes(themes: Collection[Theme], asked: Collection[int], kept: Collection[Theme], on: date) -> None:
    """Every theme must exist and be in use on this date, unless the thread has it already."""
    if {theme.id for theme in themes} != set(asked):
        raise Rejected("Select themes from the list: one of those you selected is not in it.", field="theme_ids")
    for theme in themes:
        if not theme.is_current(on) and theme not in kept:
            raise Rejected(f"“{theme.title}” is no longer used as a theme. Select another.", field="theme_ids")


def check_priority(priority: Priority | None, asked: int | None) -> None:
    if asked is not None and priority is None:
        raise Rejected("Select a priority from the list, or “Cross-cutting”.", field="priority_id")


def check_force(force: PoliceForce | None, asked: int | None) -> None:
    if asked is not None and force is None:
        raise Rejected("Select a police force area from the list.", field="force_id")


def check_reason(reason: str) -> None:
    if not reason:
        raise Rejected("Enter a reason. Everybody who reads the thread will see it.", field="reason")
    if len(reason) > 500:
        raise Rejected("The reason must be 500 characters or fewer.", field="reason")


def check_title(title: str) -> None:
    if not title:
        raise Rejected("Enter a title.", field="title")
    if len(title) > 200:
        raise Rejected("The title must be 200 characters or fewer.", field="title")


class _Post(Protocol):
    """What the rules look at: a model, or a row read for a page."""

    @property
    def author_id(self) -> int | None: ...
    @property
    def withdrawn_at(self) -> object: ...


class _Open(Protocol):
    @property
    def closed_at(self) -> object: ...
    @property
    def withdrawn_at(self) -> object: ...


class _Thread(_Open, Protocol):
    @property
    def held_at(self) -> object: ...
