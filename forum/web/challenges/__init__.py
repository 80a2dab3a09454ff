from forum.web.challenges import agendas, citing
from forum.web.challenges.routes import blueprint

__all__ = ["agendas", "blueprint", "citing"]
