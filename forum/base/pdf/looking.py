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
from collections.abc import Iterator
from io import BytesIO
from typing import Any

MEMORY = 1024**3  # bytes
SECONDS = 20  # of processor time
# What leads out of a page, says nothing of how it looks, or is made anew each time a program writes the same words.
_PASSED_OVER = {"/Parent", "/P", "/Annots", "/B", "/StructParents", "/StructParent", "/Metadata", "/PieceInfo"}
_PASSED_OVER |= {"/LastModified", "/FontFile", "/FontFile2", "/FontFile3", "/FontName", "/BaseFont", "/CIDSet"}


def look(data: bytes, most: int) -> dict[str, Any]:
    """What the PDF holds, page by page."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        return {"problem": "locked"}
    digests: list[str] = []
    for page in reader.pages:
        if len(digests) == most:
            return {"problem": "pages"}
        digests.append(digest(page))
    return {"digests": digests}


def digest(page: Any) -> str:
    """SHA-256 of what a page shows: what it draws, with which fonts' letters and pictures, and on what size of sheet.

    The embedded outlines of a font are left out, as programs make them anew, but not which letters its codes stand for.
    """
    sheet = [*map(float, page.mediabox), *map(float, page.cropbox), page.rotation]
    drawn = [dict.get(page, "/Contents"), page.get("/Resources")]
    return hashlib.sha256(repr(sheet).encode() + b"".join(map(_digest, drawn))).hexdigest()


_known: dict[int, bytes] = {}  # by the id of the object: the same logo is on every page, and circles must end
_kept: list[Any] = []  # objects whose id is known may not go, or another gets it


def _digest(value: Any) -> bytes:
    from pypdf.generic import IndirectObject

    if isinstance(value, IndirectObject):
        value = value.get_object()
    if not isinstance(value, (dict, list)):
        return hashlib.sha256(repr(value).encode()).digest()
    if id(value) not in _known:
        _known[id(value)] = b"a circle"
        _kept.append(value)
        _known[id(value)] = hashlib.sha256(b"".join(_pieces(value))).digest()
    return _known[id(value)]


def _pieces(value: Any) -> Iterator[bytes]:
    from pypdf.generic import StreamObject

    if isinstance(value, list):
        yield b"[%d" % len(value)
        yield from map(_digest, list.__iter__(value))
        return
    for name in sorted(value):
        if name not in _PASSED_OVER:
            yield str(name).encode()
            yield _digest(dict.__getitem__(value, name))
    if isinstance(value, StreamObject):
        yield hashlib.sha256(value._data).digest()


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
