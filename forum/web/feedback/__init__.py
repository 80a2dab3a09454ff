from forum.web.feedback.routes import blueprint

__all__ = ["blueprint"]
