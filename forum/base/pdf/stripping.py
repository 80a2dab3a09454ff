"""Writes somebody's PDF anew without what it says of its author, in a process of its own: `python -I stripping.py < file`.

The new PDF comes out; or one line of JSON {"problem": "locked" | "signed"} with status 3. Leaves with status 2 when the
file cannot be read. What a page shows stays; what is behind the pages goes: properties, earlier versions, files, scripts,
who wrote a note, and what pictures say of their camera.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

MEMORY = 1024**3  # bytes
SECONDS = 20  # of processor time
_TELLING = {"/Metadata", "/PieceInfo", "/LastModified", "/AA", "/AF", "/EF", "/Perms", "/Legal", "/Threads", "/B"}
_TELLING |= {"/SpiderInfo", "/Collection", "/JavaScript", "/JS", "/EmbeddedFiles", "/Info", "/ID", "/XFA"}
_NOTES = {"/FileAttachment", "/Movie", "/Sound", "/RichMedia", "/Screen", "/3D"}
_LEADING = {"/Launch", "/GoToR", "/GoToE", "/JavaScript", "/SubmitForm", "/ImportData"}


class Signed(Exception):
    """A signature says who signed."""


def strip(data: bytes) -> bytes:
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        raise PermissionError
    first = PdfWriter(clone_from=reader)
    for thing in list(first._objects):
        _clean(thing)
    first.metadata = None
    between = BytesIO()
    first.write(between)
    last = PdfWriter(clone_from=PdfReader(between))  # takes along what the pages lead to, and nothing else
    last.metadata = None
    made = BytesIO()
    last.write(made)
    return made.getvalue()


def _clean(thing: Any, depth: int = 0) -> None:
    """Take what tells of people out of an object and of what lies within it; what it points at has its own turn."""
    from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

    if depth > 50:
        raise ValueError("too deep")
    if isinstance(thing, ArrayObject):
        for one in list.__iter__(thing):
            _clean(one, depth + 1)
    if not isinstance(thing, DictionaryObject):
        return
    if thing.get("/Type") == "/Sig" or "/ByteRange" in thing or (thing.get("/FT") == "/Sig" and "/V" in thing):
        raise Signed
    for name in _TELLING & set(thing):
        del thing[name]
    _clean_note(thing)
    if isinstance(thing, StreamObject):
        _clean_picture(thing)
    for one in list(dict.values(thing)):
        _clean(one, depth + 1)


def _clean_note(thing: Any) -> None:
    """Notes on a page without who wrote them; links that lead into somebody's folders, or do something, lead nowhere."""
    if "/Subtype" in thing and "/Rect" in thing and thing.get("/Subtype") != "/Widget" and "/T" in thing:
        del thing["/T"]
    if "/Annots" in thing:
        from pypdf.generic import ArrayObject, NameObject

        kept = [one for one in list.__iter__(thing["/Annots"]) if one.get_object().get("/Subtype") not in _NOTES]
        thing[NameObject("/Annots")] = ArrayObject(kept)
    for name in ("/A", "/OpenAction"):
        action = thing.get(name)
        action = action.get_object() if hasattr(action, "get_object") else action
        if isinstance(action, dict) and _leads_astray(action):
            del thing[name]


def _leads_astray(action: dict[str, Any]) -> bool:
    return action.get("/S") in _LEADING or str(action.get("/URI", "")).lower().startswith("file:")


def _clean_picture(stream: Any) -> None:
    kind = stream.get("/Filter")
    if kind == "/DCTDecode" or (isinstance(kind, list) and list(kind) == ["/DCTDecode"]):
        try:
            stream._data = _pictures().jpeg(stream._data).data
        except _pictures().Damaged:
            if b"Exif" in stream._data or b"ns.adobe.com" in stream._data or b"Photoshop" in stream._data:
                raise


_loaded: list[Any] = []


def _pictures() -> Any:
    """base/cleaning/pictures.py: this process knows nothing of the packages around it."""
    if not _loaded:
        place = Path(__file__).resolve().parents[1] / "cleaning" / "pictures.py"
        spec = importlib.util.spec_from_file_location("pictures", place)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules["pictures"] = module
        spec.loader.exec_module(module)
        _loaded.append(module)
    return _loaded[0]


def main() -> int:
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    try:
        made = strip(data)
    except (PermissionError, Signed) as problem:
        json.dump({"problem": "signed" if isinstance(problem, Signed) else "locked"}, sys.stdout)
        return 3
    except (Exception, RecursionError) as reason:
        print(repr(reason), file=sys.stderr)
        return 2
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
