"""What is stored of feedback, and of all that belongs to it."""

from forum.feedback.models.asking import Draft, FeedbackAnswer, TemplateQuestion, ThemeTemplate
from forum.feedback.models.attachments import Attachment, ParkedFile, Scan
from forum.feedback.models.checking import Flag, FlagKind, InternalNote, Outcome, Redaction, Reveal
from forum.feedback.models.following import Follow, FollowKind, FollowLevel, Mention, MentionKind
from forum.feedback.models.support import HowOften, Support
from forum.feedback.models.threads import (
    Attribution,
    Contribution,
    Edition,
    Feedback,
    FeedbackKind,
    OfficialKind,
    ReadMark,
    Reply,
    feedback_theme,
)

__all__ = [
    "Attachment",
    "Attribution",
    "Contribution",
    "Draft",
    "Edition",
    "Feedback",
    "FeedbackAnswer",
    "FeedbackKind",
    "Flag",
    "FlagKind",
    "Follow",
    "FollowKind",
    "FollowLevel",
    "HowOften",
    "InternalNote",
    "Mention",
    "MentionKind",
    "OfficialKind",
    "Outcome",
    "ParkedFile",
    "ReadMark",
    "Redaction",
    "Reply",
    "Reveal",
    "Scan",
    "Support",
    "TemplateQuestion",
    "ThemeTemplate",
    "feedback_theme",
]
