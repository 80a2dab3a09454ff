"""Files that come with a form: kept beside it at once, so that an error, another device or no script loses none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback.commands import attaching, drafting
from forum.feedback.models import ParkedFile
from forum.feedback.queries import attaching as queries
from forum.feedback.rules import attaching as rules
from forum.members import queries as members
from forum.web.feedback.drafted import typed
from forum.web.furniture import me

BUTTONS = ("upload", "drop")  # they change the files beside the form, and post nothing


class TakenIn(NamedTuple):
    """The files that wait beside the form now, and what is wrong with those that were refused."""

    parked: list[ParkedFile]
    refusals: list[str]


def take_in(about: str | None, check: Callable[[], object] = lambda: None) -> TakenIn:
    """Keep the files sent with this form, beside those sent before; and its words, as a draft of this (None: of nothing).

    `check` raises when the form is not this person's to send. It is not asked when no file comes or goes.
    """
    key = request.form.get("form_key", "")[:64]
    ids = _numbers(request.form.getlist("file"))
    there = queries.parked(me(), key, ids) if ids else []
    sent = [one for one in request.files.getlist("files") if one.filename]
    dropped = [one for one in there if str(one.id) == request.form.get("drop")]
    if not sent and not dropped:
        return TakenIn(there, [])
    check()
    looked, refusals = _looked(sent, len(there) - len(dropped))
    for one in sent:
        one.close()
    try:
        with transaction():
            attaching.unpark(dropped)
            there = [one for one in there if one not in dropped]
            there += attaching.park(me(), key, looked, there)
            _keep_words(about, key, there)
    except Rejected as refusal:
        members.get(me(), me().id)  # the form tells their organisation, which what was undone took along
        return TakenIn(queries.parked(me(), key, ids), [*refusals, refusal.message])
    return TakenIn(there, refusals)


def of_draft(sent: MultiDict[str, Any]) -> list[ParkedFile]:
    """The files that wait with this draft."""
    ids = _numbers(sent.getlist("file"))
    return queries.parked(me(), str(sent.get("form_key", ""))[:64], ids) if ids else []


def _looked(sent: Sequence[FileStorage], there: int) -> tuple[list[attaching.Looked], list[str]]:
    if there + len(sent) > rules.MOST:  # before any is looked at
        return [], [f"A post can have {rules.MOST} files. Select fewer, or put several into one PDF."]
    looked, refusals = [], []
    for one in sent:
        try:
            looked.append(attaching.look(one.read(), one.filename or ""))
        except Rejected as refusal:
            refusals.append(refusal.message)
    return looked, refusals


def _keep_words(about: str | None, key: str, there: Sequence[ParkedFile]) -> None:
    if about is None:
        return
    words = typed() | {"file": [str(one.id) for one in there]}
    with suppress(Rejected):  # too long for a draft: the form itself will say so
        drafting.save(me(), about, words, key)


def _numbers(words: Sequence[str]) -> list[int]:
    return [int(word) for word in words[:20] if word.isascii() and word.isdigit() and len(word) < 10]
