"""Where the minutes pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("minutes", __name__, url_prefix="/meetings")
