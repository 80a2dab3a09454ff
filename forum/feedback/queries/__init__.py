"""Reading feedback."""

from forum.feedback.queries.one import get, get_reply, last_to_change, made_from, readable_by, reply_made_from
from forum.feedback.queries.reading import Change, PostRow, Thread, changes, replies, thread, words_to_quote
from forum.feedback.queries.threads import (
    Choices,
    Filter,
    ThreadRow,
    author_columns,
    author_words,
    choices,
    is_unread,
    newest,
    threads,
    unread_count,
)

__all__ = [
    "Change",
    "Choices",
    "Filter",
    "PostRow",
    "Thread",
    "ThreadRow",
    "author_columns",
    "author_words",
    "changes",
    "choices",
    "get",
    "get_reply",
    "is_unread",
    "last_to_change",
    "made_from",
    "newest",
    "readable_by",
    "replies",
    "reply_made_from",
    "thread",
    "threads",
    "unread_count",
    "words_to_quote",
]
