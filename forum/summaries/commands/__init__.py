"""Making summaries and taking them away."""

from forum.summaries.commands.making import make, take_away

__all__ = ["make", "take_away"]
