from forum.web.account.routes import blueprint

__all__ = ["blueprint"]
