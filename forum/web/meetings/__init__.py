from forum.web.meetings import (
    agenda,
    attendance,
    audiences,
    coverage,
    documents,
    evaluation,
    invitations,
    needs,
    outside,
    papers,
    places,
    proposals,
    reminders,
)
from forum.web.meetings.routes import blueprint

__all__ = [
    "agenda",
    "attendance",
    "audiences",
    "blueprint",
    "coverage",
    "documents",
    "evaluation",
    "invitations",
    "needs",
    "outside",
    "papers",
    "places",
    "proposals",
    "reminders",
]
