"""The door for operators: `flask --app wsgi …`."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from forum.base.db import db


def init_app(app: Flask) -> None:
    Migrate(app, db, directory="migrations", render_as_batch=True)
