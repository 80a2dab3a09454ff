"""What is done with feedback."""

from forum.feedback.commands.keeping import classify, close, edit, edit_reply, reopen, withdraw
from forum.feedback.commands.posting import post, reply
from forum.feedback.commands.reading import mark_all_read, mark_read

__all__ = [
    "classify",
    "close",
    "edit",
    "edit_reply",
    "mark_all_read",
    "mark_read",
    "post",
    "reopen",
    "reply",
    "withdraw",
]
