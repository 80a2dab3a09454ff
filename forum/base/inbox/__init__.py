"""Mail that comes in: kept once, read by whoever knows its kind, and shown to the secretariat when nobody does."""

from forum.base.inbox.fetching import TROUBLE, fetch, fetch_due, has_mailbox
from forum.base.inbox.models import ReceivedMail, Verdict
from forum.base.inbox.parsing import LARGEST, Kind, Mail
from forum.base.inbox.queries import MailRow, find, listed, waiting
from forum.base.inbox.receiving import (
    Reading,
    Received,
    forget,
    handle,
    is_authentic,
    leave_to_a_person,
    reader,
    receive,
    take_in,
)

__all__ = [
    "LARGEST",
    "TROUBLE",
    "Kind",
    "Mail",
    "MailRow",
    "Reading",
    "Received",
    "ReceivedMail",
    "Verdict",
    "fetch",
    "fetch_due",
    "find",
    "forget",
    "handle",
    "has_mailbox",
    "is_authentic",
    "leave_to_a_person",
    "listed",
    "reader",
    "receive",
    "take_in",
    "waiting",
]
