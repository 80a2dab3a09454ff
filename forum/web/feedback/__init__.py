from forum.web.feedback import (
    answering,
    attached,
    checking,
    drafts,
    entering,
    keeping,
    library,
    mentioning,
    similar,
    supporting,
    templates,
)
from forum.web.feedback.routes import blueprint

__all__ = [
    "answering",
    "attached",
    "blueprint",
    "checking",
    "drafts",
    "entering",
    "keeping",
    "library",
    "mentioning",
    "similar",
    "supporting",
    "templates",
]
