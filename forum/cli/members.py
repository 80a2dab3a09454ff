"""`flask --app wsgi members …`."""

from __future__ import annotations

import click


@click.group("members", help="The people of the Forum.")
def group() -> None: ...
