"""The door for operators: `flask --app wsgi …`. One file a subject; each gives the command, or group, it adds.

A file with several commands of its own gives `groups` instead of `group`. All of them run inside the application,
and say a refusal in one sentence with exit status 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DBAPIError

from forum.base.db import db
from forum.base.errors import ForumError

SUBJECTS = ("members", "feedback", "meetings", "letters", "mail", "demonstration", "census", "operations", "summaries")


class Commands(AppGroup):
    """The commands, imported when somebody asks for one: a web server never does."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._open()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._open()
        return super().list_commands(ctx)

    def _open(self) -> None:
        from flask_migrate.cli import db as migrations

        for command in (migrations, *_commands()):
            self.add_command(command)


class Migrations:
    """What Flask-Migrate looks for in an application, made when it looks: Alembic takes half a second to import."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate

        Migrate(self._app, db, directory="migrations", render_as_batch=True)
        return getattr(self._app.extensions["migrate"], name)


def init_app(app: Flask) -> None:
    app.cli = Commands(app.name)
    app.extensions["migrate"] = Migrations(app)


@cache
def _commands() -> list[click.Command]:
    from flask_migrate.cli import db as migrations  # `db upgrade` and the like; Alembic comes with it

    modules = [import_module(f"forum.cli.{subject}") for subject in SUBJECTS]
    ours = [_prepared(one) for module in modules for one in getattr(module, "groups", None) or (module.group,)]
    return [*ours, migrations]


def _prepared(command: click.Command) -> click.Command:
    """The command and all below it, inside the application and speaking plainly."""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _prepared(below)
    if command.callback is not None and not isinstance(command, click.Group):
        command.callback = with_appcontext(_speaking_plainly(command.callback))
    return command


def _speaking_plainly(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return callback(*args, **options)
        except ForumError as refusal:
            raise click.ClickException(refusal.message) from refusal
        except DBAPIError as fault:
            reason = str(fault.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database refused: {reason}. If it is new, run `flask --app wsgi db upgrade` first."
            ) from fault

    return call
