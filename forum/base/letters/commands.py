"""What a person may do with a letter. Who may is asked above: the ground floor knows no people."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import ask_to_wake, db
from forum.base.errors import Rejected
from forum.base.letters.models import Letter, State


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
    _move(letter, {State.REFUSED, State.BOUNCED}, State.WAITING, refusal)


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
