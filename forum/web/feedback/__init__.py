from forum.web.feedback import answering, attached, checking, drafts, keeping, mentioning, supporting, templates
from forum.web.feedback.routes import blueprint

__all__ = [
    "answering",
    "attached",
    "blueprint",
    "checking",
    "drafts",
    "keeping",
    "mentioning",
    "supporting",
    "templates",
]
