"""Meetings for other programs: calendar objects, and files of what there is to read."""

from forum.meetings.exports.calendars import (
    LINE_OCTETS,
    MeetingEntry,
    Method,
    Partstat,
    Person,
    Prepared,
    Role,
    entry,
    feed,
    invitation,
    prepare,
)

__all__ = [
    "LINE_OCTETS",
    "MeetingEntry",
    "Method",
    "Partstat",
    "Person",
    "Prepared",
    "Role",
    "entry",
    "feed",
    "invitation",
    "prepare",
]
