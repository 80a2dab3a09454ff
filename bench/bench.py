"""Our pages against the yardstick's, in one run on one machine.  usage: python -m bench.bench [--rounds 3] [--seconds 4] [--json FILE]

Both are served by granian with 2 workers and 4 threads each, driven by wrk at concurrency 8, turn by turn; CPU comes
from /proc of each server's processes. Only ratios of the same run mean anything. See README.md.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[1]
OURS, YARDSTICK = "http://127.0.0.1:24510", "http://127.0.0.1:24500"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
SCRIPT = """
local paths = {%s}
local n = %d
request = function()
  n = n + 1
  local body = %s
  if body then body = body:gsub("__N__", tostring(n)) end
  return wrk.format(%s, paths[n %% #paths + 1], {%s}, body)
end
function done(summary, latency)
  io.write(string.format('@@{"n":%%d,"us":%%d,"p95":%%d,"bad":%%d}', summary.requests, summary.duration,
    latency:percentile(95), summary.errors.status + summary.errors.timeout + summary.errors.connect + summary.errors.read))
end
"""


class Page(NamedTuple):
    """A page to drive: our paths, the yardstick's, and the form to post where it is one (`__N__` is a new number)."""

    name: str
    ours: list[str]
    yardstick: list[str]
    form: dict[str, str] | None = None


PAGES = (
    Page("thread of 20 posts", [f"/feedback/{n}" for n in range(1, 900, 37)], [f"/topic/{n}" for n in range(1, 900, 37)]),
    Page("thread list", ["/feedback"], ["/topics"]),
    Page("search", ["/search?q=trauma+informed"], ["/topics"]),
    Page("meeting", ["/meetings/1"], ["/topic/1"]),
    Page("sign-in page", ["/sign-in"], ["/topics"]),
    Page("posting a reply", [f"/feedback/{n}/reply" for n in range(900, 1000)],
         [f"/topic/{n}/reply" for n in range(900, 1000)], {"body": "Reply __N__", "content": "Reply __N__"}),
)  # fmt: skip


class Server:
    """A started server, signed in to."""

    def __init__(self, base: str, target: str, folder: Path, environment: dict[str, str]) -> None:
        self.base = base
        command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", "2"]
        command += ["--blocking-threads", "4", "--port", base.rsplit(":", 1)[1], "--no-access-log", target]
        self.began = time.monotonic()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server runs
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            start_new_session=True,
            stdout=self.log,
            stderr=self.log,
        )
        self.jar = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def wait(self, path: str) -> float:
        """Seconds from the command to the first answer."""
        while time.monotonic() - self.began < 60:
            try:
                urllib.request.urlopen(self.base + path, timeout=5)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.02)
        return time.monotonic() - self.began

    def read(self, path: str, form: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.base + path, data, {"Referer": self.base + "/"})
        return str(self.browser.open(request, timeout=30).read().decode())

    def token(self, path: str) -> str:
        found = TOKEN.search(self.read(path))
        return found[1] if found else ""

    def processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def cpu(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def memory(self) -> float:
        """PSS of all its processes, in MB."""
        return sum(process.memory_full_info().pss for process in self.processes()) / 1e6

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


def drive(server: Server, paths: list[str], form: dict[str, str] | None, seconds: int) -> dict[str, float]:
    """Requests a second, 95th percentile in ms, CPU ms a request, and errors, at concurrency 8."""
    headers = {
        "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in server.jar),
        "Referer": server.base + "/",
    }
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = json.dumps(urllib.parse.urlencode(form)) if form else "nil"
    quoted = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
    method = '"POST"' if form else '"GET"'
    lua = SCRIPT % (", ".join(map(json.dumps, paths)), time.time_ns() // 1000 % 10**9, body, method, quoted)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(lua)
        script.flush()
        before = server.cpu()
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "--timeout", "30s", "-s", script.name, server.base]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        used = server.cpu() - before
    said = json.loads(out[out.index("@@") + 2 :])
    return {
        "rps": said["n"] / (said["us"] / 1e6),
        "p95": said["p95"] / 1e3,
        "cpu": used / max(1, said["n"]) * 1e3,
        "bad": said["bad"],
    }


@contextmanager
def servers(folder: Path) -> Iterator[tuple[Server, Server]]:
    environment = {"DATABASE_URL": f"sqlite:///{folder}/forum.db", "VAR": str(folder / "var")}
    filled = [sys.executable, "-m", "bench.fill", str(folder / "yardstick.db")]
    subprocess.run(filled, check=True, cwd=ROOT, env={**os.environ, **environment})
    yardstick = Server(
        YARDSTICK, "app:app", ROOT / "bench/yardstick", {"YARDSTICK_DATABASE": str(folder / "yardstick.db")}
    )
    yardstick.wait("/topics")
    ours = Server(OURS, "wsgi:app", ROOT, environment)
    print(f"cold start of the server: {ours.wait('/health/live'):.2f} s")
    try:
        yardstick.read("/sign-in", {"id": "1"})
        signing = {
            "email": "member000@bench.example",
            "password": "forum-demo-2016",
            "csrf_token": ours.token("/sign-in"),
        }
        if "Sign out" not in ours.read("/sign-in", signing):
            raise SystemExit("Signing in to ours failed.")
        yield yardstick, ours
    finally:
        yardstick.stop()
        ours.stop()


def measure(yardstick: Server, ours: Server, page: Page, rounds: int, seconds: int) -> dict[str, Any]:
    """The medians of both, and the ratios of each round."""
    fields: tuple[dict[str, str] | None, dict[str, str] | None] = (None, None)
    if page.form:
        fields = (
            {**page.form, "csrf_token": ours.token("/feedback/900")},
            {**page.form, "csrf_token": yardstick.token("/topic/900")},
        )
    turns = []
    for _ in range(rounds):
        theirs = drive(yardstick, page.yardstick, fields[1], seconds)
        turns.append((drive(ours, page.ours, fields[0], seconds), theirs))

    def middle(pick: Any) -> float:
        return round(statistics.median(pick(*turn) for turn in turns), 3)

    return {
        "page": page.name,
        "ours, requests/s": middle(lambda o, _: o["rps"]),
        "yardstick, requests/s": middle(lambda _, y: y["rps"]),
        "throughput ratio": middle(lambda o, y: o["rps"] / y["rps"]),
        "ours, CPU ms": middle(lambda o, _: o["cpu"]),
        "yardstick, CPU ms": middle(lambda _, y: y["cpu"]),
        "CPU ratio": middle(lambda o, y: o["cpu"] / y["cpu"]),
        "ours, p95 ms": middle(lambda o, _: o["p95"]),
        "errors": sum(o["bad"] + y["bad"] for o, y in turns),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--pages", default="")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as (yardstick, ours):
        print(f"memory when idle, 2 workers: {ours.memory():.0f} MB PSS")
        for page in PAGES:
            if given.pages in page.name:
                results.append(measure(yardstick, ours, page, given.rounds, given.seconds))
                print(json.dumps(results[-1]), flush=True)
        print(f"memory after the run, 2 workers: {ours.memory():.0f} MB PSS")
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
