from forum.web.meetings import (
    agenda,
    attendance,
    audiences,
    coverage,
    evaluation,
    invitations,
    needs,
    outside,
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
    "evaluation",
    "invitations",
    "needs",
    "outside",
    "places",
    "proposals",
    "reminders",
]
