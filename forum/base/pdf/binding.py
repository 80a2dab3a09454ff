"""Binds PDFs into one, in a process of its own: `python -I binding.py FILE < order.json`.

The order is {"front": path, "stamps": path, "parts": [{"path", "key", "title", "stamps": [number of a page of the stamps,
…]}, …]}; the first page of the stamps heads every page. The bound PDF goes into FILE; one line of JSON says {"pages": …}
or {"refused": key of the part that cannot be bound}.

The front is ours; what is bound behind it is whatever people uploaded. Each of its pages gets a strip above and below, so
that no stamp covers a word. Scripts, forms and attachments stay behind; links into the web and marks on the page come
along. A link of the front to "bound:3" becomes one to the first page of the part whose key is 3.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 3 * 1024**3  # bytes
SECONDS = 300  # of processor time
STRIP = 28.0  # points above and below a page
STAMP_WIDTH, STAMP_HEIGHT = 400.0, 16.0  # points, as the template of the stamps has it
LARGEST_SHEET = 14_400  # points, ISO 32000-1 annex C
A4 = (0.0, 0.0, 595.28, 841.89)

_KEPT = {"/Link", "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight"}
_KEPT |= {"/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Widget"}
_OF_ANNOTATION = [
    "/Subtype",
    "/Rect",
    "/Contents",
    "/AP",
    "/AS",
    "/F",
    "/Border",
    "/BS",
    "/C",
    "/QuadPoints",
    "/IC",
    "/CA",
]
_SAFE_LINKS = ("https://", "http://", "mailto:")

Numbers = tuple[float, ...]


def sheet(page: Any) -> Numbers:
    """What of a page is seen: left, bottom, right, top, in points. A sheet out of all reason counts as A4."""
    sides = [float(side) for side in page.cropbox]
    left, right = sorted(sides[::2])
    bottom, top = sorted(sides[1::2])
    if not all(1 <= length <= LARGEST_SHEET for length in (right - left, top - bottom)):
        return A4
    return left, bottom, right, top


def widened(page: Any) -> tuple[Numbers, Numbers, Numbers]:
    """The sheet with its strips; the matrix that puts what is drawn upright onto it; width and height upright."""
    left, bottom, right, top = sheet(page)
    wide, high = right - left, top - bottom
    lying = (left - STRIP, bottom, right + STRIP, top), (high, wide + 2 * STRIP)
    standing = (left, bottom - STRIP, right, top + STRIP), (wide, high + 2 * STRIP)
    match page.rotation % 360:
        case 90:
            return lying[0], (0, 1, -1, 0, right + STRIP, bottom), lying[1]
        case 180:
            return standing[0], (-1, 0, 0, -1, right, top + STRIP), standing[1]
        case 270:
            return lying[0], (0, -1, 1, 0, left - STRIP, top), lying[1]
    return standing[0], (1, 0, 0, 1, left, bottom - STRIP), standing[1]


def drawing(page: Any) -> tuple[bytes, Numbers]:
    """What is drawn before the page's own content, and the new sheet: head, foot, and a frame the content stays within.

    It comes first, so that content which leaves the pen turned or scaled cannot move the stamps.
    """
    box, matrix, (wide, high) = widened(page)
    scale = min(1.0, wide / STAMP_WIDTH)
    across = (wide - STAMP_WIDTH * scale) / 2
    margin = (STRIP - STAMP_HEIGHT * scale) / 2
    lines = ["/Artifact BMC q", f"{_said(matrix)} cm"]
    for name, above in (("ForumHead", high - STRIP + margin), ("ForumFoot", margin)):
        lines.append(f"q {_said((scale, 0, 0, scale, across, above))} cm /{name} Do Q")
    left, bottom, right, top = sheet(page)
    lines += ["Q EMC", f"q {_said((left, bottom, right - left, top - bottom))} re W n", ""]
    return "\n".join(lines).encode(), box


def _said(numbers: Numbers) -> str:
    return " ".join(f"{number:.3f}" for number in numbers)


class Binder:
    """A PDF in the making. pypdf's objects have no types worth the name: Any throughout."""

    def __init__(self, front: str, stamps: str) -> None:
        from pypdf import PdfReader, PdfWriter

        self.writer: Any = PdfWriter(clone_from=front)
        self.writer.pdf_header = "%PDF-1.7"
        self.stamps = [self._form(page) for page in PdfReader(stamps).pages]
        self.front_pages = len(self.writer.pages)
        self.first: dict[str, Any] = {}  # the first page of each part, by its key

    def _form(self, page: Any) -> Any:
        """A page of the stamps as something other pages can draw."""
        from pypdf.generic import FloatObject, NameObject, StreamObject

        form = StreamObject()
        form.set_data(page.get_contents().get_data())
        form[NameObject("/Type")], form[NameObject("/Subtype")] = NameObject("/XObject"), NameObject("/Form")
        form[NameObject("/BBox")] = _array(FloatObject(side) for side in page.mediabox)
        form[NameObject("/Resources")] = page["/Resources"].clone(self.writer)
        return self.writer._add_object(form.flate_encode())

    def add(self, part: dict[str, Any]) -> None:
        from pypdf import PdfReader

        reader = PdfReader(part["path"])
        for number, page in zip(part["stamps"], reader.pages, strict=True):
            added = self._page(page, self.stamps[number])
            if part["key"] not in self.first:
                self.first[part["key"]] = added
                self.writer.add_outline_item(part["title"], len(self.writer.pages) - 1)

    def _page(self, page: Any, foot: Any) -> Any:
        from pypdf.generic import FloatObject, NameObject, NumberObject

        before, box = drawing(page)
        added = self.writer.add_blank_page(1, 1)
        sides = _array(map(FloatObject, box))
        added[NameObject("/MediaBox")] = added[NameObject("/CropBox")] = sides
        added[NameObject("/Rotate")] = NumberObject(page.rotation % 360)
        added[NameObject("/Resources")] = self._resources(page, foot)
        contents = [self._stream(before), *self._contents(page), self._stream(b"\nQ\n")]
        added[NameObject("/Contents")] = _array(contents)
        if group := page.get("/Group"):
            added[NameObject("/Group")] = group.clone(self.writer)
        if annotations := [made for one in _list(page.get("/Annots")) if (made := self._annotation(one))]:
            added[NameObject("/Annots")] = _array(annotations)
        return added

    def _resources(self, page: Any, foot: Any) -> Any:
        """The page's own, and the stamps; copies, as pages share theirs."""
        from pypdf.generic import DictionaryObject, NameObject

        own = page.get("/Resources")
        resources = DictionaryObject(_resolved(own.clone(self.writer)) if own else {})
        drawn = DictionaryObject(_resolved(resources.get("/XObject")) or {})
        drawn[NameObject("/ForumHead")], drawn[NameObject("/ForumFoot")] = self.stamps[0], foot
        resources[NameObject("/XObject")] = drawn
        return resources

    def _contents(self, page: Any) -> list[Any]:
        """The page's content as it is stored, never unfolded."""
        from pypdf.generic import StreamObject

        own = dict.get(page, "/Contents")
        pieces = own if isinstance(_resolved(own), StreamObject) else _resolved(own)
        found: list[Any] = list(list.__iter__(pieces)) if isinstance(pieces, list) else [pieces]
        streams = [one for one in found if isinstance(_resolved(one), StreamObject)]
        return [_referred(self.writer, one.clone(self.writer)) for one in streams]

    def _stream(self, data: bytes) -> Any:
        from pypdf.generic import StreamObject

        stream = StreamObject()
        stream.set_data(data)
        return self.writer._add_object(stream)

    def _annotation(self, reference: Any) -> Any:
        """A mark on the page with what it looks like, and where a link leads when that is in the web; else None."""
        from pypdf.generic import DictionaryObject, NameObject, TextStringObject

        own = _resolved(reference)
        if not isinstance(own, dict) or own.get("/Subtype") not in _KEPT:
            return None
        made = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
        for name in _OF_ANNOTATION:
            if (value := dict.get(own, name)) is not None:
                made[NameObject(name)] = value.clone(self.writer)
        if own["/Subtype"] == "/Link":
            address = _address(own)
            if not address:
                return None
            action = {"/S": NameObject("/URI"), "/URI": TextStringObject(address)}
            made[NameObject("/A")] = DictionaryObject({NameObject(name): value for name, value in action.items()})
        return self.writer._add_object(made)

    def finish(self, path: str) -> int:
        """Write the bound PDF; how many pages it has."""
        for page in self.writer.pages[: self.front_pages]:
            for reference in _list(page.get("/Annots")):
                self._lead(_resolved(reference))
        # Parts without tags are bound in: the whole does not claim what the front alone keeps.
        metadata = _resolved(self.writer.root_object.get("/Metadata"))
        if metadata is not None:
            metadata.set_data(metadata.get_data().replace(b"<pdfuaid:part>1</pdfuaid:part>", b""))
        with Path(path).open("wb") as out:
            self.writer.write(out)
        return len(self.writer.pages)

    def _lead(self, link: Any) -> None:
        """Have a link of the front lead to the part it names."""
        from pypdf.generic import NameObject

        target = self.first.get(_address(link, "bound:").removeprefix("bound:"))
        if target is not None:
            del link["/A"]
            link[NameObject("/Dest")] = _array([target.indirect_reference, NameObject("/Fit")])


