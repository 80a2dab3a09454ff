"""What a mapping file says: which part of an archive is what. Its format is described in docs/importing-feedback.md."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from typing import Any

from forum.base import files
from forum.base.errors import Rejected


@dataclass(frozen=True)
class Themes:
    """Where themes stand: in one column (text with a separator, or a list), or a column for each ("one-hot")."""

    column: str = ""
    separator: str = ""
    columns: tuple[str, ...] = ()
    first: str = ""  # with `last`: every column from this one to that one
    last: str = ""
    create: bool = False
    called: dict[str, str] = field(default_factory=dict)  # label in the file: slug of a theme, or "" for none


@dataclass(frozen=True)
class Closed:
    """Which threads are closed: those whose column holds one of these words."""

    column: str = ""
    words: tuple[str, ...] = ()
    because: str = "Closed where it came from."


@dataclass(frozen=True)
class Replies:
    """Replies in a list inside each thread (JSON alone). Names are those of a reply's own parts."""

    list: str = ""
    text: str = "body"
    date: str = ""
    contributor: str = ""


@dataclass(frozen=True)
class Always:
    """What holds for every thread, or where its column is empty. Slugs, and words as they are stored."""

    kind: str = "challenge"
    priority: str = ""
    area: str = ""
    attribution: str = "unattributed"
    marking: str = "OFFICIAL"


@dataclass(frozen=True)
class Mapping:
    """Names of columns (of a table) or of parts, with dots for parts within parts (of JSON); empty ones are not there."""

    source: str
    text: str
    list: str = ""  # JSON: where the list of threads is; empty when the file is that list
    id: str = ""
    title: str = ""
    date: str = ""
    date_formats: tuple[str, ...] = ()  # as in strptime, the first that fits counts; none for ISO 8601
    contributor: str = ""
    organisation: str = ""
    kind: str = ""
    priority: str = ""
    area: str = ""
    values: dict[str, str] = field(default_factory=dict)  # word in the file: slug, for kind, priority and area
    always: Always = Always()
    themes: Themes = Themes()
    closed: Closed = Closed()
    replies: Replies = Replies()


PARTS: dict[str, type[Any]] = {"always": Always, "themes": Themes, "closed": Closed, "replies": Replies}


def read_mapping(data: bytes, name: str) -> Mapping:
    """The mapping in a TOML or JSON file. Raises Rejected, saying what is wrong with it."""
    text = files.decode(data)
    try:
        said = json.loads(text or "") if name.lower().endswith(".json") else tomllib.loads(text or "")
    except (ValueError, RecursionError) as fault:
        raise Rejected(f"{name} cannot be read: {fault}. See docs/importing-feedback.md.") from None
    if not isinstance(said, dict):
        raise Rejected(f"{name} must hold names and values. See docs/importing-feedback.md.")
    parts = {part: _fill(kind, said.pop(part, {}), f"{name}, [{part}]") for part, kind in PARTS.items()}
    mapping: Mapping = _fill(Mapping, said | parts, name)
    if not mapping.source or not mapping.text:
        raise Rejected(
            f"{name} must give source (what this archive is called) and text (which column holds the words)."
        )
    return mapping


def _fill(kind: type[Any], said: Any, where: str) -> Any:
    """An instance of this dataclass from what was said; every name must be known and every value of the right kind."""
    if not isinstance(said, dict):
        raise Rejected(f"{where} must hold names and values.")
    known = kind.__dataclass_fields__
    if unknown := sorted(set(said) - set(known)):
        raise Rejected(f"{where} has “{unknown[0]}”, which means nothing here. Known are: {', '.join(known)}.")
    missing = {"source": "", "text": ""} if kind is Mapping else {}
    return kind(
        **{name: _value(known[name].type, value, f"{where}: {name}") for name, value in (missing | said).items()}
    )


def _value(wanted: str, value: Any, where: str) -> Any:
    if wanted in PARTS_BY_NAME:
        return value
    if wanted.startswith("tuple") and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if wanted.startswith("dict") and isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return value
    if wanted in {"str", "bool"} and type(value).__name__ == wanted:
        return value
    kinds = {"str": "text in quotation marks", "bool": "true or false", "tuple[str, ...]": "a list of texts"}
    raise Rejected(f"{where} must be {kinds.get(wanted, 'a table of texts')}.")


PARTS_BY_NAME = {kind.__name__ for kind in PARTS.values()}
