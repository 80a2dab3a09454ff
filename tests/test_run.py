"""run.py: what it says when something is missing, what it does not do twice, and that it leaves nothing running."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "run.py"

READY = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"Demonstration data")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """run.py as a module, at home in an empty folder."""
    spec = importlib.util.spec_from_file_location("run_under_test", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(module, "LOG", tmp_path / "var" / "setup.log")
    return module


def start(*arguments: str, before: str = "pass", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run run.py as a program; `before` is Python that is run in the same interpreter first."""
    code = f"import runpy, sys; {before}; sys.argv = ['run.py', *{arguments!r}]; runpy.run_path({str(PROGRAM)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- one clear sentence


def test_an_old_python_is_told_which_one_is_needed():
    said = start(before="sys.version_info = (3, 9, 2, 'final', 0)")
    assert said.returncode == 1
    assert said.stderr.strip().startswith("This is Python 3.9: the platform needs Python 3.11 or later.")


def test_an_old_python_can_read_the_file_that_far():
    ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 6))


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path):
    said = start("setup", before="sys.modules['ensurepip'] = None", PATH=str(tmp_path))
    assert said.returncode == 1
    assert "apt install python3-venv" in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_port_in_use_is_said_before_anything_is_set_up(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = start("serve", PORT=port, HOST="127.0.0.1", VAR=str(tmp_path))
    assert said.returncode == 1
    assert said.stderr.startswith(f"Port {port} of 127.0.0.1 cannot be used: Address already in use.")
    assert said.stdout == ""


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path):
    said = start("serve", PORT="many", VAR=str(tmp_path))
    assert said.returncode == 1
    assert said.stderr == "A setting cannot be used: PORT is 'many': give a whole number.\n"


@pytest.mark.parametrize("arguments", [("fly",), ("serve", "tests"), ("setup", "--empty")])
def test_a_command_that_does_not_exist_is_refused(arguments: tuple[str, ...]):
    assert start(*arguments).returncode == 2


def test_everything_after_test_goes_to_pytest(run: ModuleType):
    options, others = run.parse(["test", "-k", "stop", "--help", "tests/test_run.py"])
    assert options.command == "test"
    assert others == ["-k", "stop", "--help", "tests/test_run.py"]


def test_no_command_means_serve(run: ModuleType):
    options, others = run.parse([])
    assert (options.command, options.empty, others) == ("serve", False, [])


# ---- steps


def test_a_failing_step_shows_the_end_of_its_output_and_keeps_all_of_it(run: ModuleType):
    command = [sys.executable, "-c", "import sys; [print('line', n) for n in range(50)]; sys.exit(3)"]
    with pytest.raises(run.Failed) as failure:
        run.run(command, "It did not work.")
    said = str(failure.value)
    assert said.startswith("It did not work.\n")
    assert "line 49" in said
    assert "line 30" not in said
    assert "line 30" in run.LOG.read_text()


def test_of_a_traceback_the_reason_is_shown(run: ModuleType):
    with pytest.raises(run.Failed) as failure:
        run.run([sys.executable, "-c", "raise OSError('file is not a database')"], "It did not work.")
    assert str(failure.value).splitlines()[1:-1] == ["    OSError: file is not a database"]


def test_a_step_hands_back_what_was_printed_and_nothing_of_the_complaints(run: ModuleType):
    command = [sys.executable, "-c", "import sys; print('{}'); print('a warning', file=sys.stderr)"]
    assert run.run(command, "") == "{}\n"


def test_a_missing_network_is_one_sentence(run: ModuleType):
    complaint = "[Errno -3] Temporary failure in name resolution"
    with pytest.raises(run.Failed, match=r"^No network: The packages could not be fetched") as failure:
        run.fetch([sys.executable, "-c", f"raise SystemExit({complaint!r})"], "The packages")
    assert "\n" not in str(failure.value)


def test_passwords_of_databases_are_not_shown(run: ModuleType):
    assert (
        run.without_password("postgresql://forum:s3/cr@t@db.example/forum") == "postgresql://forum:***@db.example/forum"
    )
    assert run.without_password("sqlite:////srv/forum.db") == "sqlite:////srv/forum.db"


# ---- nothing is done twice


