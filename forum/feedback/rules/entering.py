"""Who enters what somebody told the Forum elsewhere, for whom, and how that is said under the post.

The secretariat alone: whoever takes the call learns who it was, and members are promised that only the secretariat may be
shown that. An official who is told something hands it to the secretariat, or posts it as their own.
"""

from __future__ import annotations

from datetime import date

from forum.base.errors import NotAllowed, Rejected
from forum.feedback.models import Attribution, Contribution
from forum.members.models import Member, Role, Standing

HERE = "site"
# How it reached us, as it is selected, and as the post says it.
SOURCES = {
    "phone": ("Phone call", "from a phone call"),
    "event": ("Event", "from an event"),
    "paper": ("Letter or paper form", "from paper"),
    "email": ("Email", "from an email"),
}
LONGEST_OCCASION = 200


def may_enter(actor: Member) -> bool:
    """Post what somebody said elsewhere, as theirs."""
    return actor.is_active and actor.runs_the_forum


def may_enter_for(actor: Member, author: Member) -> bool:
    """Whether words can be this member's: not one's own, and not those of somebody who left or keeps the platform."""
    is_one = author.id != actor.id and author.standing is not Standing.LEFT and author.role is not Role.ADMIN
    return may_enter(actor) and is_one


def check_enterer(actor: Member) -> None:
    if not may_enter(actor):
        raise NotAllowed("Only the secretariat enters feedback for somebody else.")


def check_source(source: str, occasion: str) -> None:
    if source not in SOURCES:
        raise Rejected("Select how it reached us.", field="source")
    if len(occasion) > LONGEST_OCCASION:
        raise Rejected(f"The event must be {LONGEST_OCCASION} characters or fewer.", field="occasion")


def check_said_on(said_on: date | None, today: date) -> None:
    if said_on is None:
        raise Rejected("Enter the date on which it was said.", field="said_on")
    if said_on > today:
        raise Rejected("The date on which it was said must be today or in the past.", field="said_on")


def check_author(actor: Member, author: Member) -> None:
    if author.id == actor.id:
        raise Rejected("These are your own words: post them yourself with “Post feedback”.", field="member")
    if author.standing is Standing.LEFT:
        raise Rejected(
            f"{author.name} has left the Forum. Enter it as from somebody who is not a member.", field="member"
        )


def check_may_read(author: Member | None, is_readable: bool) -> None:
    if author is not None and not is_readable:
        raise Rejected(
            f"{author.name} may not read this thread, so they could not correct what you enter. Change who may read it "
            "first, or start a new thread.",
            field="member",
        )


def check_attribution(attribution: Attribution, name: str, organisation: str, *, is_member: bool) -> None:
    """There must be what is to be shown."""
    if attribution is Attribution.NAMED and not name:
        raise Rejected("Enter the name they want to be shown with, or select “No name”.", field="contributor")
    if attribution is Attribution.ORGANISATION and not organisation:
        field = "attribution" if is_member else "organisation_id"
        raise Rejected("There is no organisation to show. Select one, or select “No name”.", field=field)


def is_entered(post: Contribution) -> bool:
    """Whether the secretariat entered it for its author."""
    return post.source in SOURCES


def way(source: str) -> str:
    """How it reached us, for tables and files: an import is called what it called itself."""
    return "Posted here" if source == HERE else SOURCES[source][0] if source in SOURCES else source


def in_words(source: str, occasion: str = "") -> str:
    """The line under such a post; empty for any other. Names nobody."""
    if source not in SOURCES:
        return ""
    return f"Entered by the secretariat {SOURCES[source][1]}{f': {occasion}' if occasion else ''}"


def not_to_be_named(attribution: Attribution, name: str, organisation: str) -> list[str]:
    """The names that whoever takes it down must not let slip into the text."""
    if attribution is Attribution.NAMED:
        return []
    names = [name, *name.split()[-1:]] if len(name) > 2 else []
    return names + ([organisation] if attribution is Attribution.UNATTRIBUTED and organisation else [])
