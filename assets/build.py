"""Prepares what browsers fetch: run after `npm ci` in this folder, again whenever static/ changes.

1. static/govuk/: GOV.UK Frontend's style sheet and script. The GDS Transport typeface and the royal crest are
   licensed for GOV.UK alone, so neither is copied and no rule that asks for them is kept.
2. static/built/: every file of static/ once more under a name that carries the hash of its content
   (forum.css → built/forum.0a1b2c3d4e5f.css), with a gzip copy beside it. Such names may be cached for ever.
   forum/web/static.py finds them by hashing the same way; a file that was changed since is served under its plain name.

Standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

ASSETS = Path(__file__).resolve().parent
STATIC = ASSETS.parent / "static"
PACKAGE = ASSETS / "node_modules" / "govuk-frontend"
NOTICE = "/*! GOV.UK Frontend, Copyright (c) Crown Copyright (Government Digital Service), MIT licence */\n"
COMPRESSED = {".css", ".js", ".svg", ".txt", ".json"}


def style(css: str) -> str:
    """GOV.UK Frontend's style sheet in Arial, with nothing that is fetched from elsewhere.

    Raises SystemExit when something of the typeface or an address is left, as a new release may bring.
    """
    css = re.sub(r"@font-face\s*\{[^}]*\}", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", "Arial,sans-serif")
    css = re.sub(r"[\w-]+:url\(/assets/[^)]*\)[^;}]*;?", "", css)
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/\s*$", "", css)
    if left := re.search(r"GDS Transport|url\((?!\"?data:)", css):
        raise SystemExit(f"GOV.UK Frontend's style sheet still holds {left[0]!r}: teach assets/build.py to remove it.")
    charset = '@charset "UTF-8";'
    return charset + NOTICE + css.removeprefix(charset)


def script(javascript: str) -> str:
    """GOV.UK Frontend's module, without the address of a source map we do not publish."""
    return NOTICE + re.sub(r"//# sourceMappingURL=\S+\s*$", "", javascript)


def copy_govuk(package: Path, static: Path) -> None:
    """Write static/govuk/govuk-frontend.{css,js} from the installed npm package."""
    folder = static / "govuk"
    folder.mkdir(parents=True, exist_ok=True)
    for ending, prepare in ((".css", style), (".js", script)):
        source = package / "dist" / "govuk" / f"govuk-frontend.min{ending}"
        (folder / f"govuk-frontend{ending}").write_text(prepare(source.read_text("utf-8")), "utf-8")


def fingerprint(static: Path) -> list[Path]:
    """Bring static/built/ up to date with the rest of `static`; return the hashed files (compressed copies aside)."""
    built = static / "built"
    hashed = [_hashed_copy(path, static, built) for path in sorted(static.rglob("*")) if _is_ours(path, built)]
    current = {path.with_name(path.name + ending) for path in hashed for ending in ("", ".gz")}
    for path in built.rglob("*"):
        if path.is_file() and path not in current:
            path.unlink()
    return hashed


def _is_ours(path: Path, built: Path) -> bool:
    return path.is_file() and built not in path.parents and not path.name.startswith(".")


def _hashed_copy(path: Path, static: Path, built: Path) -> Path:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    copy = (built / path.relative_to(static)).with_name(f"{path.stem}.{digest}{path.suffix}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    if not copy.exists():
        _write(copy, content)
    if path.suffix in COMPRESSED:
        _write(copy.with_name(copy.name + ".gz"), gzip.compress(content, 9, mtime=0))
    return copy


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a server may be reading while we write."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(path)


if __name__ == "__main__":
    if PACKAGE.exists():
        copy_govuk(PACKAGE, STATIC)
    fingerprint(STATIC)
