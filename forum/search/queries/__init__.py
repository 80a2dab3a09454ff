"""Finding things by their words."""

from forum.search.queries.finding import (
    LAST_PAGE,
    MOST_RANKED,
    MOST_WALKED,
    PAGE,
    Found,
    Hit,
    Narrowing,
    pages,
    search,
    threads_matching,
)
from forum.search.queries.kinds import END, GROUPS, START

__all__ = [
    "END",
    "GROUPS",
    "LAST_PAGE",
    "MOST_RANKED",
    "MOST_WALKED",
    "PAGE",
    "START",
    "Found",
    "Hit",
    "Narrowing",
    "pages",
    "search",
    "threads_matching",
]
