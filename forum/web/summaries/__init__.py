from forum.web.summaries import heard
from forum.web.summaries.routes import blueprint

__all__ = ["blueprint", "heard"]
