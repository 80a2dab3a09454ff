"""Mentions as they are typed."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from forum.feedback.queries import mentioning
from forum.web.feedback.routes import blueprint


@blueprint.get("/mention")
def suggest() -> ResponseReturnValue:
    """Whom what is typed behind an "@" may mean, for the page's script."""
    found = mentioning.suggestions(request.args.get("q", "")[:60])
    return jsonify([one._asdict() for one in found])
