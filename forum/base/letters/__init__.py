"""The outbox: every mail is a row first, and only the worker sends."""

from forum.base.letters.answering import MARKER, answer_address, takes_answers, who_answers
from forum.base.letters.bouncing import is_suppressed, lift, suppressed, suppression
from forum.base.letters.building import build
from forum.base.letters.commands import empty_old, hold, hold_all, release, resend, send_all
from forum.base.letters.delivering import check, deliver_due, take_back_claims
from forum.base.letters.leaving import FEEDBACK, MEETINGS, leaving, who_leaves
from forum.base.letters.models import FAILED, Kind, Letter, State
from forum.base.letters.queries import (
    LetterRow,
    Trouble,
    counts,
    counts_of,
    due_since,
    find,
    is_late,
    listed,
    of_this_hour,
    oldest_waiting,
    trouble,
)
from forum.base.letters.showing import Shown, shown, without_keys
from forum.base.letters.testing import fields_of, write_test
from forum.base.letters.writing import Fields, Sender, init_app, link, render, sender, thread_ref, write, write_many

__all__ = [
    "FAILED",
    "FEEDBACK",
    "MARKER",
    "MEETINGS",
    "Fields",
    "Kind",
    "Letter",
    "LetterRow",
    "Sender",
    "Shown",
    "State",
    "Trouble",
    "answer_address",
    "build",
    "check",
    "counts",
    "counts_of",
    "deliver_due",
    "due_since",
    "empty_old",
    "fields_of",
    "find",
    "hold",
    "hold_all",
    "init_app",
    "is_late",
    "is_suppressed",
    "leaving",
    "lift",
    "link",
    "listed",
    "of_this_hour",
    "oldest_waiting",
    "release",
    "render",
    "resend",
    "send_all",
    "sender",
    "shown",
    "suppressed",
    "suppression",
    "take_back_claims",
    "takes_answers",
    "thread_ref",
    "trouble",
    "who_answers",
    "who_leaves",
    "without_keys",
    "write",
    "write_many",
    "write_test",
]
