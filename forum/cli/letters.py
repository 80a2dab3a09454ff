"""`flask --app wsgi letters …`."""

from __future__ import annotations

import json

import click

from forum.base import clock, letters


@click.group("letters", help="The letters that leave, and those that did not.")
def group() -> None: ...


@group.command("status", help="How many letters are in each state, and how long the oldest has been waiting.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    counts, oldest = letters.counts(), letters.oldest_waiting()
    if as_json:
        numbers = {state.value: counts.get(state, 0) for state in letters.State}
        click.echo(json.dumps({**numbers, "oldest_waiting": oldest and oldest.isoformat()}))
        return
    for state in letters.State:
        click.echo(f"{state.value:<10}{counts.get(state, 0):>9,}")
    if oldest is not None:
        minutes = int((clock.now() - oldest).total_seconds() // 60)
        click.echo(
            f"The oldest that is still to go was written on {clock.show_moment(oldest)}, {minutes:,} minutes ago."
        )
