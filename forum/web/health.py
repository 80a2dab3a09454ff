"""Whether the platform is alive and ready, for whoever watches over it."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint
from flask.typing import ResponseReturnValue

from forum.base.db import db
from forum.web.furniture import public

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("/live")
@public
def live() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "live"}


@blueprint.get("/ready")
@public
def ready() -> ResponseReturnValue:
    """The database answers too. When it does not, the error page's 503 says so."""
    db.session.execute(sa.select(1))
    return {"status": "ready"}
