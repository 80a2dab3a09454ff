from forum.web.challenges.routes import blueprint

__all__ = ["blueprint"]
