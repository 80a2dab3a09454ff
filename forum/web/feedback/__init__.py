from forum.web.feedback import checking, keeping
from forum.web.feedback.routes import blueprint

__all__ = ["blueprint", "checking", "keeping"]
