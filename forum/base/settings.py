"""Settings (config.py) that the rooms go by."""

from __future__ import annotations

from flask import current_app


def number(name: str) -> int:
    """The whole number that this setting holds."""
    return int(current_app.config[name])
