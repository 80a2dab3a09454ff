from forum.web.meetings import agenda, audiences, invitations, outside, reminders
from forum.web.meetings.routes import blueprint

__all__ = ["agenda", "audiences", "blueprint", "invitations", "outside", "reminders"]
