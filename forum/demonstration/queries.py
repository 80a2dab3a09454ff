"""The demonstration's own files, and whether it is there."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forum.base.db import db
from forum.members.models import Member

DATA = Path(__file__).with_name("data")
LATER = {
    "delivery_plan": "delivery plan",
    "working_groups": "working groups",
    "local_reviews": "local reviews",
    "img_updates": "reports to ministers",
}
"""Files whose rooms come later, and what they hold."""


@cache
def entries(name: str) -> list[dict[str, Any]]:
    """What data/<name>.json lists."""
    found: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return found


def people() -> list[dict[str, str]]:
    """The rows of data/members.csv."""
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def expected_counts() -> dict[str, Any]:
    """What a census must say once all of it is loaded."""
    found: dict[str, Any] = json.loads((DATA / "expected_counts.json").read_text("utf-8"))
    return found


def is_there() -> bool:
    return _any(Member.is_demonstration)


def is_anybody_there() -> bool:
    return _any(sa.true())


def _any(which: sa.ColumnExpressionArgument[bool]) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists(sa.select(Member.id).where(which)))))
