"""Where the challenges pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("challenges", __name__, url_prefix="/challenges")
