"""`flask --app wsgi feedback …`: the operator at the machine acts for nobody, and may do what an administrator may."""

from __future__ import annotations

from pathlib import Path

import click

from forum.base.db import transaction
from forum.feedback.commands.importing import Plan, bring_in, plan
from forum.feedback.commands.mapping import read_mapping
from forum.search.commands import rebuild

PATH = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_TOLD = 50


@click.group("feedback", help="What members tell the Forum.")
def group() -> None: ...


@group.command("import")
@click.argument("file", type=PATH)
@click.option("--mapping", "mapping_file", type=PATH, required=True, help="TOML or JSON: which column is what.")
@click.option("--commit", is_flag=True, help="Do it. Without this, only say what would be done.")
def import_file(file: Path, mapping_file: Path, commit: bool) -> None:
    """Bring in threads and replies from FILE (CSV, ODS, XLSX, JSON or JSONL), as docs/importing-feedback.md says."""
    mapping = read_mapping(mapping_file.read_bytes(), mapping_file.name)
    planned = plan(None, file.read_bytes(), file.name, mapping)
    _tell(planned)
    if not commit:
        click.echo("Nothing has been changed. Add --commit to import.")
        return
    with transaction():
        added = bring_in(None, planned)
    click.echo(f"Imported: {added} threads.")


@group.command("index")
def index() -> None:
    """Make the search index anew from what is stored, of every room."""
    with transaction():
        made = rebuild()
    click.echo(f"{made} things can be found.")


def _tell(planned: Plan) -> None:
    told = [
        f"Row {one.number}, {one.title or 'no title'}: rejected. {one.problem}"
        for one in planned.threads
        if one.problem
    ]
    told += [f"Row {one.number}, {one.title}: {remark}" for one in planned.threads for remark in one.remarks]
    told += planned.remarks
    for line in told[:MOST_TOLD]:
        click.echo(line)
    if len(told) > MOST_TOLD:
        click.echo(f"… and {len(told) - MOST_TOLD} more remarks.")
    if planned.made_themes:
        click.echo(f"New themes: {', '.join(planned.made_themes)}.")
    rejected = sum(bool(one.problem) for one in planned.threads)
    known = sum(one.is_known and not one.problem for one in planned.threads)
    new = planned.new
    labels = sum(label in planned.themes for one in new for label in one.labels)
    people = {one.values["contributor"] for one in new} | {said.contributor for one in new for said in one.replies}
    click.echo(
        f"{len(new)} new threads with {sum(len(one.replies) for one in new)} replies and {labels} theme labels, from "
        f"{len(people)} contributors; {known} here already; {rejected} rejected."
    )
