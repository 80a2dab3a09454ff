"""Bringing the demonstration in, and taking it out."""

from forum.demonstration.commands.loading import load
from forum.demonstration.commands.removing import additions, remove

__all__ = ["additions", "load", "remove"]
