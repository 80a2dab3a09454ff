"""Keeping the lists and the standing pages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.reference import rules
from forum.reference.models import Listed, Page
from forum.reference.queries import Entry


class Keeper(Protocol):
    """Who keeps the lists. This room is below the members, so it knows of them no more than this."""

    @property
    def id(self) -> Any: ...
    @property
    def is_admin(self) -> bool: ...


def add_entry(actor: Keeper, kind: type[Entry], title: str, /, **details: Any) -> Entry:
    """Put a new entry at the end of a list, or at `details["position"]`. Its slug is made from the title, for good."""
    rules.check_keeper(actor.is_admin)
    rules.check_validity(details.get("valid_from"), details.get("valid_to"))
    last = db.session.scalar(sa.select(sa.func.max(kind.position))) or 0
    given = {"slug": _free_slug(kind, title), "title": title, "position": last + 1, **details}
    entry = kind(**(_blank(kind) | given))
    db.session.add(entry)
    db.session.flush()
    history.note(actor, "added to the list", entry)
    return entry


def change_entry(actor: Keeper, entry: Listed, **details: Any) -> None:
    """Change an entry. To retire it, give `valid_to`, its last day: what points at it keeps pointing."""
    rules.check_keeper(actor.is_admin)
    rules.check_validity(details.get("valid_from"), details.get("valid_to"))
    before = {name: getattr(entry, name) for name in details}
    for name, value in details.items():
        setattr(entry, name, value)
    changed = {name: [_plain(before[name]), _plain(value)] for name, value in details.items() if value != before[name]}
    if changed:
        history.note(actor, "changed the list", entry, changed=changed)


def write_page(actor: Keeper, page: Page, title: str, source: str, version: int) -> None:
    """Save a standing page. Raises Rejected when somebody saved it meanwhile, or the text is too long."""
    rules.check_keeper(actor.is_admin)
    db.session.refresh(page, with_for_update=True)
    if version != page.version:
        raise Rejected(
            "Somebody else saved this page while you were writing. Their words are shown below yours: "
            "bring the two together and save again."
        )
    richtext.to_html(source)
    page.title, page.source, page.updated_at, page.version = title, source, clock.now(), page.version + 1
    history.note(actor, "wrote", page)


def _free_slug(kind: type[Listed], title: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "entry"
    taken = set(db.session.scalars(sa.select(kind.slug).where(kind.slug.startswith(base))))
    if base not in taken:
        return base
    return next(f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)


def _blank(kind: type[Listed]) -> dict[str, str]:
    """Empty words for the text columns that were not given."""
    columns = sa.inspect(kind).columns
    own = (column.key for column in columns if column.key not in {"slug", "title"} and not column.nullable)
    return {key: "" for key in own if columns[key].type.python_type is str}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
