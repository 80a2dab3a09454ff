from forum.web.feedback import keeping
from forum.web.feedback.routes import blueprint

__all__ = ["blueprint", "keeping"]
