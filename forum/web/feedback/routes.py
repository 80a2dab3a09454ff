"""Where the feedback pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("feedback", __name__, url_prefix="/feedback")
