"""Where the summaries pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("summaries", __name__, url_prefix="/summaries")
