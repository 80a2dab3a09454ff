"""Where the members pages are answered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("members", __name__, url_prefix="/members")
