from forum.web.challenges import citing
from forum.web.challenges.routes import blueprint

__all__ = ["blueprint", "citing"]
