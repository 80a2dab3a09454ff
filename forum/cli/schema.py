"""Whether the tables are those that this version of the platform works with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app

from forum.base import backups
from forum.base.db import db
from forum.base.errors import Rejected


def wanted() -> str | None:
    """The newest revision there is a migration for."""
    from alembic.script import ScriptDirectory  # takes half a second, and only these commands need it

    return ScriptDirectory.from_config(_settings()).get_current_head()


def upgrade(engine: sa.Engine) -> None:
    """Make the tables of a database other than the platform's own."""
    from alembic import command

    settings = _settings()
    settings.attributes["engine"] = engine
    command.upgrade(settings, "head")


def _settings() -> Any:
    """What Alembic is told of this project."""
    return current_app.extensions["migrate"].migrate.get_config()


def check() -> None:
    """Raises Rejected, with what to do, when the tables are missing or of another revision."""
    here, newest = backups.revision(db.session.connection()), wanted()
    if here != newest:
        raise Rejected(
            f"The tables are of revision {here or 'none'}, this version of the platform needs {newest}. "
            "Run: flask --app wsgi db upgrade"
        )
