"""Finding what was said. Opening this room is enough: from then on what is posted can be found."""

from forum.search import commands

__all__ = ["commands"]
