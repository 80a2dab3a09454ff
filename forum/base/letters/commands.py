"""What a person may do with a letter. Who may is asked above: the ground floor knows no people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app

from forum.base import clock
from forum.base.db import ask_to_wake, db
from forum.base.errors import Rejected
from forum.base.letters.models import FAILED, Letter, State

_A_PART = 500  # letters emptied in one transaction
_OVER = (State.SENT, State.SKIPPED, *FAILED)


def hold(letter: Letter) -> None:
    """Keep it back until somebody releases it. Raises Rejected when it has left or is leaving."""
    refusal = "This letter can no longer be held: it has been sent or is being sent."
    _move(letter, {State.WAITING, State.DELAYED}, State.HELD, refusal)


def release(letter: Letter) -> None:
    """Let a held letter go. Raises Rejected when it is not held."""
    _move(letter, {State.HELD}, State.WAITING, "This letter is not held, so there is nothing to release.")


def resend(letter: Letter) -> None:
    """Try a failed letter again, the same bytes to the same address. Raises Rejected when it did not fail."""
    refusal = "Only a letter that was refused or came back can be sent again."
    if not letter.text:
        raise Rejected("The words of this letter were deleted, so it can no longer be sent.")
    _move(letter, set(FAILED), State.WAITING, refusal)


def _move(letter: Letter, allowed: set[State], state: State, refusal: str) -> None:
    """In one statement, as the worker may take the letter between a look and a change."""
    goes = state is State.WAITING
    moved = (
        sa.update(Letter)
        .where(Letter.id == letter.id, Letter.state.in_(allowed))
        .values(state=state, next_try_at=clock.now() if goes else None, attempts=0 if goes else Letter.attempts)
        .returning(Letter)
    )
    if db.session.scalar(moved, execution_options={"populate_existing": True}) is None:
        raise Rejected(refusal)
    if goes:
        ask_to_wake()


def hold_all(because: str) -> int:
    """Hold every letter that is under way, for this reason; how many there were. Each can be released again."""
    held = (
        sa.update(Letter)
        .where(Letter.next_try_at.is_not(None))
        .values(state=State.HELD, next_try_at=None, last_words=because)
        .returning(Letter.id)
    )
    return len(db.session.scalars(held, execution_options={"synchronize_session": False}).all())


def send_all(states: Collection[State], about: str | None = None) -> int:
    """Let all letters in these states go, held or failed ones; only those about this, when it is given. How many."""
    goes = sa.update(Letter).where(Letter.state.in_(set(states) & {State.HELD, *FAILED}), Letter.text != "")
    if about is not None:
        goes = goes.where(Letter.about == about)
    values = {"state": State.WAITING, "next_try_at": clock.now(), "attempts": 0}
    moved = db.session.scalars(
        goes.values(values).returning(Letter.id), execution_options={"synchronize_session": False}
    ).all()
    if moved:
        ask_to_wake()
    return len(moved)


def empty_old() -> bool:
    """Delete the words of up to 500 letters that are older than LETTERS_KEPT_DAYS; whether there may be more.

    The row stays as evidence of what went to whom and when. Looked for once a day: it reads the whole outbox.
    """
    days, today = current_app.config["LETTERS_KEPT_DAYS"], clock.today()
    if not days or current_app.extensions.get("letters.emptied_on") == today:
        return False
    old = sa.select(Letter.id).where(
        Letter.written_at < clock.now() - timedelta(days=days), Letter.state.in_(_OVER), Letter.text != ""
    )
    emptied = (
        sa.update(Letter)
        .where(Letter.id.in_(old.order_by(Letter.id).limit(_A_PART)))
        .values(text="", html="", calendar=None, unsubscribe_path="")
        .returning(Letter.id)
    )
    number = len(db.session.scalars(emptied, execution_options={"synchronize_session": False}).all())
    if number < _A_PART:
        current_app.extensions["letters.emptied_on"] = today
    return number == _A_PART
