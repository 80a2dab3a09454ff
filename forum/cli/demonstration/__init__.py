"""`flask --app wsgi demo …`."""

from __future__ import annotations

import click


@click.group("demo", help="The demonstration: invented people, organisations, meetings, feedback and challenges.")
def group() -> None: ...
