from forum.web.minutes.routes import blueprint

__all__ = ["blueprint"]
