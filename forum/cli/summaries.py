"""`flask --app wsgi summary export`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import click
from flask import current_app

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import NotFound
from forum.cli.acting import active_member
from forum.reference import queries as reference
from forum.reference.models import Listed, Priority, Theme
from forum.summaries import commands, exports
from forum.summaries.models import Summary
from forum.summaries.rules import CROSS_CUTTING, Scope

Entry = TypeVar("Entry", bound=Listed)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("summary", help="Summaries of what the Forum said.")
def group() -> None: ...


@group.command("export", help="Make a summary, keep it, and write it to a file.")
@click.option("--theme", "theme_slug", help="Slug of a theme. Default: all themes.")
@click.option("--priority", "priority_slug", help="Slug of a priority, or cross-cutting. Default: all of them.")
@click.option("--from", "first", type=DAY, help="First day, as 2016-07-01.")
@click.option("--to", "last", type=DAY, help="Last day, as 2016-11-30.")
@click.option("--title", default="", help="Default: made from what is chosen.")
@click.option("--sensitive", is_flag=True, help="Take OFFICIAL-SENSITIVE contributions too.")
@click.option("--publication", is_flag=True, help="Hide small counts, so that the file may leave the Forum.")
@click.option("--format", "kind", required=True, type=click.Choice([*exports.FORMATS, "html"]), help="Kind of file.")
@click.option(
    "--output", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Where it goes."
)
@click.option("--as", "email", required=True, help="Email address of the official who makes it.")
def export(
    theme_slug: str | None,
    priority_slug: str | None,
    first: datetime | None,
    last: datetime | None,
    title: str,
    sensitive: bool,
    publication: bool,
    kind: str,
    output: Path,
    email: str,
) -> None:
    scope = Scope(_theme(theme_slug), _priority(priority_slug), _day(first), _day(last), sensitive)
    actor = active_member(email)
    with transaction():
        summary = commands.make(actor, scope, title, is_for_publication=publication)
        commands.take_away(actor, summary, kind)
        _write(output, as_html(summary) if kind == "html" else exports.FORMATS[kind][1](summary))
    counts = summary.says["counts"]
    taken = f"{counts['contributions']:,} of {counts['in_scope']:,} contributions"
    click.echo(f"{summary.reference} is made, of {taken}, and written to {output}.")


def as_html(summary: Summary) -> bytes:
    """The summary as one file that needs no other."""
    page = current_app.jinja_env.get_template("summaries/file.html")
    link = current_app.config["PUBLIC_URL"]
    return page.render(
        summary=summary, says=summary.says, link=link, date=clock.show_date, shown_day=exports.shown_day
    ).encode()


def _write(output: Path, data: bytes) -> None:
    try:
        output.write_bytes(data)
    except OSError as fault:
        raise click.ClickException(f"{output} cannot be written: {fault.strerror}. Nothing was made.") from fault


def _theme(slug: str | None) -> int | None:
    return _entry(Theme, slug, "theme") if slug else None


def _priority(slug: str | None) -> int | None:
    if slug == "cross-cutting":
        return CROSS_CUTTING
    return _entry(Priority, slug, "priority") if slug else None


def _entry(kind: type[Entry], slug: str, called: str) -> int:
    found = next((entry for entry in reference.entries(kind) if entry.slug == slug), None)
    if found is None:
        known = ", ".join(entry.slug for entry in reference.entries(kind))
        raise NotFound(f"There is no {called} “{slug}”. There are: {known}.")
    return found.id


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None
