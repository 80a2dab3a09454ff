from forum.web.meetings import agenda, invitations, outside
from forum.web.meetings.routes import blueprint

__all__ = ["agenda", "blueprint", "invitations", "outside"]
