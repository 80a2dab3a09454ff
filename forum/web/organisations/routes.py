"""Where the organisations pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")
