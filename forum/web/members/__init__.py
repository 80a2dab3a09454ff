from forum.web.members import groups, importing
from forum.web.members.routes import blueprint

__all__ = ["blueprint", "groups", "importing"]
