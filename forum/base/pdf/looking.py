"""Looks at somebody's PDF in a process of its own: `python -I looking.py MOST < file`.

Writes one line of JSON: {"digests": [SHA-256 of each page's content, …]} or {"problem": "locked" | "pages"}. Leaves with
status 2 when the file cannot be read. Nothing that a page holds is unfolded: digests are of the bytes as they are stored,
so a page of a kilobyte that unfolds to gigabytes costs a kilobyte.
"""

from __future__ import annotations

import hashlib
import json
import logging
import resource
import sys
from io import BytesIO
from typing import Any

MEMORY = 1024**3  # bytes
SECONDS = 20  # of processor time
DEEPEST = 12  # how far what a page draws is followed
# What leads out of a page: back to the tree of pages, or to what says nothing of how it looks.
_PASSED_OVER = {
    "/Parent",
    "/P",
    "/Annots",
    "/B",
    "/StructParents",
    "/StructParent",
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
}
_FONT_FILES = {"/FontFile", "/FontFile2", "/FontFile3", "/FontName", "/BaseFont", "/CIDSet"}


def look(data: bytes, most: int) -> dict[str, Any]:
    """What the PDF holds, page by page."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        return {"problem": "locked"}
    digests = []
    for page in reader.pages:
        if len(digests) == most:
            return {"problem": "pages"}
        digests.append(digest(page))
    return {"digests": digests}


def digest(page: Any) -> str:
    """SHA-256 of what a page shows: what it draws, with which fonts' letters and pictures, and on what size of sheet.

    The embedded outlines of a font are left out, as programs make them anew, but not which letters its codes stand for.
    """
    found = hashlib.sha256()
    drawn = {"/Contents": page.get("/Contents"), "/Resources": page.get("/Resources")}
    sheet = [*map(float, page.mediabox), *map(float, page.cropbox), page.rotation]
    found.update(repr(sheet).encode())
    _add(found, drawn, DEEPEST, set())
    return found.hexdigest()


def _add(found: Any, value: Any, depth: int, above: set[int]) -> None:
    from pypdf.generic import IndirectObject, StreamObject

    if isinstance(value, IndirectObject):
        value = value.get_object()
    if depth == 0 or id(value) in above:
        return
    above = above | {id(value)}
    if isinstance(value, dict):
        for name in sorted(value):
            if name not in _PASSED_OVER and name not in _FONT_FILES:
                found.update(str(name).encode())
                _add(found, dict.__getitem__(value, name), depth - 1, above)
        if isinstance(value, StreamObject):
            found.update(_stored(value))
    elif isinstance(value, list):
        found.update(b"[%d" % len(value))
        for one in list.__iter__(value):
            _add(found, one, depth - 1, above)
    else:
        found.update(repr(value).encode())


_known: dict[int, bytes] = {}


def _stored(stream: Any) -> bytes:
    """The digest of a stream as it is stored, reckoned once: the same logo is on every page."""
    if id(stream) not in _known:
        _known[id(stream)] = hashlib.sha256(stream._data).digest()
    return _known[id(stream)]


def main() -> int:
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    try:
        seen = look(data, int(sys.argv[1]))
    except (Exception, RecursionError) as reason:
        print(repr(reason), file=sys.stderr)
        return 2
    json.dump(seen, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
