from forum.web.members import importing
from forum.web.members.routes import blueprint

__all__ = ["blueprint", "importing"]
