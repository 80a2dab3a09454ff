from forum.web.members import addresses, groups, importing
from forum.web.members.routes import blueprint

__all__ = ["addresses", "blueprint", "groups", "importing"]
