"""`flask --app wsgi census`."""

from __future__ import annotations

import json
from typing import Any

import click

from forum.census import queries


@click.command("census", help="How many of everything there is.")
@click.option(
    "--json", "as_json", is_flag=True, help="For programs, with the keys of the demonstration's expected counts."
)
def group(as_json: bool) -> None:
    counted = queries.census()
    if as_json:
        click.echo(json.dumps(counted, indent=1, ensure_ascii=False))
        return
    for key, value in counted.items():
        _show(key, value)


def _show(key: str, value: Any) -> None:
    """A number on its line; what divides below its heading; a list of references as how many there are."""
    title = key.replace("_", " ")
    if key == "unlinked":
        value = len(value)
    if isinstance(value, int):
        click.echo(f"{title:<28}{value:>9,}")
        return
    click.echo(title)
    for part, number in value.items() if isinstance(value, dict) else value:
        if isinstance(number, dict):
            number = ", ".join(f"{words} {count:,}" for words, count in number.items())
            click.echo(f"  {part:<10}{number}")
        else:
            click.echo(f"  {part:<26}{number:>9,}")
