"""The EGVE Forum platform: `create_app` opens the doors, and does nothing else."""

from __future__ import annotations

from typing import Any

from flask import Flask

import config


def create_app(**settings: Any) -> Flask:
    """The application. `settings` take precedence over the environment.

    Raises ValueError, with what to put right, when a setting cannot be used.
    """
    from forum import cli, web, worker
    from forum.base import db, letters

    # No static folder: WhiteNoise answers for it, before Flask is asked.
    app = Flask(__name__, template_folder=str(config.ROOT / "templates"), static_folder=None)
    app.config.update(config.load(), **settings)
    db.init_app(app)
    letters.init_app(app)
    web.init_app(app)
    cli.init_app(app)
    worker.init_app(app)
    return app
