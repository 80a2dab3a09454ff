"""Who may do what with members, and when."""

from __future__ import annotations

import re
from datetime import date

from forum.base.errors import NotAllowed, Rejected
from forum.members.models import Member, Role, Standing

ATTEMPTS_BY_EMAIL = 10
ATTEMPTS_BY_ORIGIN = 100

FEWEST_ALIKE = 3  # organisations of a sector that there must be before the region of a lone one is told

SHORTEST_PASSWORD = 10  # characters; the National Cyber Security Centre asks for length, not for special characters
LONGEST_PASSWORD = 256
COMMON_PASSWORDS = (
    "password",
    "qwertyuiop",
    "1234567890",
    "0123456789",
    "iloveyou",
    "letmein",
    "welcome",
    "abcdefghij",
)
MAILBOX = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?=.{1,190}$)[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")


def check_attempts(by_email: int, by_origin: int) -> None:
    """Slow down guessing. A whole office may share one network address, so that limit is the higher one."""
    if by_email >= ATTEMPTS_BY_EMAIL or by_origin >= ATTEMPTS_BY_ORIGIN:
        raise Rejected("There were too many attempts to sign in. Wait 15 minutes, or choose a new password.")


def is_address(email: str) -> bool:
    """Whether this is the address of one mailbox."""
    return MAILBOX.fullmatch(email) is not None


def may_see_addresses(actor: Member) -> bool:
    """E-mail addresses are for whoever runs the Forum."""
    return actor.runs_the_forum


def may_keep_members(actor: Member) -> bool:
    """Add, import and change members and organisations."""
    return actor.runs_the_forum


def may_give(actor: Member | None, role: Role) -> bool:
    """Roles other than member are the admin's to give, or the operator's (None) at the machine itself."""
    return actor is None or actor.is_admin or role is Role.MEMBER


def may_see_letters(actor: Member) -> bool:
    """See what mail went out to whom, hold it, release it and send it again."""
    return actor.runs_the_forum


def check_keeper(actor: Member | None) -> None:
    """`actor` is None for the operator at the machine."""
    if actor is not None and not may_keep_members(actor):
        raise NotAllowed("Only the secretariat adds and changes members and organisations.")


def check_role(actor: Member | None, member: Member, role: Role) -> None:
    """Whether `actor` may give `member` this role instead of theirs."""
    if role is member.role:
        return
    if not may_give(actor, role) or not may_give(actor, member.role):
        raise Rejected("Only an administrator changes roles. Ask one of them to do it.", field="role")
    if actor is not None and actor.id == member.id:
        raise Rejected("You cannot change your own role. Ask another administrator to do it.", field="role")


def check_address_change(actor: Member, member: Member, email: str | None) -> None:
    """A new password is sent to the address, so whoever could change an administrator's could become one."""
    if email != member.email and actor.id != member.id and not may_give(actor, member.role):
        raise Rejected(
            f"Only an administrator changes the email address of {member.name}, because of their role.", field="email"
        )


def check_leaving(actor: Member | None, member: Member, left_on: date, today: date) -> None:
    if member.standing is Standing.LEFT:
        raise Rejected(f"{member.name} has already left the Forum.")
    if actor is not None and actor.id == member.id:
        raise Rejected("You cannot take yourself out of the Forum. Ask somebody else of the secretariat to do it.")
    if actor is not None and not may_give(actor, member.role):
        raise Rejected(f"Only an administrator can record that {member.name} has left, because of their role.")
    if left_on > today:
        raise Rejected("The date they left must be today or in the past.", field="left_on")


def check_return(actor: Member | None, member: Member) -> None:
    if member.standing is not Standing.LEFT:
        raise Rejected(f"{member.name} has not left the Forum.")
    if not may_give(actor, member.role):
        raise Rejected(f"Only an administrator can take {member.name} back, because of their role.")


def may_be_sent_joining_letter(member: Member) -> bool:
    return member.standing is Standing.INVITED and member.email is not None


def check_joining_letter(member: Member) -> None:
    if member.standing is not Standing.INVITED:
        raise Rejected(f"{member.name} needs no joining letter: only people who have not joined yet do.")
    if member.email is None:
        raise Rejected(f"There is no email address for {member.name}. Add one first, or write to them by post.")


def check_password(member: Member, password: str) -> None:
    """Long enough, and not among the first that somebody would try."""
    if len(password) < SHORTEST_PASSWORD:
        raise Rejected(f"Your password must have at least {SHORTEST_PASSWORD} characters.", field="password")
    if len(password) > LONGEST_PASSWORD:
        raise Rejected(f"Your password must have at most {LONGEST_PASSWORD} characters.", field="password")
    plain = password.casefold()
    own = {member.name.casefold(), member.name.casefold().replace(" ", ""), (member.email or "").casefold()}
    if plain in own or plain.startswith(COMMON_PASSWORDS) or len(set(plain)) < 4:
        raise Rejected("That password is too easy to guess. Three random words make a good one.", field="password")


# --- organisations ---------------------------------------------------------------------------------------------------


def shown_as(name: str, sector: str, region: str, in_region: int, in_all: int) -> str:
    """What stands for an organisation where its people are not named.

    `in_region` and `in_all` count the organisations of its sector that have members, in its region and in all. The only
    one of its sector in its region would tell who speaks, so its sector and region stand for it; where there are fewer than
    three of the sector at all, the sector alone. An organisation without a sector is known by its name alone.
    """
    if not sector or in_region > 1:
        return name
    return f"{sector}, {region}" if region and in_all >= FEWEST_ALIKE else sector
