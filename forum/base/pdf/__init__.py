"""PDFs: made from our documents, and other people's looked at and bound together.

Each of these is done by a process of its own with limits of time and memory, as base/workbooks.py is: a PDF is a
program, and a bad one must take nothing down with it. A document of a few pages takes about 0.1 s, most of it the start.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from forum.base.errors import Rejected
from forum.base.opendocument import (
    Block,
    Bullets,
    Document,
    Heading,
    Link,
    Paragraph,
    Quote,
    Strong,
    Table,
    Title,
    Words,
)

MOST_PAGES = 1_000  # of one upload
PATIENCE = 120  # seconds for a page to be made or looked at, on a busy machine
BINDING_PATIENCE = 900
TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "documents"
ACCESSIBLE = "ua-1"


class Part(NamedTuple):
    """A PDF to bind in. `title` is its bookmark; `stamps` has a text for the foot of each of its pages."""

    key: str
    path: Path
    title: str
    stamps: Sequence[str]


class Refused(Exception):
    """The part with this key cannot be bound in."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def make(template: str, data: Any, standards: Sequence[str] = (ACCESSIBLE,)) -> bytes:
    """The PDF of templates/documents/<template>.typ and this data: PDF/UA-1, the same bytes for the same input."""
    done = _run("typeset.py", [str(TEMPLATES / f"{template}.typ"), *standards], json.dumps(data).encode(), PATIENCE)
    if done is None or done.returncode:
        why = done.stderr.decode(errors="replace")[-500:] if done else "too slow"
        raise RuntimeError(f"No PDF of {template}: {why}")
    return done.stdout


def write(document: Document, pages: int | None = None) -> bytes:
    """The PDF of a document. `pages`: of the whole file, when it becomes the front of a bound one."""
    return make("document", {**plain(document), "pages": pages})


def plain(document: Document) -> dict[str, Any]:
    """A document as plain values, as templates read it."""
    tongue, _, country = document.language.partition("-")
    return {
        "title": document.title,
        "creator": document.creator,
        "marking": document.marking.upper(),
        "language": tongue,
        "region": country or None,
        "blocks": [_block(block) for block in document.blocks],
    }


def look(data: bytes, name: str) -> list[str]:
    """A digest of the content of each page of an uploaded PDF. Raises Rejected when it cannot be read."""
    done = _run("looking.py", [str(MOST_PAGES)], data, PATIENCE)
    if done is None or done.returncode not in (0, 2):
        raise Rejected(f"{name} asks for more than this service can give. Print it to a new PDF and upload that.")
    seen: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"problem": "damaged"}
    match seen.get("problem"):
        case "locked":
            raise Rejected(f"{name} is protected with a password. Save it without one and upload it again.")
        case "pages":
            raise Rejected(f"{name} has more than {MOST_PAGES:,} pages. Split it into several papers.")
        case "damaged":
            raise Rejected(f"{name} cannot be read: it is damaged. Make the PDF anew and upload that.")
    digests: list[str] = seen["digests"]
    if not digests:
        raise Rejected(f"{name} has no pages. Make the PDF anew and upload that.")
    return digests


def strip(data: bytes, name: str) -> bytes:
    """The PDF anew, without what it says of whoever made it. Raises Rejected when that cannot be done."""
    done = _run("stripping.py", [], data, PATIENCE)
    if done is None or done.returncode not in (0, 2, 3):
        raise Rejected(f"{name} asks for more than this service can give. Print it to a new PDF and upload that.")
    if done.returncode == 2:
        raise Rejected(f"{name} cannot be read: it is damaged. Make the PDF anew and upload that.")
    if done.returncode == 0:
        return done.stdout
    if json.loads(done.stdout)["problem"] == "signed":
        raise Rejected(
            f"{name} carries a digital signature, which says who signed it. Print it to a new PDF and upload that."
        )
    raise Rejected(f"{name} is protected with a password. Save it without one and upload it again.")


def bind(front: bytes, head: str, parts: Sequence[Part]) -> bytes:
    """The front with every page of these parts behind it, `head` on each, and bookmarks.

    Links of the front to "bound:KEY" lead to the first page of that part. Raises Refused when a part cannot be bound.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.pdf" for name in ("front", "stamps", "bound")}
        paths["front"].write_bytes(front)
        feet = [foot for part in parts for foot in part.stamps]
        paths["stamps"].write_bytes(make("stamps", [head, *feet], ()))
        order = {"front": str(paths["front"]), "stamps": str(paths["stamps"]), "parts": _numbered(parts)}
        done = _run("binding.py", [str(paths["bound"])], json.dumps(order).encode(), BINDING_PATIENCE)
        if done is None or done.returncode:
            why = done.stderr.decode(errors="replace")[-500:] if done else "too slow"
            raise RuntimeError(f"The PDFs were not bound: {why}")
        if refused := json.loads(done.stdout).get("refused"):
            raise Refused(refused)
        return paths["bound"].read_bytes()


def _numbered(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts as the binder wants them: each stamp by its page in the file of stamps, of which the head is page 0."""
    numbered, after = [], 1
    for part in parts:
        numbers = list(range(after, after + len(part.stamps)))
        numbered.append({"key": part.key, "path": str(part.path), "title": part.title, "stamps": numbers})
        after += len(part.stamps)
    return numbered


def _run(script: str, arguments: list[str], data: bytes, patience: int) -> subprocess.CompletedProcess[bytes] | None:
    """Run one of the programs beside with this on its standard input; None when it took too long."""
    command = [sys.executable, "-I", str(Path(__file__).with_name(script)), *arguments]
    try:
        return subprocess.run(command, input=data, capture_output=True, timeout=patience, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None


def _block(block: Block) -> dict[str, Any]:
    """A block as the template reads it."""
    match block:
        case Title(text):
            return {"kind": "title", "text": text}
        case Heading(text, level):
            return {"kind": "heading", "text": text, "level": level}
        case Paragraph(text):
            return {"kind": "paragraph", "text": _words(text)}
        case Bullets(items):
            return {"kind": "bullets", "items": [_words(item) for item in items]}
        case Quote(text, source):
            return {"kind": "quote", "text": text, "source": source}
        case Table(columns, rows, widths, caption):
            cells = [[cell if isinstance(cell, int) else _words(cell) for cell in row] for row in rows]
            return {"kind": "table", "columns": columns, "rows": cells, "widths": widths, "caption": caption}


def _words(words: Words) -> Any:
    return words if isinstance(words, str) else [_piece(piece) for piece in words]


def _piece(piece: str | Strong | Link) -> Any:
    match piece:
        case Strong(text):
            return {"strong": text}
        case Link(text, address):
            return {"text": text, "address": address}
    return piece
