from forum.web.feedback import checking, drafts, keeping, templates
from forum.web.feedback.routes import blueprint

__all__ = ["blueprint", "checking", "drafts", "keeping", "templates"]
