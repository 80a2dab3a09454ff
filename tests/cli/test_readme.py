"""The README's table of commands is made from the commands: `python -m tests.cli.test_readme` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from forum import create_app
from tests.conftest import settings

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "| command | what it does |\n|---|---|\n", "\n## Running it for real"
NOT_OURS = {"db", "routes", "run", "shell"}
UPGRADE = "| `db upgrade` | Bring the tables up to date, or make them in a new database. |\n"


def leaves(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, f"{path}{name} ")
        elif path or name not in NOT_OURS:
            yield f"{path}{name}", command


def ours(app) -> dict[str, click.Command]:
    app.cli.list_commands(click.Context(app.cli))  # they are imported when somebody asks for them
    return {path: command for path, command in leaves(app.cli) if path.split()[0] not in NOT_OURS}


def parameter(one: click.Parameter) -> str:
    if isinstance(one, click.Argument):
        return one.human_readable_name.upper()
    choices = one.type.choices if isinstance(one.type, click.Choice) else ()
    value = (
        "" if one.is_flag else " " + (one.metavar or ("{" + ",".join(choices) + "}" if choices else one.name.upper()))
    )
    words = f"{one.opts[0]}{value}"
    return words if one.required else f"[{words}]"


def table(app) -> str:
    lines = []
    for path, command in ours(app).items():
        usage = " ".join([path, *map(parameter, command.params)])
        first = re.split(r"\n\n", (command.help or "").strip())[0]
        lines.append(f"| `{usage}` | {' '.join(first.split())} |\n")
    return UPGRADE + "".join(lines)


def test_every_command_is_in_the_readme_as_it_is(embedded):
    shown = README.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == table(embedded), "python -m tests.cli.test_readme"


def test_every_command_and_option_says_what_it_is_for(embedded):
    for path, command in ours(embedded).items():
        result = embedded.test_cli_runner().invoke(args=[*path.split(), "--help"])
        assert result.exit_code == 0
        assert command.help, path
        assert all(one.help for one in command.params if isinstance(one, click.Option)), path


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = table(create_app(**settings("sqlite://", Path(folder))))
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    README.write_text(f"{before}{BEGIN}{made}{END}{rest.partition(END)[2]}", "utf-8")
