from forum.web.members.routes import blueprint

__all__ = ["blueprint"]
