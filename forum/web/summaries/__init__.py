from forum.web.summaries.routes import blueprint

__all__ = ["blueprint"]
