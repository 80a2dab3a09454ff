from forum.web.organisations.routes import blueprint

__all__ = ["blueprint"]
