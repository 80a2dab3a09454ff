from forum.web.feedback import answering, checking, drafts, keeping, mentioning, supporting, templates
from forum.web.feedback.routes import blueprint

__all__ = ["answering", "blueprint", "checking", "drafts", "keeping", "mentioning", "supporting", "templates"]
