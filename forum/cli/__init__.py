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
from flask.cli import with_appcontext
from flask_migrate import Migrate

from forum.base.db import db
from forum.base.errors import ForumError

SUBJECTS = ("members", "feedback", "meetings", "letters", "demonstration", "census", "operations", "summaries")


def init_app(app: Flask) -> None:
    Migrate(app, db, directory="migrations", render_as_batch=True)
    for command in _commands():
        app.cli.add_command(command)


@cache
def _commands() -> list[click.Command]:
    modules = [import_module(f"forum.cli.{subject}") for subject in SUBJECTS]
    return [_prepared(one) for module in modules for one in getattr(module, "groups", None) or (module.group,)]


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

    return call
