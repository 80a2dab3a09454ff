"""Makes one PDF of a template and its data, in a process of its own: `python -I typeset.py TEMPLATE < data.json`.

The typesetter is quick but promises nothing about what it needs: a process with little memory and little time to lose,
which imports nothing of the Forum, loads no package and no font of the machine, and reads the data as values, never as
markup. Writes the PDF, or leaves with status 2 and the reason.

A character that no font of ours has would stop an accessible PDF: its name stands in its place, in brackets.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import unicodedata
from pathlib import Path
from typing import Any

MEMORY = 2 * 1024**3  # bytes
SECONDS = 60  # of processor time
TRIES = 20

_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_CONTROLS = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def typeset(template: Path, document: Any, standards: Any) -> bytes:
    """The PDF. Equal documents give equal bytes: it is dated 1 January 1980, as members of our archives are."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False)
    nowhere = template.parent / "no-packages"
    compiler = typst.Compiler(
        template, root=template.parent, font_paths=fonts, package_path=nowhere, package_cache_path=nowhere
    )
    words = json.dumps(document, ensure_ascii=False)
    for _ in range(TRIES):
        try:
            made = compiler.compile(
                format="pdf", pdf_standards=standards, sys_inputs={"document": words}, timestamp=315532800
            )
        except typst.TypstError as reason:
            missing = set("".join(map(_unescaped, _UNSHOWN.findall(reason.diagnostic))))
            if not missing & set(words):
                raise
            words = "".join(named(one) if one in missing else one for one in words)
        else:
            assert isinstance(made, bytes)
            return made
    raise RuntimeError("Too many characters that no font has.")


def named(character: str) -> str:
    """ "[grinning face]"; what only changes the look of another character is left out."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Sk"}:
        return ""
    return f"[{unicodedata.name(character, f'U+{ord(character):04X}').lower()}]"


def legible(value: Any) -> Any:
    """The data without characters that nothing shows."""
    match value:
        case str():
            return _CONTROLS.sub("", value)
        case list():
            return [legible(one) for one in value]
        case dict():
            return {name: legible(one) for name, one in value.items()}
    return value


def _unescaped(shown: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], shown)


def main() -> int:
    document = json.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        made = typeset(Path(sys.argv[1]), legible(document), sys.argv[2:])
    except Exception as reason:
        print(reason, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