def _array(values: Any) -> Any:
    from pypdf.generic import ArrayObject

    return ArrayObject(values)


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None else None


def _referred(writer: Any, value: Any) -> Any:
    """A stream must be referred to, never stand in an array."""
    return (
        value if value.__class__.__name__ == "IndirectObject" else value.indirect_reference or writer._add_object(value)
    )


def _list(value: Any) -> list[Any]:
    value = _resolved(value)
    return list(list.__iter__(value)) if isinstance(value, list) else []


def _address(link: Any, *starts: str) -> str:
    """Where a link leads, if that starts as it may."""
    action = _resolved(link.get("/A"))
    address = str(action.get("/URI", "")) if isinstance(action, dict) else ""
    return address if address.lower().startswith(starts or _SAFE_LINKS) else ""


def bind(order: dict[str, Any], path: str) -> dict[str, Any]:
    binder = Binder(order["front"], order["stamps"])
    for part in order["parts"]:
        try:
            binder.add(part)
        except (Exception, RecursionError) as reason:
            print(repr(reason), file=sys.stderr)
            return {"refused": part["key"]}
    return {"pages": binder.finish(path)}


def main() -> int:
    order = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    try:
        made = bind(order, sys.argv[1])
    except (Exception, RecursionError) as reason:
        print(repr(reason), file=sys.stderr)
        return 2
    json.dump(made, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