@pytest.fixture
def installed(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made or installed, in order; nothing really is."""
    done: list[str] = []
    monkeypatch.setattr(run, "make_environment", lambda folder: (folder.mkdir(), done.append("environment")))
    monkeypatch.setattr(run, "install", lambda lock, folder: done.append(lock.name))
    monkeypatch.setattr(run, "works", lambda folder: folder.is_dir())
    for name in ("requirements", "requirements-dev"):
        (run.ROOT / f"{name}.txt").write_text("flask==3.1.3")
    return done


def test_packages_are_installed_once_for_each_lock(run: ModuleType, installed: list[str]):
    for _ in range(2):
        run.set_up_packages("requirements")
    assert installed == ["environment", "requirements.txt"]
    run.set_up_packages("requirements-dev")
    assert installed == ["environment", "requirements.txt", "requirements-dev.txt"]


def test_a_new_lock_is_installed_into_the_same_environment(run: ModuleType, installed: list[str]):
    run.set_up_packages("requirements")
    (run.ROOT / "requirements.txt").write_text("flask==3.1.4")
    run.set_up_packages("requirements")
    assert installed == ["environment", "requirements.txt", "requirements.txt"]


def test_an_installation_that_failed_is_tried_again(
    run: ModuleType, installed: list[str], monkeypatch: pytest.MonkeyPatch
):
    def fail(lock: Path, folder: Path) -> None:
        raise run.Failed("No network")

    with monkeypatch.context() as offline:
        offline.setattr(run, "install", fail)
        with pytest.raises(run.Failed):
            run.set_up_packages("requirements")
    run.set_up_packages("requirements")
    assert installed == ["environment", "requirements.txt"]


def test_an_environment_that_was_moved_is_not_trusted(run: ModuleType, tmp_path: Path):
    assert run.works(Path(sys.prefix))
    assert not run.works(tmp_path / "nowhere")
    fake = tmp_path / "moved" / "bin" / "python"
    fake.parent.mkdir(parents=True)
    fake.write_text("#!/bin/sh\necho {} {} /elsewhere\n".format(*sys.version_info[:2]))
    fake.chmod(0o755)
    assert not run.works(tmp_path / "moved")


@pytest.mark.parametrize(("members", "administrators", "loads"), [(0, 0, True), (120, 1, False), (0, 1, False)])
def test_the_demonstration_is_loaded_into_an_empty_database_only(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, members: int, administrators: int, loads: bool
):
    asked: list[tuple[str, ...]] = []

    def flask(*arguments: str, sentence: str) -> str:
        asked.append(arguments)
        return json.dumps({"members": members, "administrators": administrators})

    monkeypatch.setattr(run, "flask", flask)
    run.set_up_database({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, empty=False)
    assert (("demo", "load") in asked) is loads


# ---- nothing is left running


def gone(process: int) -> bool:
    """Whether a process has ended (a zombie nobody has collected has)."""
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look for the processes")
def test_stopping_ends_the_stubborn_and_their_children(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run, "STOP_SECONDS", 0.2)
    child_file = tmp_path / "child"
    stubborn = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open({str(child_file)!r}, 'w').write(f'{{child.pid}}\\n'); time.sleep(60)"
    )
    parent = run.start([sys.executable, "-c", stubborn], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: child_file.exists() and child_file.read_text().endswith("\n"))
    run.stop([parent])
    assert parent.returncode == -signal.SIGKILL
    wait_for(lambda: gone(int(child_file.read_text())))


def wait_for(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in ten seconds."
        time.sleep(0.02)


def test_when_one_program_ends_the_other_is_stopped_and_the_reason_shown(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    port = free_port()
    pretend(run, monkeypatch, port, worker="import time; time.sleep(0.3); raise SystemExit('the queue is gone')")
    with pytest.raises(run.Failed, match=r"The worker program ended by itself \(status 1\)[^\n]*\n +the queue is gone"):
        run.serve({"HOST": "127.0.0.1", "PORT": port, "VAR": tmp_path, "PUBLIC_URL": "", "DEMO_PASSWORD": ""}, False)
    run.check_port("127.0.0.1", port)


def pretend(run: ModuleType, monkeypatch: pytest.MonkeyPatch, port: int, worker: str) -> None:
    """Let `serve` start a web server that is always ready, and this worker, without any setting up."""
    programs = {
        "web": [sys.executable, "-c", READY, str(port)],
        "worker": [sys.executable, "-c", worker],
    }
    monkeypatch.setattr(run, "programs", lambda host, port: programs)
    monkeypatch.setattr(run, "set_up", lambda: None)
    monkeypatch.setattr(run, "set_up_database", lambda config, empty: None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_and_frees_the_port(
    run: ModuleType, tmp_path: Path, number: signal.Signals, capfd: pytest.CaptureFixture[str]
):
    port = free_port()
    driver = (
        "import importlib.util, sys, pathlib;"
        f"spec = importlib.util.spec_from_file_location('run', {str(PROGRAM)!r});"
        "run = importlib.util.module_from_spec(spec); spec.loader.exec_module(run);"
        f"run.programs = lambda host, port: {{'web': [sys.executable, '-c', {READY!r}, str(port)],"
        " 'worker': [sys.executable, '-c', 'import time; time.sleep(60)']};"
        "run.set_up = lambda: None; run.set_up_database = lambda config, empty: None;"
        f"run.settings = lambda: dict(HOST='127.0.0.1', PORT={port}, VAR=pathlib.Path({str(tmp_path)!r}),"
        " PUBLIC_URL='http://localhost', DEMO_PASSWORD='forum-demo');"
        "sys.exit(run.main(['serve']))"
    )
    with subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, text=True) as program:
        said = ""
        for line in program.stdout:
            said += line
            if "Ctrl-C" in line:
                program.send_signal(number)
        assert program.wait(15) == 0
    assert "✓" in said
    assert "password forum-demo" in said
    assert "admin@egve-forum.example" in said
    assert said.endswith("Stopped.\n")
    run.check_port("127.0.0.1", port)


# ---- the locks


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "assets/node"])
def test_locks_pin_everything_by_hash_and_name_no_address(name: str):
    text = (ROOT / f"{name}.txt").read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
    for package in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9-]+==\S+", package), package
        assert "--hash=sha256:" in package, package


def test_the_tests_run_on_the_versions_the_platform_runs_on():
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==[^\s;\\]+", (ROOT / name).read_text(), re.M))

    assert versions("requirements.txt") <= versions("requirements-dev.txt")


def test_the_lock_of_the_assets_has_hashes_and_no_addresses():
    lock = json.loads((ROOT / "assets" / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)
