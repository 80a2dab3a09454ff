"""The door for operators: `flask --app wsgi …`. One file a room; each gives the commands it adds."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from flask_migrate import Migrate

from forum.base.db import db

ROOMS = ("members",)


def init_app(app: Flask) -> None:
    Migrate(app, db, directory="migrations", render_as_batch=True)
    for room in ROOMS:
        app.cli.add_command(import_module(f"forum.cli.{room}").group)
