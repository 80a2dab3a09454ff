from forum.web.meetings.routes import blueprint

__all__ = ["blueprint"]
