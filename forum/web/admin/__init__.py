from forum.web.admin.routes import blueprint

__all__ = ["blueprint"]
