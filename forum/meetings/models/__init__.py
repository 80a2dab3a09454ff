"""What is stored of meetings, and of all that belongs to them."""

from forum.meetings.models.agendas import AgendaItem, Proposal, ProposalDecision, ProposalState
from forum.meetings.models.attendance import Attendance, AttendanceSource, Evaluation, EvaluationGiven, Presence
from forum.meetings.models.calendars import CalendarFeed, OutsideEvent
from forum.meetings.models.invitations import (
    AccessNeed,
    Answer,
    AnswerSource,
    Audience,
    AudienceKind,
    Invitation,
    InvitationReply,
    MailingOrder,
    Place,
    SectorPlaces,
    Telling,
)
from forum.meetings.models.meetings import (
    Meeting,
    MeetingKind,
    MeetingSeries,
    Mode,
    Purpose,
    SeriesItem,
    Stage,
    meeting_theme,
    where,
)
from forum.meetings.models.papers import Paper, PaperPack, PaperVersion
from forum.meetings.models.reminders import Reminder, Segment

__all__ = [
    "AccessNeed",
    "AgendaItem",
    "Answer",
    "AnswerSource",
    "Attendance",
    "AttendanceSource",
    "Audience",
    "AudienceKind",
    "CalendarFeed",
    "Evaluation",
    "EvaluationGiven",
    "Invitation",
    "InvitationReply",
    "MailingOrder",
    "Meeting",
    "MeetingKind",
    "MeetingSeries",
    "Mode",
    "OutsideEvent",
    "Paper",
    "PaperPack",
    "PaperVersion",
    "Place",
    "Presence",
    "Proposal",
    "ProposalDecision",
    "ProposalState",
    "Purpose",
    "Reminder",
    "SectorPlaces",
    "Segment",
    "SeriesItem",
    "Stage",
    "Telling",
    "meeting_theme",
    "where",
]
