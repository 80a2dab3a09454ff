"""Settings (config.py) that the rooms go by."""

from __future__ import annotations

from flask import current_app


def number(name: str) -> int:
    """The whole number that this setting holds."""
    return int(current_app.config[name])


def is_on(name: str) -> bool:
    """Whether this setting says yes."""
    return bool(current_app.config[name])
