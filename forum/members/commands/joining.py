"""Getting in for the first time, or again: single-use links by mail, and choosing a password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.members import queries, rules
from forum.members.commands import signing_in
from forum.members.models import Member, PasswordLink, SignIn, Standing

JOINING_LASTS = timedelta(days=14)
RESET_LASTS = timedelta(hours=1)
RESETS = 5  # letters to one address in an hour: nobody's mailbox is filled by a stranger


def invite(actor: Member | None, members: Sequence[Member]) -> None:
    """Write each of these a joining letter with a link that lasts 14 days; links written before end.

    Raises Rejected when one of them has joined already, has left or has no address.
    """
    rules.check_keeper(actor)
    for member in members:
        rules.check_joining_letter(member)
    tokens = _new_links(members, JOINING_LASTS)
    letters.write_many(_letter(member, token, "joining") for member, token in zip(members, tokens, strict=True))
    for member in members:
        history.note(actor, "sent a joining letter", member)


def joining_link(actor: Member | None, member: Member) -> str:
    """A fresh joining link in hand, for the operator at the machine; lasts 14 days."""
    rules.check_keeper(actor)
    [token] = _new_links([member], JOINING_LASTS)
    return letters.link(f"/join/{token}")


def ask_for_password(email: str) -> None:
    """Write to this address a link to choose a new password, which lasts an hour.

    Nothing happens, and nothing is said, when nobody here has that address or too many letters went there already.
    Somebody who has not joined yet gets their joining letter again.
    """
    member = queries.by_email(email)
    if member is None or member.standing is Standing.LEFT or queries.links_made(member.id) >= RESETS:
        return
    has_joined = member.standing is Standing.ACTIVE
    [token] = _new_links([member], RESET_LASTS if has_joined else JOINING_LASTS)
    letters.write(**_letter(member, token, "password" if has_joined else "joining"))
    history.note(None, "asked for a new password", member)


def choose_password(token: str, password: str) -> Member:
    """Set the password of whoever this link was made for, who is active from now on; their sessions and links end.

    Raises Rejected when the link no longer works or the password will not do.
    """
    member = queries.by_link(token)
    if member is None:
        raise Rejected("This link has been used, has expired or was replaced by a newer one. Ask for a new one.")
    rules.check_password(member, password)
    if member.standing is Standing.INVITED:
        member.standing = Standing.ACTIVE
        member.joined_on = member.joined_on or clock.today()
        history.note(member, "joined", member)
    _set(member, password)
    signing_in.sign_out_everywhere(member)
    return member


def change_password(actor: Member, current: str, password: str, token: str) -> None:
    """Change one's own password; every session but the one of this token ends. Raises Rejected."""
    if not signing_in.matches(actor.password_hash, current):
        raise Rejected("Your current password is not right.", field="current_password")
    rules.check_password(actor, password)
    _set(actor, password)
    signing_in.sign_out_everywhere(actor, but=token)


def end_links(members: Sequence[int]) -> None:
    """The links of the members with these ids work no longer."""
    db.session.execute(
        sa.update(PasswordLink)
        .where(PasswordLink.member_id.in_(members), PasswordLink.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def end_access(members: Sequence[int]) -> None:
    """Every session and link of the members with these ids ends now."""
    end_links(members)
    db.session.execute(
        sa.update(SignIn).where(SignIn.member_id.in_(members), SignIn.ended_at.is_(None)).values(ended_at=clock.now())
    )


def _set(member: Member, password: str) -> None:
    member.password_hash = signing_in.hash_password(password)
    end_links([member.id])
    history.note(member, "chose a password", member)


def _new_links(members: Sequence[Member], lasts: timedelta) -> list[str]:
    """A token for each, in the same order; older links end."""
    now = clock.now()
    end_links([member.id for member in members])
    if not members:
        return []
    tokens = [secrets.token_urlsafe(32) for _ in members]
    db.session.execute(
        sa.insert(PasswordLink),
        [
            {"member_id": m.id, "token_hash": queries.hashed(token), "made_at": now, "expires_at": now + lasts}
            for m, token in zip(members, tokens, strict=True)
        ],
    )
    return tokens


def _letter(member: Member, token: str, template: str) -> letters.Fields:
    is_joining = template == "joining"
    until: datetime = clock.now() + (JOINING_LASTS if is_joining else RESET_LASTS)
    link = letters.link(f"/{'join' if is_joining else 'password'}/{token}")
    text, html = letters.render(template, name=member.name, link=link, until=until)
    return {
        "key": f"{template}:{queries.hashed(token)}",
        "kind": letters.Kind.ACCOUNT,
        "to_name": member.name,
        "to_address": member.email or "",
        "subject": "Join the Forum" if is_joining else "Choose a new password",
        "text": text,
        "html": html,
        "member_id": member.id,
        "about": f"member:{member.id}",
        "not_after": until,
    }
