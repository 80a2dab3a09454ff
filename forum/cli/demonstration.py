"""`flask --app wsgi demo …`."""

from __future__ import annotations

import time

import click
from flask import current_app

from forum.base.db import transaction
from forum.demonstration import commands, queries


@click.group("demo", help="The demonstration: invented people, organisations, meetings, feedback and challenges.")
def group() -> None: ...


@group.command("load", help="Bring the demonstration into a new database. Nobody is written to.")
def load() -> None:
    if queries.is_there():
        click.echo("The demonstration is there already.")
        return
    began = time.monotonic()
    with transaction():
        commands.load(current_app.config["DEMO_PASSWORD"], lambda part: click.echo(f"  {part}"))
    click.echo(f"The demonstration was loaded in {time.monotonic() - began:.1f} seconds.")
    for name, words in queries.LATER.items():
        click.echo(f"  Not yet loaded, its room comes later: {words} (data/{name}.json)")
    click.echo("  Not yet loaded, their rooms come later: the decisions and actions of the meetings")


@group.command(
    "remove", help="Take the demonstration out. What real people added to it goes with it, if you say --yes."
)
@click.option("--yes", is_flag=True, help="Also remove what real people added to it.")
def remove(yes: bool) -> None:
    if not queries.is_there():
        click.echo("There is no demonstration in this database.")
        return
    with transaction():
        added = commands.additions()
        words = ", ".join(f"{number:,} in {table.replace('_', ' ')}" for table, number in added.items())
        if added and not yes:
            raise click.ClickException(
                f"Real people have added to the demonstration, and that would be lost: {words}. Add --yes to remove it all."
            )
        number = commands.remove()
    click.echo(f"The demonstration was removed: {number:,} rows.")
    if added:
        click.echo(f"With it went what real people had added: {words}.")
