"""The replies pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("replies", __name__, url_prefix="/reply")
